//! Tries again what may pass: full jitter, one deadline, and a fresh assertion for every try.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::{Token, TokenProvider};
use crate::error::{Error, ErrorKind, Retry, Stage};
use crate::request::TokenRequest;
use crate::telemetry;

/// How long and how often to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Patience {
    /// For everything together, pauses included.
    pub(crate) deadline: Duration,
    /// The bound of the first pause; it doubles from one try to the next.
    pub(crate) first_pause: Duration,
    pub(crate) longest_pause: Duration,
    /// A bound for a server that refuses quickly.
    pub(crate) tries: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(20),
            first_pause: Duration::from_millis(250),
            longest_pause: Duration::from_secs(5),
            tries: 8,
        }
    }
}

/// Where the jitter comes from: a number from zero to one.
pub(crate) type Random = Arc<dyn Fn() -> f64 + Send + Sync>;

/// Asks the provider again while its failures are transient. Each try is a new call, and so a new assertion: a `jti` serves
/// once (MP-012).
pub(crate) struct Retrying<P> {
    provider: P,
    patience: Patience,
    random: Random,
    stage: Stage,
    /// What is named where nothing else is known.
    endpoint: Option<String>,
}

/// A provider that keeps time ends so much earlier, and says itself how far it came.
const LAST_WORDS: Duration = Duration::from_millis(50);

impl<P> Retrying<P> {
    pub(crate) fn new(provider: P, stage: Stage, patience: Patience) -> Self {
        Self {
            provider,
            patience,
            random: Arc::new(fastrand::f64),
            stage,
            endpoint: None,
        }
    }

    /// Names the endpoint where the provider does not.
    pub(crate) fn at(mut self, endpoint: String) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    #[cfg(test)]
    pub(crate) fn with_random(mut self, random: impl Fn() -> f64 + Send + Sync + 'static) -> Self {
        self.random = Arc::new(random);
        self
    }

    /// Anything from nothing to the bound: those who failed together do not come back together.
    fn pause(&self, tried: u32) -> Duration {
        let bound = self
            .patience
            .first_pause
            .saturating_mul(2_u32.saturating_pow(tried - 1));
        bound
            .min(self.patience.longest_pause)
            .mul_f64((self.random)().clamp(0.0, 1.0))
    }

    fn too_late(&self, last: Option<Error>) -> Error {
        last.unwrap_or_else(|| {
            let waited = self.patience.deadline;
            Error::new(
                ErrorKind::Unreachable,
                self.stage,
                format!("no answer within {waited:?}"),
            )
            .with_remedy("check that this host reaches the endpoint, or give the client a longer deadline")
            .with(|inner| {
                inner.endpoint.clone_from(&self.endpoint);
                inner.retry = Retry::After(None);
            })
        })
    }
}

#[async_trait]
impl<P: TokenProvider> TokenProvider for Retrying<P> {
    async fn token(&self, request: &TokenRequest) -> Result<Arc<Token>, Error> {
        self.token_until(request, Instant::now() + self.patience.deadline).await
    }

    /// What was used of the time before this was called is not given again.
    async fn token_until(&self, request: &TokenRequest, until: Instant) -> Result<Arc<Token>, Error> {
        telemetry::within(self.stage, self.tries(request, until)).await
    }
}

impl<P: TokenProvider> Retrying<P> {
    async fn tries(&self, request: &TokenRequest, until: Instant) -> Result<Arc<Token>, Error> {
        let deadline = until.min(Instant::now() + self.patience.deadline);
        let nearly = deadline.checked_sub(LAST_WORDS).unwrap_or(deadline);
        let mut once_more = true;
        let mut last = None;
        for tried in 1.. {
            let error = match tokio::time::timeout_at(deadline, self.provider.token_until(request, nearly)).await {
                Ok(Ok(token)) => return Ok(token),
                // A try that was cut short says less than one that was not.
                Ok(Err(error)) if Instant::now() >= nearly && error.retry() == Retry::After(None) => {
                    return Err(last.unwrap_or(error));
                }
                Ok(Err(error)) => error,
                Err(_) => return Err(self.too_late(last)),
            };
            // What the exchange is given has been tried again already.
            if self.stage == Stage::Exchange && error.stage() != self.stage {
                return Err(error);
            }
            let pause = match error.retry() {
                Retry::Once if once_more => {
                    once_more = false;
                    Duration::ZERO
                }
                // Jitter on top of what was asked for: everybody was told the same.
                Retry::After(asked) => asked.unwrap_or_default().saturating_add(self.pause(tried)),
                Retry::Once | Retry::Never => return Err(error),
            };
            let now = Instant::now();
            if tried >= self.patience.tries || now.checked_add(pause).is_none_or(|then| then >= deadline) {
                return Err(error);
            }
            tracing::debug!(tried, ?pause, %error, "trying again");
            last = Some(error);
            tokio::time::sleep(pause).await;
        }
        Err(self.too_late(last))
    }
}

impl<P: fmt::Debug> fmt::Debug for Retrying<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retrying")
            .field("provider", &self.provider)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}
