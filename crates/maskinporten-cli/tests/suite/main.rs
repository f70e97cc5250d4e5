//! The program as people and scripts use it: a process, its streams, its exit status.

mod config;
mod doctor;
mod help;
mod keygen;
mod push;
mod rotate;
mod session;
mod support;
mod token;
