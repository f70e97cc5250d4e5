//! How much, how long.

use std::time::Duration;

use crate::error::{Error, ErrorKind, Stage};

/// The limits of one load.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// Gets in flight at most.
    pub(crate) concurrency: usize,
    /// The whole load.
    pub(crate) deadline: Duration,
    /// Connecting, TLS included.
    pub(crate) connect: Duration,
    /// One try of one request.
    pub(crate) per_try: Duration,
    /// Fetching a token.
    pub(crate) credential: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            concurrency: 32,
            deadline: Duration::from_secs(30),
            connect: Duration::from_secs(4),
            per_try: Duration::from_secs(8),
            credential: Duration::from_secs(10),
        }
    }
}

/// So long at most is another load of the same handle waited for.
const PATIENCE: Duration = Duration::from_secs(5);

impl Limits {
    /// How long to wait for what another load of the same handle gets. Most of the deadline stays for a load of one's own, so
    /// that whoever waits in vain, even for a load that waits for him, still loads in time.
    pub(crate) fn patience(&self) -> Duration {
        (self.deadline / 4).min(PATIENCE)
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        let error = |cause: &str, remedy: &str| {
            Err(Error::new(ErrorKind::InvalidSetting, Stage::Settings, cause).with_remedy(remedy))
        };
        if !(1..=256).contains(&self.concurrency) {
            return error(
                &format!("`concurrency` is {}", self.concurrency),
                "set 1 to 256 gets in flight",
            );
        }
        if [self.deadline, self.connect, self.per_try, self.credential].contains(&Duration::ZERO) {
            return error("a time limit is zero", "give every limit more than no time");
        }
        Ok(())
    }
}
