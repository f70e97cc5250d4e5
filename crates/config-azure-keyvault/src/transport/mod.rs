//! The HTTP transport under the SDK: limits on every try, one origin per vault, counts, and the last failure seen.

mod causes;
mod client;
mod driver;
mod header;
mod lifetime;
mod near;
mod origin;
mod pace;
mod pause;
mod proxies;
mod reply;
mod request;
mod sent;
mod spares;
mod state;
mod wire;

pub(crate) use client::{Peer, Transport};
pub(crate) use driver::run_apart as driven_apart;
pub(crate) use header::header;
pub(crate) use near::is_near;
pub(crate) use origin::stays_with;
#[cfg(test)]
pub(crate) use pace::Pace;
pub(crate) use proxies::Proxies;
pub(crate) use sent::secrets;
pub(crate) use spares::Spares;
#[cfg(test)]
pub(crate) use wire::Simulated;
pub(crate) use wire::Wire;
