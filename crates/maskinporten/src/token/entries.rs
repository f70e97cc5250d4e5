//! What the cache holds, without locks and without I/O: who may be served what at which moment.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::Token;
use super::life::Life;
use crate::error::{Error, Retry, Stage};
use crate::request::TokenRequest;

pub(crate) type Outcome = Result<Arc<Token>, Error>;

/// One request on its way, and how to hear of its end.
#[derive(Clone)]
pub(crate) struct Flight {
    pub(crate) id: u64,
    pub(crate) since: Instant,
    pub(crate) outcome: watch::Receiver<Option<Outcome>>,
}

struct Held {
    token: Arc<Token>,
    life: Life,
    /// Moves on while a refresh runs, and after one that failed.
    refresh: Instant,
}

#[derive(Default)]
struct Slot {
    held: Option<Held>,
    flight: Option<Flight>,
    /// In a row, of refreshes.
    failures: u32,
    /// An API refused it, and when: whoever still has it to offer is not listened to.
    rejected: Option<(Arc<Token>, Instant)>,
    /// Why the last flight brought nothing, and until when nobody asks again.
    refused: Option<(Error, Instant)>,
}

/// What became of a token that an API refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Invalidation {
    /// It was the one held; the next caller gets another.
    Done,
    /// There is another already, or none.
    Replaced,
    /// Its predecessor was refused a moment ago: it is not the token that is wrong, and yet another would not help.
    Useless,
}

/// An API that refuses everything costs one token request in this time, not one for each of its replies.
const BETWEEN_REJECTIONS: Duration = Duration::from_secs(5);

/// What will be refused again is not asked for by every caller.
const AFTER_REFUSAL: Duration = Duration::from_secs(1);

/// A server that asks for more than this is asked all the same.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// What there is for a caller.
pub(crate) enum Found {
    Nothing,
    Token(Arc<Token>),
    /// It serves, and it is time for the next one.
    Ageing(Arc<Token>),
}

/// What a caller who has to wait waits for.
pub(crate) enum Joined {
    Token(Arc<Token>),
    /// It was refused a moment ago, and it is too early to ask again.
    Refused(Error),
    /// Another's.
    Flight(Flight),
    /// One's own, which is yet to be started.
    Started(Flight, watch::Sender<Option<Outcome>>),
}

/// All of them, up to a number.
pub(crate) struct Entries {
    /// The standard hasher would be a third of what a cached token costs.
    slots: HashMap<TokenRequest, Slot, foldhash::quality::RandomState>,
    most: usize,
    flights: u64,
}

impl Slot {
    fn serving(&self, now: Instant) -> Option<&Held> {
        self.held.as_ref().filter(|held| now < held.life.last)
    }

    fn is_empty(&self, now: Instant) -> bool {
        let over = |token: &Arc<Token>| token.expires.is_none_or(|expires| expires <= now);
        self.flight.is_none()
            && self.refused.as_ref().is_none_or(|(_, until)| *until <= now)
            && self.held.as_ref().is_none_or(|held| held.life.last <= now)
            && self.rejected.as_ref().is_none_or(|(token, _)| over(token))
    }
}

impl Entries {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            slots: HashMap::default(),
            most: most.max(1),
            flights: 0,
        }
    }

    pub(crate) fn find(&self, request: &TokenRequest, now: Instant) -> Found {
        let Some(slot) = self.slots.get(request) else {
            return Found::Nothing;
        };
        match slot.serving(now) {
            None => Found::Nothing,
            Some(held) if now < held.refresh => Found::Token(held.token.clone()),
            Some(held) => Found::Ageing(held.token.clone()),
        }
    }

    /// A token that is acceptable, or the flight of this request: the one under way, unless nobody has driven it for longer
    /// than the patience, or a new one, unless it is too early for that.
    pub(crate) fn join(
        &mut self,
        request: &TokenRequest,
        now: Instant,
        patience: Duration,
        acceptable: impl Fn(&Token) -> bool,
    ) -> Joined {
        if !self.slots.contains_key(request) {
            self.make_room(now);
            self.slots.insert(request.clone(), Slot::default());
        }
        let slot = self.slots.entry(request.clone()).or_default();
        if let Some(held) = slot.serving(now)
            && acceptable(&held.token)
        {
            return Joined::Token(held.token.clone());
        }
        if let Some(flight) = &slot.flight
            && now < flight.since + patience
        {
            return Joined::Flight(flight.clone());
        }
        if let Some(error) = slot.refusal(now) {
            return Joined::Refused(error);
        }
        self.flights += 1;
        let (flight, sender) = slot.take_off(self.flights, now, patience);
        Joined::Started(flight, sender)
    }

    /// A flight that replaces a token while it still serves; `None` where one is under way, or it is too early.
    pub(crate) fn refresh(
        &mut self,
        request: &TokenRequest,
        now: Instant,
        patience: Duration,
    ) -> Option<(Flight, watch::Sender<Option<Outcome>>)> {
        let slot = self.slots.get_mut(request)?;
        if slot.held.as_ref().is_none_or(|held| now < held.refresh) {
            return None;
        }
        if slot.flight.as_ref().is_some_and(|flight| now < flight.since + patience) {
            return None;
        }
        self.flights += 1;
        Some(slot.take_off(self.flights, now, patience))
    }

    /// Keeps what a flight brought. A flight that was given up and comes home late is welcome too, if its token lives longer.
    pub(crate) fn land(&mut self, request: &TokenRequest, id: u64, now: Instant, outcome: &Outcome) {
        let Some(slot) = self.slots.get_mut(request) else {
            return;
        };
        if slot.flight.as_ref().is_some_and(|flight| flight.id == id) {
            slot.flight = None;
        }
        match outcome {
            Ok(token) => {
                slot.refused = None;
                slot.keep(token);
            }
            Err(error) => slot.failed(now, error),
        }
        if slot.is_empty(now) {
            self.slots.remove(request);
        }
    }

    /// A flight ended without an outcome: its runtime went away, or it panicked.
    pub(crate) fn lost(&mut self, request: &TokenRequest, id: u64, now: Instant) {
        let Some(slot) = self.slots.get_mut(request) else {
            return;
        };
        if slot.flight.as_ref().is_some_and(|flight| flight.id == id) {
            slot.flight = None;
            if let Some(held) = &mut slot.held {
                held.refresh = now;
            }
        }
        if slot.is_empty(now) {
            self.slots.remove(request);
        }
    }

    /// Drops exactly this token, not its successor.
    pub(crate) fn invalidate(&mut self, request: &TokenRequest, token: &Arc<Token>, now: Instant) -> Invalidation {
        let Some(slot) = self.slots.get_mut(request) else {
            return Invalidation::Replaced;
        };
        if slot.held.as_ref().is_none_or(|held| !Arc::ptr_eq(&held.token, token)) {
            return Invalidation::Replaced;
        }
        if slot
            .rejected
            .as_ref()
            .is_some_and(|(_, then)| now < *then + BETWEEN_REJECTIONS)
        {
            return Invalidation::Useless;
        }
        slot.held = None;
        slot.failures = 0;
        slot.rejected = Some((token.clone(), now));
        Invalidation::Done
    }

    /// Whose token it is, as long as it is held.
    pub(crate) fn request_of(&self, token: &Arc<Token>) -> Option<&TokenRequest> {
        let holds = |slot: &Slot| slot.held.as_ref().is_some_and(|held| Arc::ptr_eq(&held.token, token));
        self.slots
            .iter()
            .find_map(|(request, slot)| holds(slot).then_some(request))
    }

    /// The token that is there already, and the one that was refused: neither is news from a shared store.
    pub(crate) fn known(&self, request: &TokenRequest) -> [Option<Arc<Token>>; 2] {
        match self.slots.get(request) {
            Some(slot) => [
                slot.held.as_ref().map(|held| held.token.clone()),
                slot.rejected.as_ref().map(|(token, _)| token.clone()),
            ],
            None => [None, None],
        }
    }

    pub(crate) fn received(&self, request: &TokenRequest) -> Option<Instant> {
        Some(self.slots.get(request)?.held.as_ref()?.token.received)
    }

    /// Tokens, and those that are on their way.
    pub(crate) fn len(&self) -> usize {
        let counts = |slot: &&Slot| slot.held.is_some() || slot.flight.is_some();
        self.slots.values().filter(counts).count()
    }

    /// What has ended goes first, then what ends next. What is under way stays, so that the number may be exceeded by as many
    /// as there are callers waiting.
    fn make_room(&mut self, now: Instant) {
        if self.slots.len() < self.most {
            return;
        }
        self.slots.retain(|_, slot| !slot.is_empty(now));
        while self.slots.len() >= self.most {
            let next = self
                .slots
                .iter()
                .filter(|(_, slot)| slot.flight.is_none())
                .min_by_key(|(_, slot)| {
                    let refused = slot.refused.as_ref().map(|(_, until)| *until);
                    (slot.held.as_ref().map(|held| held.life.end), refused)
                })
                .map(|(request, _)| request.clone());
            match next {
                Some(request) => self.slots.remove(&request),
                None => return,
            };
        }
    }
}

impl Slot {
    fn take_off(&mut self, id: u64, now: Instant, patience: Duration) -> (Flight, watch::Sender<Option<Outcome>>) {
        let (sender, outcome) = watch::channel(None);
        let flight = Flight {
            id,
            since: now,
            outcome,
        };
        self.flight = Some(flight.clone());
        if let Some(held) = &mut self.held {
            held.refresh = now + patience;
        }
        (flight, sender)
    }

    fn keep(&mut self, token: &Arc<Token>) {
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
    fn refusal(&self, now: Instant) -> Option<Error> {
        let (error, until) = self.refused.as_ref()?;
        let left = until.checked_duration_since(now).filter(|left| !left.is_zero())?;
        Some(match error.retry() {
            Retry::After(_) => error.clone().with(|inner| inner.retry = Retry::After(Some(left))),
            Retry::Once | Retry::Never => error.clone(),
        })
    }

    fn refuse(&mut self, now: Instant, error: &Error) {
        let pause = match error.retry() {
            // Metadata has a memory of its own, which tells how long it is still.
            _ if error.stage() == Stage::Metadata => return,
            Retry::After(None) => return,
            Retry::After(Some(asked)) => asked.min(LONGEST_PAUSE),
            Retry::Once | Retry::Never => AFTER_REFUSAL,
        };
        self.refused = Some((error.clone(), now + pause));
    }

    /// 1, 2, 4 … 30 seconds until the next refresh, or as long as the server asks for.
    fn failed(&mut self, now: Instant, error: &Error) {
        self.refuse(now, error);
        let Some(held) = &mut self.held else {
            return;
        };
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
