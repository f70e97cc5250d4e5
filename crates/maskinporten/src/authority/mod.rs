//! Who issues the tokens: the issuer's name, verbatim, and where its token endpoint is.

mod metadata;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Retry, Stage};
use crate::transport;

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

/// Which authority issues the tokens.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Environment {
    /// `https://maskinporten.no/`.
    Prod,
    /// `https://test.maskinporten.no/`.
    Test,
    /// Skyporten's pilot, `https://sky.maskinporten.no`.
    SkyportenProd,
    /// Skyporten's pilot for tests, `https://test.sky.maskinporten.no`.
    SkyportenTest,
    /// Any other, by its base URL: issuer and token endpoint come from its metadata (RFC 8414).
    Other(Url),
    /// An issuer, verbatim, and its token endpoint, both known beforehand.
    Fixed {
        /// What goes into `aud`, to the letter.
        issuer: String,
        /// Where tokens are asked for.
        token_endpoint: Url,
    },
}

/// Where to ask for tokens, and in whose name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoints {
    pub(crate) issuer: String,
    pub(crate) token_endpoint: String,
}

impl Environment {
    /// Reads `prod` or `test` (in any case), `skyporten` or `skyporten-test`, or an authority's URL.
    ///
    /// # Errors
    /// [`ErrorKind::Settings`] for `ver1` and `ver2`, which were closed, for other names, and for a URL that is not https (http is
    /// taken for this machine).
    pub fn parse(text: &str) -> Result<Self, Error> {
        Self::read(text).map_err(|problem| Error::new(ErrorKind::Settings, Stage::Settings, problem))
    }

    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let text = text.trim();
        match text.to_ascii_lowercase().as_str() {
            "prod" | "production" => return Ok(Self::Prod),
            "test" => return Ok(Self::Test),
            "skyporten" | "skyporten-prod" => return Ok(Self::SkyportenProd),
            "skyporten-test" => return Ok(Self::SkyportenTest),
            old @ ("ver1" | "ver2") => {
                return Err(format!(
                    "`{old}` was phased out by Digdir (ver2 on 10 June 2024); use `test`"
                ));
            }
            _ => {}
        }
        if !text.contains("://") {
            return Err("is neither `prod`, `test` nor an authority's URL".to_owned());
        }
        let url = endpoint(text)?;
        let named = [Self::Prod, Self::Test, Self::SkyportenProd, Self::SkyportenTest];
        let known = named.into_iter().find(|named| {
            let constants = named.constants();
            constants.is_some_and(|known| known.issuer.trim_end_matches('/') == url.as_str().trim_end_matches('/'))
        });
        match known {
            Some(known) => Ok(known),
            None if matches!(url.host_str(), Some("ver1.maskinporten.no" | "ver2.maskinporten.no")) => {
                Err("is an environment that Digdir phased out; use `test`".to_owned())
            }
            None => Ok(Self::Other(url)),
        }
    }

    /// What never changes is not asked for: metadata that is down must not stop a known environment.
    pub(crate) fn constants(&self) -> Option<Endpoints> {
        let known = |issuer: &str, token_endpoint: &str| {
            Some(Endpoints {
                issuer: issuer.to_owned(),
                token_endpoint: token_endpoint.to_owned(),
            })
        };
        match self {
            Self::Prod => known("https://maskinporten.no/", "https://maskinporten.no/token"),
            Self::Test => known("https://test.maskinporten.no/", "https://test.maskinporten.no/token"),
            // Skyporten's issuers have no slash at the end; with one they refuse the assertion (MP-110).
            Self::SkyportenProd => known("https://sky.maskinporten.no", "https://sky.maskinporten.no/token"),
            Self::SkyportenTest => known(
                "https://test.sky.maskinporten.no",
                "https://test.sky.maskinporten.no/token",
            ),
            Self::Fixed { issuer, token_endpoint } => known(issuer, token_endpoint.as_str()),
            Self::Other(_) => None,
        }
    }

    /// An address that did not come from [`parse`](Self::parse) is held to the same rule.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let (what, url) = match self {
            Self::Other(url) => ("the authority", url),
            Self::Fixed { token_endpoint, .. } => ("the token endpoint", token_endpoint),
            Self::Prod | Self::Test | Self::SkyportenProd | Self::SkyportenTest => return Ok(()),
        };
        transport::is_endpoint(url).map_err(|problem| transport::no_endpoint(what, url, problem))
    }

    /// Production, test, or neither as far as anybody can tell.
    pub(crate) fn is_production(&self) -> Option<bool> {
        match self {
            Self::Prod | Self::SkyportenProd => Some(true),
            Self::Test | Self::SkyportenTest => Some(false),
            Self::Other(_) | Self::Fixed { .. } => None,
        }
    }
}

/// As [`Environment::parse`].
impl FromStr for Environment {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prod => f.write_str("prod"),
            Self::Test => f.write_str("test"),
            Self::SkyportenProd => f.write_str("skyporten"),
            Self::SkyportenTest => f.write_str("skyporten-test"),
            Self::Other(url) => f.write_str(url.as_str()),
            Self::Fixed { issuer, .. } => f.write_str(issuer),
        }
    }
}

/// A URL that an assertion may be sent to.
pub(crate) fn endpoint(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|_| "is no URL".to_owned())?;
    transport::is_endpoint(&url)?;
    Ok(url)
}

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
