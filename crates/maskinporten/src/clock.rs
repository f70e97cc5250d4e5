//! The one place that reads clocks: the wall clock for what is signed, tokio's for what ages.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// The clocks, or a test's. Ageing always uses tokio's clock, which a test pauses; so does the default wall clock's advance
/// in a test that gives a start.
#[derive(Clone)]
pub(crate) struct Clock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl Clock {
    /// A wall clock of the caller's own.
    pub(crate) fn new(now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Wall-clock time, for what an operator reads.
    pub(crate) fn wall(&self) -> SystemTime {
        (self.0)()
    }

    /// Wall-clock time in unix seconds, for `iat` and `exp`.
    pub(crate) fn unix(&self) -> i64 {
        let since = self.wall().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    }

    /// The monotonic clock, for lifetimes and waits.
    pub(crate) fn instant(&self) -> Instant {
        Instant::now()
    }
}

impl Default for Clock {
    #[allow(clippy::disallowed_methods)]
    fn default() -> Self {
        Self::new(SystemTime::now)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
