//! Altinn's own tokens: a Maskinporten token, exchanged at the Altinn platform for one that lives thirty minutes.

mod environment;
mod exchange;
#[cfg(test)]
pub(crate) mod fuzz;
mod reply;
#[cfg(test)]
mod tests;

pub use environment::AltinnEnvironment;
pub(crate) use exchange::Exchange;
