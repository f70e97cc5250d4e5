//! One binary for every test that crosses crates.

mod credentials;
mod development;
mod loading;
mod names;
mod runtimes;
mod selection;
mod support;
mod vault_settings;
