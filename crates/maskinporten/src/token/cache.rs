//! Keeps tokens: one request at a time per identity, refreshed early, never waited for while a valid one is there.

use std::fmt;
#[cfg(test)]
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::Instrument as _;

pub(crate) use super::entries::Invalidation;
use super::entries::{Asker, Entries, Flight, Found, Joined, Outcome, Want};
use super::limits::CacheLimits;
use super::shared::SharedStore;
use super::{Token, TokenProvider};
use crate::error::{Error, ErrorKind, Retry, Stage};
use crate::health::{self, Activity};
use crate::request::TokenRequest;

/// A provider with a memory. A cheap clone.
#[derive(Clone)]
pub(crate) struct Cached(Arc<Inner>);

struct Inner {
    provider: Arc<dyn TokenProvider>,
    store: Option<SharedStore>,
    stage: Stage,
    limits: CacheLimits,
    memory: Arc<Memory>,
    /// Of the parts that it belongs to.
    era: u64,
    /// What the settings ask for.
    usual: Option<TokenRequest>,
}

/// The tokens, and what became of the requests for them. Another provider of the same tokens may take it over.
pub(crate) struct Memory {
    /// Never held across an await.
    entries: RwLock<Entries>,
    activity: Arc<Activity>,
}

impl Memory {
    pub(crate) fn new(limits: &CacheLimits, activity: Arc<Activity>) -> Arc<Self> {
        Arc::new(Self {
            entries: RwLock::new(Entries::new(limits)),
            activity,
        })
    }
}

impl Cached {
    #[cfg(test)]
    pub(crate) fn new(
        provider: Arc<dyn TokenProvider>,
        stage: Stage,
        limits: CacheLimits,
        store: Option<SharedStore>,
    ) -> Self {
        let memory = Memory::new(&limits, Arc::default());
        Self::over(memory, 0, provider, stage, limits, store, None)
    }

    /// Over tokens that may be there already, of another provider of the same. Each waits for requests of its own and for no other's,
    /// which were sent with what may be outdated.
    pub(crate) fn over(
        memory: Arc<Memory>,
        era: u64,
        provider: Arc<dyn TokenProvider>,
        stage: Stage,
        limits: CacheLimits,
        store: Option<SharedStore>,
        usual: Option<TokenRequest>,
    ) -> Self {
        Self(Arc::new(Inner {
            provider,
            store,
            stage,
            limits,
            era,
            memory,
            usual,
        }))
    }

    pub(crate) fn memory(&self) -> Arc<Memory> {
        Arc::clone(&self.0.memory)
    }

    /// A token for the request. Does not wait, nor allocate, where a valid one is there that the request takes.
    pub(crate) async fn token(&self, request: &TokenRequest) -> Outcome {
        match self.held(request) {
            Some(token) => Ok(token),
            None => self.wait(request, Duration::ZERO).await,
        }
    }

    /// A token that is still valid for so long, if the issuer's tokens live that long: a new one otherwise.
    pub(crate) async fn lasting(&self, request: &TokenRequest, at_least: Duration) -> Outcome {
        let enough = |token: &Token| token.remaining().is_some_and(|remaining| remaining > at_least);
        match self.held(request) {
            Some(token) if enough(&token) => Ok(token),
            _ => self.wait(request, at_least).await,
        }
    }

    /// Gives up exactly this token, because an API refused it; the next caller gets another.
    pub(crate) fn invalidate(&self, request: &TokenRequest, token: &Arc<Token>) -> Invalidation {
        self.0.write().invalidate(request, token, Instant::now())
    }

    /// The same, whatever it was asked for.
    pub(crate) fn give_up(&self, token: &Arc<Token>) -> Invalidation {
        let mut entries = self.0.write();
        match entries.request_of(token).cloned() {
            Some(request) => entries.invalidate(&request, token, Instant::now()),
            None => Invalidation::Replaced,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.0.read().len()
    }

    /// Flights that brought no token, but for those whose failure another cache counts.
    #[cfg(test)]
    pub(crate) fn failures(&self) -> u64 {
        self.0.memory.activity.failures.load(Ordering::Relaxed)
    }

    /// A token is held that still serves.
    pub(crate) fn serves(&self) -> bool {
        self.0.read().serve(Instant::now())
    }

    /// How long ago the token for the request was received.
    pub(crate) fn age(&self, request: &TokenRequest) -> Option<Duration> {
        let received = self.0.read().received(request)?;
        Some(Instant::now().saturating_duration_since(received))
    }

    /// A token that is there and valid; not for who insists on a fresh one.
    pub(crate) fn held(&self, request: &TokenRequest) -> Option<Arc<Token>> {
        if !request.age.is_any() {
            return None;
        }
        let now = Instant::now();
        let found = self.0.read().find(request, now);
        let token = match found {
            Found::Nothing => return None,
            Found::Token(token) => token,
            Found::Ageing(token) => {
                self.refresh(request, now);
                token
            }
        };
        self.0.memory.activity.hit();
        Some(token)
    }

    /// Starts a flight that nobody waits for.
    fn refresh(&self, request: &TokenRequest, now: Instant) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let started = self
            .0
            .write()
            .refresh(request, now, self.0.asker(&runtime), &self.0.limits);
        if let Some((flight, sender)) = started {
            self.fly(&runtime, request.clone(), flight.id, sender, Want::default());
        }
    }

    async fn wait(&self, request: &TokenRequest, at_least: Duration) -> Outcome {
        // Before a flight is announced that could not start.
        let runtime =
            Handle::try_current().map_err(|error| self.error("called outside a tokio runtime").with_source(error))?;
        let since = request.age.since(Instant::now());
        let want = Want { since, at_least };
        // The flight of another may bring what is not enough here, be given up, or get lost with its runtime.
        let mut own = false;
        for _ in 0..4 {
            let now = Instant::now();
            let asker = self.0.asker(&runtime);
            let joined = self.0.write().join(request, now, asker, &self.0.limits, &want);
            let flight = match joined {
                Joined::Token(token) => return Ok(token),
                Joined::Refused(error) => return self.last_resort(request, &want).ok_or(error),
                Joined::Flight(flight) => flight,
                Joined::Started(flight, sender) => {
                    own = true;
                    // What is beneath is to be as new as this.
                    let request = request.since(want.since.map(|_| flight.since));
                    self.fly(&runtime, request, flight.id, sender, want);
                    flight
                }
            };
            // By those who insist.
            let shared = want.since.is_some() && flight.fresh;
            match self.arrival(flight).await {
                Some(Ok(token)) if own || shared || want.takes(&token) => return Ok(token),
                Some(Err(error)) => return self.last_resort(request, &want).ok_or(error),
                Some(Ok(_)) | None => {}
            }
        }
        Err(self
            .error("the request for a token was given up several times")
            .with_remedy("see that the runtime which asked first keeps running, or that its requests end in time")
            .with(|inner| inner.retry = Retry::After(None)))
    }

    /// `None`: it was lost, or nobody drives it.
    async fn arrival(&self, mut flight: Flight) -> Option<Outcome> {
        let until = flight.since + self.0.limits.patience;
        let arrived = tokio::time::timeout_at(until, flight.outcome.wait_for(Option::is_some)).await;
        arrived.ok()?.ok()?.clone()
    }

    /// A token near its end is better than a failure.
    fn last_resort(&self, request: &TokenRequest, want: &Want) -> Option<Arc<Token>> {
        match self.0.read().find(request, Instant::now()) {
            Found::Token(token) | Found::Ageing(token) if want.takes(&token) => Some(token),
            _ => None,
        }
    }

    /// A flight is a task of its own: whoever asked first may go away, the others and the next still get the token.
    fn fly(
        &self,
        runtime: &Handle,
        request: TokenRequest,
        id: u64,
        sender: watch::Sender<Option<Outcome>>,
        want: Want,
    ) {
        let landing = Landing {
            cache: self.clone(),
            request,
            id,
            sender: Some(sender),
        };
        // Not under the lock: a runtime that shuts down drops the task at once, and with it the landing.
        let flight = async move {
            let cache = landing.cache.clone();
            let request = landing.request.clone();
            let (outcome, minted) = cache.0.fetch(&request, want).await;
            let serves = landing.land(&outcome);
            if let (true, Ok(token), Some(store)) = (minted && serves, &outcome, &cache.0.store) {
                let limit = cache.0.limits.deadline;
                drop(tokio::time::timeout(limit, store.set(&request, token)).await);
            }
        };
        // Part of what its first caller does, for whoever traces that.
        drop(runtime.spawn(flight.in_current_span()));
    }

    fn error(&self, cause: &str) -> Error {
        Error::new(ErrorKind::Unreachable, self.0.stage, cause)
    }
}

impl Inner {
    async fn fetch(&self, request: &TokenRequest, want: Want) -> (Outcome, bool) {
        let start = Instant::now();
        // What is in a shared store may be as old as what was not good enough.
        if let (Some(store), false) = (&self.store, want.is_particular()) {
            let known = self.read().known(request);
            // Who the owner is may hang on the key and the metadata: half of the time is left to ask without the store, and to
            // hear what is wrong.
            let shared = tokio::time::timeout(self.limits.deadline / 2, store.get(request, &known)).await;
            if let Ok(Some(token)) = shared {
                self.memory.activity.succeeded(self.era);
                return (Ok(Arc::new(token)), false);
            }
        }
        let outcome = self.provider.token_until(request, start + self.limits.deadline).await;
        let activity = &self.memory.activity;
        match &outcome {
            Ok(_) => activity.succeeded(self.era),
            // The exchange tells on what the cache of Maskinporten's tokens has counted already.
            Err(error) if self.stage == Stage::Exchange && error.stage() != self.stage => {}
            Err(error) => {
                activity.failure();
                let usual = self.usual.as_ref().is_none_or(|usual| usual == request);
                if usual || !health::is_about_the_request(error) {
                    activity.failed(self.era, error);
                }
            }
        }
        (outcome, true)
    }

    fn asker(&self, runtime: &Handle) -> Asker {
        Asker {
            runtime: runtime.id(),
            era: self.era,
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Entries> {
        self.memory.entries.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Entries> {
        self.memory.entries.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends a flight, in whatever way its task ends.
struct Landing {
    cache: Cached,
    request: TokenRequest,
    id: u64,
    sender: Option<watch::Sender<Option<Outcome>>>,
}

impl Landing {
    fn land(mut self, outcome: &Outcome) -> bool {
        let mut entries = self.cache.0.write();
        let serves = entries.land(&self.request, self.id, Instant::now(), outcome);
        drop(entries);
        if let Some(sender) = self.sender.take() {
            sender.send_replace(Some(outcome.clone()));
        }
        serves
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        if self.sender.is_some() {
            self.cache.0.write().lost(&self.request, self.id, Instant::now());
        }
    }
}

impl fmt::Debug for Cached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cached")
            .field("provider", &self.0.provider)
            .field("tokens", &self.len())
            .finish_non_exhaustive()
    }
}
