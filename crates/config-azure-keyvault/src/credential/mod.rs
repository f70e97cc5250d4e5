//! Exactly one `TokenCredential`, picked by rule; never a chain.

mod build;
mod choice;
mod guard;

pub(crate) use build::build;
pub(crate) use choice::{Choice, choose};
pub(crate) use guard::Guard;
