//! The emulator over real HTTPS, driven by a bare client.

#![allow(clippy::unwrap_used)]

mod api;
mod support;
