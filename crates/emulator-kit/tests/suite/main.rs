//! The kit through its public door: a third emulator, driven by a bare client.

#![allow(clippy::unwrap_used)]

mod echo;
mod faults;
mod journal;
mod life;
mod transport;
