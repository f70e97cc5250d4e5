//! The HTTP transport under the SDK: limits on every try, one origin per vault, counts, and the last failure seen.

mod causes;
mod client;
mod driver;
mod lifetime;
mod origin;
mod pause;
mod reply;
mod request;
mod state;
mod wire;

pub(crate) use client::Transport;
pub(crate) use origin::stays_with;
pub(crate) use wire::Wire;
