//! What the cache holds, without locks and without I/O: who may be served what at which moment.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::Token;
use super::limits::CacheLimits;
use super::slot::Slot;
pub(crate) use super::slot::{Asker, Flight, Outcome};
use crate::error::Error;
use crate::request::TokenRequest;

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

/// What there is for a caller.
pub(crate) enum Found {
    Nothing,
    Token(Arc<Token>),
    /// It serves, and it is time for the next one.
    Ageing(Arc<Token>),
}

/// What a caller takes.
#[derive(Clone, Copy, Default)]
pub(crate) struct Want {
    /// Asked for later than this.
    pub(crate) since: Option<Instant>,
    /// Still valid for so long.
    pub(crate) at_least: Duration,
}

impl Want {
    pub(crate) fn takes(&self, token: &Token) -> bool {
        let lasts = || token.remaining().is_some_and(|remaining| remaining > self.at_least);
        self.since.is_none_or(|since| token.received > since) && (self.at_least.is_zero() || lasts())
    }

    /// What another asked for is shared by who insists as much as they do.
    fn joins(&self, flight: &Flight) -> bool {
        self.since.is_none() || flight.fresh
    }

    /// What is held, or in a shared store, may not be enough.
    pub(crate) fn is_particular(&self) -> bool {
        self.since.is_some() || !self.at_least.is_zero()
    }
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
    /// No flight is longer under way, if somebody drives it.
    patience: Duration,
    flights: u64,
}

impl Entries {
    pub(crate) fn new(limits: &CacheLimits) -> Self {
        Self {
            slots: HashMap::default(),
            most: limits.most_tokens.max(1),
            patience: limits.patience,
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

    /// A token that is acceptable, or this runtime's flight for the request: the one under way, unless it should have ended long ago,
    /// or a new one, unless it is too early for that.
    pub(crate) fn join(
        &mut self,
        request: &TokenRequest,
        now: Instant,
        asker: Asker,
        limits: &CacheLimits,
        want: &Want,
    ) -> Joined {
        let slot = self.slots.entry(request.clone()).or_default();
        if let Some(held) = slot.serving(now)
            && want.takes(&held.token)
        {
            return Joined::Token(held.token.clone());
        }
        if let Some(flight) = slot.flight(asker)
            && now < flight.since + limits.deadline
            && want.joins(flight)
        {
            return Joined::Flight(flight.clone());
        }
        if let Some(error) = slot.refusal(asker.era, now) {
            return Joined::Refused(error);
        }
        self.flights += 1;
        let (flight, sender) = slot.take_off(self.flights, now, asker, limits.patience, want.since.is_some());
        Joined::Started(flight, sender)
    }

    /// A flight that replaces a token while it still serves; `None` where one is under way, or it is too early.
    pub(crate) fn refresh(
        &mut self,
        request: &TokenRequest,
        now: Instant,
        asker: Asker,
        limits: &CacheLimits,
    ) -> Option<(Flight, watch::Sender<Option<Outcome>>)> {
        let slot = self.slots.get_mut(request)?;
        if slot.held.as_ref().is_none_or(|held| now < held.refresh) {
            return None;
        }
        let flight = slot.flight(asker);
        if flight.is_some_and(|flight| now < flight.since + limits.deadline) {
            slot.look_again(now);
            return None;
        }
        self.flights += 1;
        Some(slot.take_off(self.flights, now, asker, limits.patience, false))
    }

    /// Keeps what a flight brought. A flight that was given up and comes home late is welcome too, if it has a token that lives
    /// longer, and that nobody insisted on a newer one than. Says whether its token is the one that serves.
    pub(crate) fn land(&mut self, request: &TokenRequest, id: u64, now: Instant, outcome: &Outcome) -> bool {
        let Some(slot) = self.slots.get_mut(request) else {
            return false;
        };
        let landed = slot.has_landed(id);
        match (outcome, &landed) {
            (Ok(token), _) => {
                slot.refused = None;
                let fresh = landed.filter(|flight| flight.fresh);
                slot.keep(token, fresh.map(|flight| flight.since));
            }
            (Err(error), Some(flight)) => slot.failed(now, error, flight.asker.era),
            (Err(_), None) => {}
        }
        let serves = match (outcome, &slot.held) {
            (Ok(token), Some(held)) => Arc::ptr_eq(&held.token, token),
            _ => false,
        };
        self.tidy(request, now);
        self.make_room(request, now);
        serves
    }

    fn tidy(&mut self, request: &TokenRequest, now: Instant) {
        let empty = |slot: &Slot| slot.flights.is_empty() && slot.is_spent(now);
        if self.slots.get(request).is_some_and(empty) {
            self.slots.remove(request);
        }
    }

    /// A flight ended without an outcome: its runtime went away, or it panicked.
    pub(crate) fn lost(&mut self, request: &TokenRequest, id: u64, now: Instant) {
        let Some(slot) = self.slots.get_mut(request) else {
            return;
        };
        if slot.has_landed(id).is_some()
            && let Some(held) = &mut slot.held
        {
            held.refresh = now;
        }
        self.tidy(request, now);
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

    /// A token is held that still serves.
    pub(crate) fn serve(&self, now: Instant) -> bool {
        self.slots.values().any(|slot| slot.serving(now).is_some())
    }

    /// Tokens that are held.
    pub(crate) fn len(&self) -> usize {
        self.slots.values().filter(|slot| slot.held.is_some()).count()
    }

    /// What is remembered stays within the number, however many are on their way, and the newest stays: what has ended goes first,
    /// then what ends next. Who waits for a flight has its outcome from the flight.
    fn make_room(&mut self, newest: &TokenRequest, now: Instant) {
        if self.slots.len() <= self.most {
            return;
        }
        let patience = self.patience;
        self.slots.retain(|_, slot| {
            // A runtime that is left alone for good keeps no place.
            slot.flights.retain(|flight| now < flight.since + patience);
            !slot.flights.is_empty() || !slot.is_spent(now)
        });
        let kept = |slot: &Slot| slot.held.is_some() || slot.refused.is_some() || slot.rejected.is_some();
        let mut over = self
            .slots
            .values()
            .filter(|slot| kept(slot))
            .count()
            .saturating_sub(self.most);
        while over > 0 {
            let next = self
                .slots
                .iter()
                .filter(|(request, slot)| kept(slot) && *request != newest)
                .min_by_key(|(_, slot)| {
                    let refused = slot.refused.as_ref().map(|refused| refused.until);
                    (slot.held.as_ref().map(|held| held.life.end), refused)
                })
                .map(|(request, _)| request.clone());
            let Some(request) = next else {
                return;
            };
            if let Some(slot) = self.slots.get_mut(&request) {
                (slot.held, slot.refused, slot.rejected) = (None, None, None);
            }
            self.tidy(&request, now);
            over -= 1;
        }
    }
}
