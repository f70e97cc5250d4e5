//! The exchange itself: one request, and what to do about a 401.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use http::header::ACCEPT;
use reqwest::Client;

use super::reply;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Retry, Stage};
use crate::request::TokenRequest;
use crate::token::cache::Cached;
use crate::token::refusal::retry_after;
use crate::token::{Token, TokenProvider};
use crate::transport;

/// A Maskinporten token with less left might not be valid when it arrives.
const FRESH: Duration = Duration::from_secs(15);

/// For one try; a hung one leaves time for another.
const LIMIT: Duration = Duration::from_secs(10);

/// Longer than any token; shorter than what would hurt.
const LARGEST_REPLY: usize = 256 * 1024;

/// Provides Altinn tokens, from the Maskinporten tokens of a cache.
pub(crate) struct Exchange {
    tokens: Cached,
    http: Client,
    endpoint: String,
    clock: Clock,
    /// Requests to the exchange, as they are sent.
    requests: Arc<AtomicU64>,
}

impl Exchange {
    pub(crate) fn new(tokens: Cached, http: Client, endpoint: String, clock: Clock) -> Self {
        Self {
            tokens,
            http,
            endpoint,
            clock,
            requests: Arc::default(),
        }
    }

    pub(crate) fn requests(&self) -> Arc<AtomicU64> {
        self.requests.clone()
    }

    async fn exchange(&self, token: &Token) -> Result<Token, Error> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let asked = self.clock.instant();
        let response = self
            .http
            .get(&self.endpoint)
            .bearer_auth(token.secret())
            .header(ACCEPT, "application/json, text/plain;q=0.9")
            .timeout(LIMIT)
            .send()
            .await
            .map_err(unreachable)?;
        transport::answered_from(&response, &self.endpoint).map_err(|cause| {
            Error::new(ErrorKind::InvalidResponse, Stage::Exchange, cause).with_remedy(transport::REDIRECTED)
        })?;
        let status = response.status();
        let retry_after = retry_after(response.headers(), self.clock.unix());
        let body = transport::body(response, LARGEST_REPLY).await.map_err(unreachable)?;
        let Some(body) = body else {
            let cause = "the reply is far too long for a token";
            return Err(Error::new(ErrorKind::InvalidResponse, Stage::Exchange, cause));
        };
        let body = String::from_utf8_lossy(&body);
        match status.as_u16() {
            200..=299 => reply::token(&body, asked, self.clock.unix()),
            // A proxy's page may repeat what it was sent.
            status if body.contains(token.secret()) => Err(reply::refusal(status, "", retry_after)),
            status => Err(reply::refusal(status, &body, retry_after)),
        }
    }
}

#[async_trait]
impl TokenProvider for Exchange {
    /// The exchange answers 401 to a token it does not take, and to any failure behind it (altinn-authentication#2072): so a 401
    /// gets a second try with a fresh Maskinporten token, and a third after a pause. Other failures are the retry's business.
    async fn token(&self, request: &TokenRequest) -> Result<Arc<Token>, Error> {
        let mut token = self.tokens.fresh(request, FRESH).await?;
        for tried in 1.. {
            let error = match self.exchange(&token).await {
                Ok(altinn) => return Ok(Arc::new(altinn)),
                Err(error) => error.with(|inner| inner.endpoint = Some(self.endpoint.clone())),
            };
            if error.status() != Some(401) || tried == 3 {
                return Err(error);
            }
            if tried == 1 {
                self.tokens.invalidate(request, &token);
            } else {
                let pause = Duration::from_millis(500).mul_f64(1.0 + fastrand::f64());
                tokio::time::sleep(pause).await;
            }
            token = self.tokens.fresh(request, FRESH).await?;
        }
        Err(reply::refusal(401, "", None))
    }
}

fn unreachable(error: reqwest::Error) -> Error {
    let cause = transport::cause(&error, LIMIT);
    Error::new(ErrorKind::Unreachable, Stage::Exchange, cause)
        .with_remedy("check that this host reaches the Altinn platform")
        .with(|inner| inner.retry = Retry::After(None))
        .with_source(error.without_url())
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("endpoint", &self.endpoint)
            .field("tokens", &self.tokens)
            .finish_non_exhaustive()
    }
}
