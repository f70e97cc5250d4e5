//! The emulator over real HTTPS, driven by a bare client.

#![allow(clippy::unwrap_used)]

mod api;
mod claims;
mod clients;
mod details;
mod exchange;
mod faults;
mod form;
mod keys;
mod leaks;
mod metadata;
mod program;
mod scopes;
mod self_service;
mod shapes;
mod support;
mod tokens;
mod vectors;
