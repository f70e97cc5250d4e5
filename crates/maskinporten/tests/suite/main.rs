//! The suite of this crate: one binary.
#![allow(clippy::unwrap_used)]

mod assertion;
mod authority;
mod client;
mod consent;
mod found;
mod fresh;
mod grant;
mod health;
mod keys;
mod log;
mod pasted;
mod quoted;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "redis")]
mod redis_refusals;
mod rotation;
mod runtimes;
mod settings;
mod several_clients;
mod slips;
mod world;
