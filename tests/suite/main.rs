//! One binary for every test that crosses crates.

mod failures;
mod loading;
mod support;
