//! Sockets: listening, TLS, connections, and the distance to the other end.

mod client;
mod connection;
mod delay_line;
mod listener;
mod service;
mod tls;

pub(crate) use client::{client_builder, resolver_for};
pub(crate) use listener::{Listeners, Server};
pub(crate) use tls::Authority;
