//! The limit on transactions.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How many transactions a vault serves, and what it says beyond that.
///
/// The default is the service's own: 4,000 transactions in any 10 seconds, no `Retry-After`.
///
/// ```
/// use std::time::Duration;
///
/// use keyvault_emulator::{KeyVaultEmulator, Throttle};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let one_in_ten_seconds = Throttle { limit: 1, retry_after: Some(Duration::from_secs(10)), ..Throttle::default() };
/// let emulator = KeyVaultEmulator::builder().throttle(one_in_ten_seconds).start().await?;
///
/// let url = format!("{}/secrets?api-version=7.5", emulator.url());
/// let list = || emulator.http_client().get(&url).bearer_auth(emulator.access_token("https://vault.azure.net")).send();
/// assert_eq!(list().await?.status(), 200);
/// let refused = list().await?;
/// assert_eq!(refused.status(), 429);
/// assert_eq!(refused.headers()["retry-after"], "10");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttle {
    /// How many transactions fit into the window.
    pub limit: usize,
    /// The length of the sliding window.
    pub window: Duration,
    /// What `Retry-After` says, rounded up to whole seconds; the header is left out if `None`.
    pub retry_after: Option<Duration>,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            limit: 4_000,
            window: Duration::from_secs(10),
            retry_after: None,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Window(VecDeque<Instant>);

impl Window {
    /// Whether one more transaction fits. One that is refused does not count, as at the service.
    pub(crate) fn admit(&mut self, throttle: &Throttle, now: Instant) -> bool {
        while self
            .0
            .front()
            .is_some_and(|at| now.duration_since(*at) >= throttle.window)
        {
            self.0.pop_front();
        }
        if self.0.len() >= throttle.limit {
            return false;
        }
        self.0.push_back(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_slides_and_refusals_do_not_count() {
        let throttle = Throttle {
            limit: 2,
            window: Duration::from_secs(10),
            retry_after: None,
        };
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut window = Window::default();
        assert!(window.admit(&throttle, at(0)));
        assert!(window.admit(&throttle, at(6)));
        assert!(!window.admit(&throttle, at(9)));
        assert!(
            window.admit(&throttle, at(10)),
            "the first one left, the refused one never came in"
        );
        assert!(!window.admit(&throttle, at(15)));
        assert!(window.admit(&throttle, at(16)));
    }

    #[test]
    fn the_default_is_4_000_in_10_seconds() {
        let throttle = Throttle::default();
        let start = Instant::now();
        let mut window = Window::default();
        assert!((0..4_000).all(|_| window.admit(&throttle, start)));
        assert!(!window.admit(&throttle, start + Duration::from_millis(9_999)));
        assert!(window.admit(&throttle, start + Duration::from_secs(10)));
    }
}
