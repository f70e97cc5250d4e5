//! Faults on demand: what goes wrong, for which requests, how often.

mod action;
mod barrier;
mod book;
mod damage;
mod random;
mod rule;

pub use action::FaultAction;
pub use barrier::Barrier;
pub use book::{FaultBook, Subject};
pub use damage::Damage;
pub use random::RandomFaults;
pub use rule::FaultFor;
