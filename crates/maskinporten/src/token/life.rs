//! How long a token serves: a margin before its end, and the moment to refresh it early.

use std::time::Duration;

use tokio::time::Instant;

use super::Token;

/// No token, however long it lives, is to be replaced earlier than this before its end: time for a slow request and for clocks.
const LARGEST_MARGIN: Duration = Duration::from_secs(30);

/// A fifth of the lifetime, thirty seconds at most. It grows without a jump and always leaves most of a short token's life:
/// scope owners cap tokens down to thirty seconds (`at_max_age`), which a fixed margin would refuse when they are new.
pub(crate) fn margin(lifetime: Duration) -> Duration {
    (lifetime / 5).min(LARGEST_MARGIN)
}

/// The moments in a token's life that the cache looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Life {
    /// From here on a new one is fetched in the background while this one still serves.
    pub(crate) refresh: Instant,
    /// From here on it is not worth sharing with another process.
    pub(crate) end: Instant,
    /// Until here it serves; then callers wait for a new one. What is left is the time a request needs to arrive.
    pub(crate) last: Instant,
}

impl Life {
    /// `None` for a token of which nobody said when it ends, or that has ended: it serves those who asked for it, and is
    /// not kept.
    pub(crate) fn of(token: &Token) -> Option<Self> {
        let lifetime = token.expires?.saturating_duration_since(token.received);
        if lifetime.is_zero() {
            return None;
        }
        let margin = margin(lifetime);
        let serves = lifetime - margin;
        Some(Self {
            // A third of the time is left for a refresh that fails to be tried again.
            refresh: token.received + serves * 2 / 3,
            end: token.received + serves,
            last: token.received + lifetime - margin / 6,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_without_jumps_and_never_refuses_a_fresh_token() {
        let mut before = Duration::ZERO;
        for tenths in 1..100_000_u64 {
            let lifetime = Duration::from_millis(tenths * 100);
            let margin = margin(lifetime);
            assert!(margin >= before, "{lifetime:?}");
            assert!(margin - before <= Duration::from_millis(20), "a jump at {lifetime:?}");
            assert!(margin <= lifetime / 5 && margin <= LARGEST_MARGIN, "{lifetime:?}");
            before = margin;
        }
    }
}
