//! The suite of this crate: one binary.
#![allow(clippy::unwrap_used)]

mod authority;
mod grant;
mod keys;
mod settings;
