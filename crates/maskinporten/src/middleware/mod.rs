//! Requests that authenticate themselves: what `reqwest-middleware` and `tower` have in common.

mod bearer;
mod failure;
mod reqwest;
mod sender;
mod target;
#[cfg(test)]
mod tests;
#[cfg(feature = "tower")]
mod tower;
mod wish;

pub use self::reqwest::MaskinportenMiddleware;
#[cfg(feature = "tower")]
pub use self::tower::{MaskinportenLayer, MaskinportenService};
pub use wish::MaskinportenRequest;
