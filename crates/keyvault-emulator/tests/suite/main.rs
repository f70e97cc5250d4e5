//! The emulator over real HTTPS, driven by a bare client.

#![allow(clippy::unwrap_used)]

mod access;
mod api;
mod certificates;
mod challenge;
mod conformance;
mod faults;
mod identity;
mod journal;
mod leaks;
mod paging;
mod program;
mod refusals;
mod support;
mod tokens;
mod transport;
mod variables;
