//! The suite of this crate: one binary.
#![allow(clippy::unwrap_used)]

mod app_secrets;
mod assertion;
mod authority;
mod client;
mod consent;
mod elsewhere;
mod found;
mod fresh;
mod gateway;
mod grant;
mod health;
mod hydra;
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
mod several_clients;
mod slips;
mod world;
