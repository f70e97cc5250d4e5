//! One binary for every test that crosses crates.

mod failures;
mod leaks;
mod loading;
mod support;
