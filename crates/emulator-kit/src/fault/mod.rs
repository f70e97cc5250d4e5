//! Faults on demand: what goes wrong, for which requests, how often.

mod action;
mod book;
mod damage;
mod random;
mod rule;

pub use action::FaultAction;
pub use book::{FaultBook, Subject};
pub use damage::Damage;
pub use random::RandomFaults;
pub use rule::FaultFor;
