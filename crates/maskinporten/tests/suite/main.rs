//! The suite of this crate: one binary.
#![allow(clippy::unwrap_used)]

mod authority;
mod client;
mod grant;
mod keys;
mod log;
mod pasted;
#[cfg(feature = "redis")]
mod redis;
mod runtimes;
mod settings;
mod slips;
mod world;
