//! The suite of this crate: one binary.
#![allow(clippy::unwrap_used)]

mod grant;
mod keys;
