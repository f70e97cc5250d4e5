//! Who issues the tokens: the issuer's name, verbatim, and where its token endpoint is.

mod environment;
mod issuing;
mod metadata;
mod pasted;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;
use tracing::Instrument as _;
use url::Url;

use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Retry, Stage};
use crate::quoted;
use crate::runtime::Flights;
use crate::telemetry;
use crate::transport::Clients;
pub(crate) use environment::Endpoints;
pub use environment::Environment;
pub(crate) use issuing::{Issuing, asked, named};
#[cfg(test)]
pub(crate) use metadata::fuzz;

/// What metadata is good for until it is asked for again.
const FRESH: Duration = Duration::from_secs(12 * 3600);
/// Between two attempts that fail.
const PAUSE: Duration = Duration::from_secs(30);
/// Where nothing is known, what may pass is asked for so often before it counts as a failure, ...
const TRIES: u32 = 3;
/// ... after a pause of one, then two of these, with jitter, ...
const BACKOFF: Duration = Duration::from_millis(250);
/// ... unless it took that long to fail already.
const QUICK: Duration = Duration::from_secs(3);
/// What is under way for longer was left alone by its runtime: three addresses, each at its limit, and what was quick before.
const PATIENCE: Duration = Duration::from_secs(35);

/// An authority in use: its endpoints, asked for once if they are not known. A cheap clone.
#[derive(Clone)]
pub(crate) struct Authority(Arc<Inner>);

struct Inner {
    issuing: Issuing,
    http: Clients,
    clock: Clock,
    /// Never held across an await.
    state: Mutex<State>,
    /// Each runtime its own: nobody waits for what another has to drive.
    asking: Flights<Result<Arc<Endpoints>, Error>>,
}

#[derive(Default)]
struct State {
    known: Option<Arc<Endpoints>>,
    /// When what is known is asked for again; `None`: never.
    refresh: Option<Instant>,
    failure: Option<Failure>,
}

#[derive(Debug, Clone)]
struct Failure {
    error: Error,
    at: Instant,
}

impl Authority {
    pub(crate) fn new(issuing: impl Into<Issuing>, http: Clients, clock: Clock) -> Self {
        let issuing = issuing.into();
        let state = State {
            known: issuing.constants().map(Arc::new),
            ..State::default()
        };
        Self(Arc::new(Inner {
            issuing,
            http,
            clock,
            state: Mutex::new(state),
            asking: Flights::new(),
        }))
    }

    /// What it is called in an error.
    pub(crate) fn name(&self) -> String {
        self.0.issuing.environment.to_string()
    }

    /// Issuer and token endpoint. What is known serves at once, while it is asked for again and while that fails.
    pub(crate) async fn endpoints(&self) -> Result<Arc<Endpoints>, Error> {
        let (known, due) = self.0.known();
        let Some(known) = known else {
            return self.ask(TRIES).await.0;
        };
        if due {
            self.refresh();
        }
        Ok(known)
    }

    /// Asks again because the issuer was refused (MP-110). `true` if another one is known now.
    pub(crate) async fn replace(&self, used: &Endpoints) -> bool {
        if self.0.issuing.constants().is_some() {
            return false;
        }
        // What was under way already may bring what was known before.
        for _ in 0..2 {
            if self.0.known().0.is_some_and(|known| *known != *used) {
                return true;
            }
            if let (_, true) = self.ask(1).await {
                break;
            }
        }
        self.0.known().0.is_some_and(|known| *known != *used)
    }

    /// In the background: whoever needs a token has what is known.
    fn refresh(&self) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let inner = self.0.clone();
        let asked = async move {
            if let Err(error) = inner.ask(1).await {
                tracing::warn!(%error, "metadata could not be refreshed; the last known serves on");
            }
        };
        drop(runtime.spawn(asked.in_current_span()));
    }

    /// Asks in a task that goes on when the caller goes away, so that its failure is remembered, and says whether it was asked for
    /// this caller.
    async fn ask(&self, tries: u32) -> (Result<Arc<Endpoints>, Error>, bool) {
        let inner = self.0.clone();
        let asked = self
            .0
            .asking
            .join(PATIENCE, || async move { inner.ask(tries).await })
            .await;
        asked.unwrap_or_else(|| {
            let error = Error::new(
                ErrorKind::Metadata,
                Stage::Metadata,
                "asking for the metadata was cut short",
            );
            (Err(error.with(|inner| inner.retry = Retry::After(None))), true)
        })
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known, and whether it is for this caller to have it asked for again. It is one caller's in each pause, so that a
    /// runtime that does not get round to it holds up the others no longer than a failure.
    fn known(&self) -> (Option<Arc<Endpoints>>, bool) {
        let now = self.clock.instant();
        let mut state = self.state();
        let due = state.refresh.is_some_and(|at| at <= now);
        if due {
            state.refresh = Some(now + PAUSE);
        }
        (state.known.clone(), due)
    }

    async fn ask(&self, tries: u32) -> Result<Arc<Endpoints>, Error> {
        let Environment::Other(url) = &self.issuing.environment else {
            let error = Error::new(ErrorKind::Metadata, Stage::Metadata, "the environment has no metadata");
            return Err(error);
        };
        let now = self.clock.instant();
        if let Some(error) = self
            .state()
            .failure
            .as_ref()
            .and_then(|failure| failure.remembered(now))
        {
            return Err(error);
        }
        let fetched = telemetry::within(Stage::Metadata, self.fetch(url, tries)).await;
        let now = self.clock.instant();
        let mut state = self.state();
        match fetched {
            Ok(endpoints) => {
                if let Some(before) = state.known.as_ref().filter(|before| ***before != endpoints) {
                    tell_of_change(before, &endpoints);
                }
                let endpoints = Arc::new(endpoints);
                *state = State {
                    known: Some(endpoints.clone()),
                    refresh: Some(now + FRESH),
                    failure: None,
                };
                Ok(endpoints)
            }
            Err(error) => {
                // What says nothing of the authority is told to whom it concerns.
                if error.kind() != ErrorKind::Settings {
                    state.failure = Some(Failure {
                        error: error.clone(),
                        at: now,
                    });
                    state.refresh = state.refresh.map(|_| now + PAUSE);
                }
                Err(later(error, PAUSE))
            }
        }
    }

    async fn fetch(&self, url: &Url, tries: u32) -> Result<Endpoints, Error> {
        let start = self.clock.instant();
        let mut tried = 1;
        loop {
            let error = match metadata::fetch(&self.http, url, &self.issuing).await {
                Ok(endpoints) => return Ok(endpoints),
                Err(error) => error,
            };
            let quick = self.clock.instant().saturating_duration_since(start) < QUICK;
            if tried >= tries || !quick || !matches!(error.retry(), Retry::After(_)) {
                return Err(error);
            }
            tracing::debug!(tried, %error, "asking for the metadata again");
            tokio::time::sleep(BACKOFF.mul_f64(f64::from(tried) * (0.5 + fastrand::f64() / 2.0))).await;
            tried += 1;
        }
    }
}

/// Nothing is wrong with it, but nobody changes it without a word: what is asked there proves who the client is.
fn tell_of_change(before: &Endpoints, now: &Endpoints) {
    let shown = |text: &str| quoted::address(text);
    tracing::warn!(
        issuer = %shown(&now.issuer),
        token_endpoint = %shown(&now.token_endpoint),
        issuer_before = %shown(&before.issuer),
        token_endpoint_before = %shown(&before.token_endpoint),
        "the authority's metadata names another issuer or token endpoint than before; tokens are asked for there from now on"
    );
}

impl Failure {
    /// What is told while nobody asks again, with the time until somebody does.
    fn remembered(&self, now: Instant) -> Option<Error> {
        let since = now.saturating_duration_since(self.at);
        let left = PAUSE.checked_sub(since).filter(|left| !left.is_zero())?;
        let again = format!(
            "; asked {} s ago, asked again in {} s",
            since.as_secs(),
            left.as_millis().div_ceil(1_000)
        );
        let error = self.error.clone().with(|inner| inner.cause.push_str(&again));
        Some(later(error, left))
    }
}

/// Whoever tries again before that is told the same.
fn later(error: Error, left: Duration) -> Error {
    match error.retry() {
        Retry::After(_) => error.with(|inner| inner.retry = Retry::After(Some(left))),
        _ => error,
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Authority").field(&self.0.issuing.environment).finish()
    }
}
