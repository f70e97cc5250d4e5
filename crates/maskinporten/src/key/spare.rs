//! Keys that are tried where the one in use is not known. A key that was registered a moment ago is known after some minutes, and the
//! one before it still is.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::signing::SigningKey;
use crate::error::Error;

/// How long a key that was replaced is tried. What is changed in self-service is in force after 0 to 15 minutes.
const AFTER_ROTATION: Duration = Duration::from_secs(15 * 60);

/// A client has five keys at most, and one of them is in use.
const MOST: usize = 4;

/// A key that stands in for another.
#[derive(Debug, Clone)]
pub(crate) struct Spare {
    key: SigningKey,
    until: Instant,
}

impl Spare {
    pub(crate) fn key(&self) -> &SigningKey {
        &self.key
    }
}

/// All of them, the newest first, and what was said of their use.
#[derive(Debug, Default)]
pub(crate) struct Spares {
    all: Vec<Spare>,
    /// That one is in use is said once.
    warned: AtomicBool,
    /// And so is that none is needed any more.
    told: AtomicBool,
}

impl Spares {
    /// After this key was replaced.
    pub(super) fn and(&self, replaced: SigningKey, now: Instant) -> Self {
        let before = self
            .all
            .iter()
            .filter(|spare| now < spare.until && !spare.is(&replaced));
        let mut all: Vec<Spare> = before.take(MOST - 1).cloned().collect();
        all.insert(
            0,
            Spare {
                key: replaced,
                until: now + AFTER_ROTATION,
            },
        );
        Self { all, ..Self::default() }
    }

    pub(super) fn in_force(&self, used: &SigningKey, now: Instant) -> Vec<&Spare> {
        let in_force = |spare: &&Spare| now < spare.until && !spare.is(used);
        self.all.iter().filter(in_force).collect()
    }

    pub(super) fn served(&self, used: &SigningKey, spare: &Spare, now: Instant, refusal: &Error) {
        if !self.warned.swap(true, Ordering::Relaxed) {
            let minutes = spare.until.saturating_duration_since(now).as_secs().div_ceil(60);
            tracing::warn!(
                kid = used.kid(),
                served = spare.key.kid(),
                %refusal,
                "the new signing key is not known yet, and the one before it serves, for {minutes} minutes more at most; see that the \
                 new one is registered with the client, and keep the other until then"
            );
        }
    }

    pub(super) fn needless(&self, key: &SigningKey) {
        let is_spare = || self.all.iter().any(|spare| spare.is(key));
        if self.warned.load(Ordering::Relaxed) && !is_spare() && !self.told.swap(true, Ordering::Relaxed) {
            tracing::info!(
                kid = key.kid(),
                "the new signing key is known now; the one before it may be taken away"
            );
        }
    }
}

impl Spare {
    fn is(&self, key: &SigningKey) -> bool {
        self.key.identity() == key.identity()
    }
}
