//! How much is kept, and how long is waited.

use std::time::Duration;

/// How much the cache keeps, and how long it waits for one flight.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CacheLimits {
    pub(crate) most_tokens: usize,
    /// For one flight, the shared store and the provider together.
    pub(crate) deadline: Duration,
    /// Longer than a flight may take. A flight lives in the runtime of the caller who started it, and no other runtime waits for it.
    pub(crate) patience: Duration,
}

impl Default for CacheLimits {
    fn default() -> Self {
        Self {
            most_tokens: 1_000,
            deadline: Duration::from_secs(20),
            patience: Duration::from_secs(25),
        }
    }
}
