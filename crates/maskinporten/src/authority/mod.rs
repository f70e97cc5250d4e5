//! Who issues the tokens: the issuer's name, verbatim, and where its token endpoint is.

mod environment;
mod metadata;
#[cfg(test)]
mod tests;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Retry, Stage};
pub(crate) use environment::Endpoints;
pub use environment::Environment;

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

/// An authority in use: its endpoints, asked for once if they are not known.
#[derive(Debug)]
pub(crate) struct Authority {
    environment: Environment,
    http: reqwest::Client,
    clock: Clock,
    known: RwLock<Option<Known>>,
    asking: Mutex<Option<Failure>>,
}

#[derive(Debug, Clone)]
struct Known {
    endpoints: Arc<Endpoints>,
    /// `None`: for good.
    until: Option<Instant>,
}

#[derive(Debug)]
struct Failure {
    error: Error,
    at: Instant,
}

impl Authority {
    pub(crate) fn new(environment: Environment, http: reqwest::Client, clock: Clock) -> Self {
        let known = environment.constants().map(|endpoints| Known {
            endpoints: Arc::new(endpoints),
            until: None,
        });
        Self {
            environment,
            http,
            clock,
            known: RwLock::new(known),
            asking: Mutex::new(None),
        }
    }

    /// What it is called in an error.
    pub(crate) fn name(&self) -> String {
        self.environment.to_string()
    }

    /// Issuer and token endpoint. What is known serves while it is asked for again, and while that fails.
    pub(crate) async fn endpoints(&self) -> Result<Arc<Endpoints>, Error> {
        match self.known() {
            Some(Known { endpoints, until: None }) => Ok(endpoints),
            Some(Known {
                endpoints,
                until: Some(until),
            }) => {
                if self.clock.instant() < until {
                    return Ok(endpoints);
                }
                let Ok(mut failure) = self.asking.try_lock() else {
                    return Ok(endpoints);
                };
                match self.ask(&mut failure, 1).await {
                    Ok(fresh) => Ok(fresh),
                    Err(error) => {
                        tracing::warn!(%error, "metadata could not be refreshed; the last known serves on");
                        Ok(endpoints)
                    }
                }
            }
            None => {
                let mut failure = self.asking.lock().await;
                match self.known() {
                    Some(known) => Ok(known.endpoints),
                    None => self.ask(&mut failure, TRIES).await,
                }
            }
        }
    }

    /// Asks again because the issuer was refused (MP-110). `true` if another one is known now.
    pub(crate) async fn replace(&self, used: &Endpoints) -> bool {
        if self.environment.constants().is_some() {
            return false;
        }
        let mut failure = self.asking.lock().await;
        if self.known().is_some_and(|known| *known.endpoints != *used) {
            return true;
        }
        self.ask(&mut failure, 1).await.is_ok_and(|fresh| *fresh != *used)
    }

    fn known(&self) -> Option<Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn ask(&self, failure: &mut Option<Failure>, tries: u32) -> Result<Arc<Endpoints>, Error> {
        let Environment::Other(url) = &self.environment else {
            let error = Error::new(ErrorKind::Metadata, Stage::Metadata, "the environment has no metadata");
            return Err(error);
        };
        if let Some(failure) = failure
            && let Some(error) = failure.remembered(self.clock.instant())
        {
            return Err(error);
        }
        match self.fetch(url, tries).await {
            Ok(endpoints) => {
                let endpoints = Arc::new(endpoints);
                *failure = None;
                *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(Known {
                    endpoints: endpoints.clone(),
                    until: Some(self.clock.instant() + FRESH),
                });
                Ok(endpoints)
            }
            Err(error) => {
                *failure = Some(Failure {
                    error: error.clone(),
                    at: self.clock.instant(),
                });
                Err(later(error, PAUSE))
            }
        }
    }

    async fn fetch(&self, url: &Url, tries: u32) -> Result<Endpoints, Error> {
        let start = self.clock.instant();
        let mut tried = 1;
        loop {
            let error = match metadata::fetch(&self.http, url).await {
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
