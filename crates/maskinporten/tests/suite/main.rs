//! The suite of this crate: one binary.
#![allow(clippy::unwrap_used)]

mod app_secrets;
mod authority;
mod client;
mod elsewhere;
mod gateway;
mod grant;
mod health;
mod keys;
mod log;
mod nais;
mod pasted;
mod quoted;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "redis")]
mod redis_refusals;
mod rotation;
mod runtimes;
mod second_key;
mod settings;
mod slips;
mod world;
