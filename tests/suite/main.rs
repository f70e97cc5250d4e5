//! One binary for every test that crosses crates.

mod loading;
mod rust_sdk;
mod support;
