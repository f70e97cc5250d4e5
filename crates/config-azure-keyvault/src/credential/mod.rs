//! Exactly one `TokenCredential`, picked by rule; never a chain.

mod build;
mod choice;
mod given;
mod guard;
mod identity;
mod imds;
mod withdrawn;

pub(crate) use choice::{Choice, choose};
pub(crate) use guard::Guard;
pub(crate) use identity::Identity;
pub(crate) use imds::authority as imds;
