//! Keys that are tried where the one in use is not known. A key that was registered a moment ago is known after some minutes, and the
//! one before it still is; and settings may name a second one for such a time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::signing::SigningKey;
use crate::error::Error;

/// How long a key stands in for another. What is changed in self-service is in force after 0 to 15 minutes.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// A client has five keys at most, and one of them is in use.
const MOST: usize = 4;

/// A key that stands in for another. A cheap clone, which shares its time.
#[derive(Debug, Clone)]
pub(crate) struct Spare {
    key: SigningKey,
    /// One that settings name, and none that was replaced.
    configured: bool,
    /// Until when it is tried. A replaced key's time begins with the rotation, another's when it is needed first.
    time: Arc<Mutex<Time>>,
}

#[derive(Debug, Default)]
struct Time {
    until: Option<Instant>,
    /// That it is over was said.
    told: bool,
}

impl Spare {
    fn replaced(key: SigningKey, now: Instant) -> Self {
        let time = Time {
            until: Some(now + LONGEST),
            told: true,
        };
        Self {
            key,
            configured: false,
            time: Arc::new(Mutex::new(time)),
        }
    }

    fn configured(key: SigningKey) -> Self {
        Self {
            key,
            configured: true,
            time: Arc::default(),
        }
    }

    pub(crate) fn key(&self) -> &SigningKey {
        &self.key
    }

    fn is(&self, key: &SigningKey) -> bool {
        self.key.identity() == key.identity()
    }

    fn time(&self) -> MutexGuard<'_, Time> {
        self.time.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_over(&self, now: Instant) -> bool {
        self.time().until.is_some_and(|until| until <= now)
    }

    /// It is needed; its time begins if it has not.
    fn serves(&self, now: Instant) -> bool {
        now < *self.time().until.get_or_insert(now + LONGEST)
    }

    fn tell_if_over(&self, used: &SigningKey, now: Instant) {
        if !self.is_over(now) || std::mem::replace(&mut self.time().told, true) {
            return;
        }
        tracing::warn!(
            kid = used.kid(),
            second = self.key.kid(),
            "the second signing key has stood in for {} minutes, and is not used any more: register the first one with the client, or \
             set another in its place",
            LONGEST.as_secs() / 60
        );
    }
}

/// All of them, in the order in which they are tried, and what was said of their use.
#[derive(Debug, Default)]
pub(crate) struct Spares {
    all: Vec<Spare>,
    /// That one is in use is said once.
    warned: AtomicBool,
    /// And so is that none is needed any more.
    told: AtomicBool,
}

impl Spares {
    /// What settings name.
    pub(super) fn of(second: Option<SigningKey>) -> Self {
        Self {
            all: second.map(Spare::configured).into_iter().collect(),
            ..Self::default()
        }
    }

    /// In the place of those before, after this key was replaced if it was: the newest first. What is named again goes on where it was.
    pub(super) fn after(&self, before: &Self, replaced: Option<SigningKey>, now: Instant) -> Self {
        let goes_on = replaced.is_none();
        let replaced = replaced.map(|key| Spare::replaced(key, now));
        let named = self.all.iter().map(|own| {
            let earlier = before.all.iter().find(|spare| spare.configured && spare.is(&own.key));
            earlier.unwrap_or(own).clone()
        });
        let earlier = before
            .all
            .iter()
            .filter(|spare| !spare.configured && !spare.is_over(now));
        let mut all: Vec<Spare> = Vec::new();
        for spare in replaced.into_iter().chain(named).chain(earlier.cloned()) {
            if all.len() < MOST && !all.iter().any(|one| one.is(&spare.key)) {
                all.push(spare);
            }
        }
        let said = |flag: &AtomicBool| AtomicBool::new(goes_on && flag.load(Ordering::Relaxed));
        Self {
            all,
            warned: said(&before.warned),
            told: said(&before.told),
        }
    }

    /// Those to try, as this key is not known.
    pub(super) fn in_force(&self, used: &SigningKey, now: Instant) -> Vec<&Spare> {
        let others = self.all.iter().filter(|spare| !spare.is(used));
        let (serve, over): (Vec<&Spare>, Vec<&Spare>) = others.partition(|spare| spare.serves(now));
        over.into_iter().for_each(|spare| spare.tell_if_over(used, now));
        serve
    }

    pub(super) fn served(&self, used: &SigningKey, spare: &Spare, now: Instant, refusal: &Error) {
        if self.warned.swap(true, Ordering::Relaxed) {
            return;
        }
        self.told.store(false, Ordering::Relaxed);
        let left = spare.time().until.map(|until| until.saturating_duration_since(now));
        let minutes = left.unwrap_or_default().as_secs().div_ceil(60);
        let (kid, served) = (used.kid(), spare.key.kid());
        match spare.configured {
            false => tracing::warn!(
                kid,
                served,
                %refusal,
                "the new signing key is not known yet, and the one before it serves, for {minutes} minutes more at most; see that the \
                 new one is registered with the client, and keep the other until then"
            ),
            true => tracing::warn!(
                kid,
                served,
                %refusal,
                "the signing key is not known, and the second one serves, for {minutes} minutes more at most; see that the first is \
                 registered with the client"
            ),
        }
    }

    /// This key was taken: the next time that it is not is a new one.
    pub(super) fn needless(&self, key: &SigningKey) {
        if self.all.iter().any(|spare| spare.is(key)) {
            return;
        }
        for spare in self.all.iter().filter(|spare| spare.configured) {
            *spare.time() = Time::default();
        }
        if !self.warned.load(Ordering::Relaxed) || self.told.swap(true, Ordering::Relaxed) {
            return;
        }
        let kid = key.kid();
        if self.all.iter().any(|spare| !spare.configured) {
            tracing::info!(
                kid,
                "the new signing key is known now; the one before it may be taken away"
            );
        } else {
            self.warned.store(false, Ordering::Relaxed);
            tracing::info!(kid, "the signing key is known now; the second one serves no more");
        }
    }
}
