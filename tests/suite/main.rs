//! One binary for every test that crosses crates.

mod loading;
mod support;
mod vault_settings;
