//! What is remembered of one request: its token, its flights, and how the last of them failed.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Id;
use tokio::sync::watch;
use tokio::time::Instant;

use super::Token;
use super::life::Life;
use crate::error::{Error, ErrorKind, Retry, Stage};

pub(crate) type Outcome = Result<Arc<Token>, Error>;

/// What will be refused again is not asked for by every caller.
const AFTER_REFUSAL: Duration = Duration::from_secs(1);

/// Another runtime's refresh is given so long, as it may be one that nobody drives.
const ANOTHERS_REFRESH: Duration = Duration::from_secs(5);

/// A server that asks for more than this is asked all the same.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// Whose flight it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asker {
    /// Who drives it. No other runtime waits for it.
    pub(crate) runtime: Id,
    /// With which key and settings it is asked. Nobody with newer ones waits for it.
    pub(crate) era: u64,
}

/// One request on its way, and how to hear of its end.
#[derive(Clone)]
pub(crate) struct Flight {
    pub(crate) id: u64,
    pub(crate) asker: Asker,
    pub(crate) since: Instant,
    /// Somebody insisted on it: it brings nothing that was there before.
    pub(crate) fresh: bool,
    pub(crate) outcome: watch::Receiver<Option<Outcome>>,
}

pub(super) struct Held {
    pub(super) token: Arc<Token>,
    pub(super) life: Life,
    /// Moves on while a refresh runs, and after one that failed.
    pub(super) refresh: Instant,
}

#[derive(Default)]
pub(super) struct Slot {
    pub(super) held: Option<Held>,
    /// One for each runtime at most.
    pub(super) flights: Vec<Flight>,
    /// In a row, of refreshes.
    pub(super) failures: u32,
    /// An API refused it, and when: whoever still has it to offer is not listened to.
    pub(super) rejected: Option<(Arc<Token>, Instant)>,
    /// Why the last flight brought nothing.
    pub(super) refused: Option<Refused>,
    /// When somebody last insisted on a fresh token and got one: what is older than that is not kept.
    pub(super) insisted: Option<Instant>,
}

/// A failure that is not to be repeated at once.
pub(super) struct Refused {
    error: Error,
    /// Nobody asks again until then, who would ask with the same.
    pub(super) until: Instant,
    era: u64,
}

impl Slot {
    pub(super) fn serving(&self, now: Instant) -> Option<&Held> {
        self.held.as_ref().filter(|held| now < held.life.last)
    }

    /// The flight that this one may wait for.
    pub(super) fn flight(&self, asker: Asker) -> Option<&Flight> {
        self.flights.iter().find(|flight| flight.asker == asker)
    }

    /// The flight, unless it was given up.
    pub(super) fn has_landed(&mut self, id: u64) -> Option<Flight> {
        let at = self.flights.iter().position(|flight| flight.id == id)?;
        Some(self.flights.remove(at))
    }

    /// Nothing in it is worth remembering.
    pub(super) fn is_spent(&self, now: Instant) -> bool {
        let over = |token: &Arc<Token>| token.expires.is_none_or(|expires| expires <= now);
        self.refused.as_ref().is_none_or(|refused| refused.until <= now)
            && self.held.as_ref().is_none_or(|held| held.life.last <= now)
            && self.rejected.as_ref().is_none_or(|(token, _)| over(token))
    }
}

impl Slot {
    pub(super) fn take_off(
        &mut self,
        id: u64,
        now: Instant,
        asker: Asker,
        patience: Duration,
        fresh: bool,
    ) -> (Flight, watch::Sender<Option<Outcome>>) {
        let (sender, outcome) = watch::channel(None);
        let flight = Flight {
            id,
            asker,
            since: now,
            fresh,
            outcome,
        };
        self.flights
            .retain(|flight| flight.asker.runtime != asker.runtime && now < flight.since + patience);
        self.flights.push(flight.clone());
        self.look_again(now);
        (flight, sender)
    }

    /// A refresh is under way.
    pub(super) fn look_again(&mut self, now: Instant) {
        if let Some(held) = &mut self.held {
            held.refresh = now + ANOTHERS_REFRESH;
        }
    }

    /// `insisted`: since when somebody insisted on this one. It takes the place of any that is held.
    pub(super) fn keep(&mut self, token: &Arc<Token>, insisted: Option<Instant>) {
        if insisted.is_some() {
            self.insisted = self.insisted.max(insisted);
            self.held = None;
        } else if self.insisted.is_some_and(|insisted| token.received < insisted) {
            return;
        }
        let Some(life) = Life::of(token) else {
            return;
        };
        if self.held.as_ref().is_some_and(|held| held.life.last > life.last) {
            return;
        }
        self.failures = 0;
        self.held = Some(Held {
            token: token.clone(),
            life,
            refresh: life.refresh,
        });
    }

    /// The failure that is not to be repeated yet, with the time that is left of its pause.
    pub(super) fn refusal(&self, era: u64, now: Instant) -> Option<Error> {
        let Refused { error, until, .. } = self.refused.as_ref().filter(|refused| refused.era >= era)?;
        let left = until.checked_duration_since(now).filter(|left| !left.is_zero())?;
        Some(match error.retry() {
            Retry::After(_) => error.clone().with(|inner| inner.retry = Retry::After(Some(left))),
            Retry::Once | Retry::Never => error.clone(),
        })
    }

    fn refuse(&mut self, now: Instant, error: &Error, era: u64) {
        let pause = match error.retry() {
            // Metadata has a memory of its own, which tells how long it is still.
            _ if error.stage() == Stage::Metadata => return,
            // Nobody was asked: it is this runtime that cannot.
            _ if error.kind() == ErrorKind::Settings => return,
            Retry::After(None) => return,
            Retry::After(Some(asked)) => asked.min(LONGEST_PAUSE),
            Retry::Once | Retry::Never => AFTER_REFUSAL,
        };
        self.refused = Some(Refused {
            error: error.clone(),
            until: now + pause,
            era,
        });
    }

    /// 1, 2, 4 … 30 seconds until the next refresh, or as long as the server asks for.
    pub(super) fn failed(&mut self, now: Instant, error: &Error, era: u64) {
        self.refuse(now, error, era);
        let Some(held) = &mut self.held else {
            return;
        };
        if error.kind() == ErrorKind::Settings {
            held.refresh = now + AFTER_REFUSAL;
            return;
        }
        self.failures = self.failures.saturating_add(1);
        let pause = Duration::from_secs(2_u64.saturating_pow(self.failures - 1).min(30));
        let asked = match error.retry() {
            Retry::After(asked) => asked.unwrap_or_default(),
            _ => Duration::ZERO,
        };
        held.refresh = now + pause.max(asked.min(LONGEST_PAUSE));
        tracing::warn!(failures = self.failures, %error, "the token could not be refreshed; the valid one serves on");
    }
}
