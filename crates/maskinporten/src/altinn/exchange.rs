//! The exchange itself: one request, and what to do about a 401.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use http::header::{ACCEPT, RETRY_AFTER};
use reqwest::{Client, Response};

use super::reply;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Retry, Stage};
use crate::request::TokenRequest;
use crate::token::cache::Cached;
use crate::token::{Token, TokenProvider};

/// A Maskinporten token with less left might not be valid when it arrives.
const FRESH: Duration = Duration::from_secs(15);

/// Longer than any token; shorter than what would hurt.
const LARGEST_REPLY: usize = 256 * 1024;

/// Requests to the exchange, as they are sent.
pub(crate) type ExchangeCounts = Arc<AtomicU64>;

/// Provides Altinn tokens, from the Maskinporten tokens of a cache.
pub(crate) struct Exchange {
    tokens: Cached,
    http: Client,
    endpoint: String,
    clock: Clock,
    requests: ExchangeCounts,
}

impl Exchange {
    pub(crate) fn new(tokens: Cached, http: Client, endpoint: String, clock: Clock) -> Self {
        Self {
            tokens,
            http,
            endpoint,
            clock,
            requests: ExchangeCounts::default(),
        }
    }

    pub(crate) fn requests(&self) -> ExchangeCounts {
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
            .send()
            .await
            .map_err(unreachable)?;
        let status = response.status();
        let retry_after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok());
        let retry_after = retry_after
            .and_then(|value| value.trim().parse().ok())
            .map(Duration::from_secs);
        let body = text(response).await?;
        match status.as_u16() {
            200..=299 => reply::token(&body, asked, self.clock.unix()),
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

async fn text(mut response: Response) -> Result<String, Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > LARGEST_REPLY {
            return Err(Error::new(
                ErrorKind::InvalidResponse,
                Stage::Exchange,
                "the reply is far too long",
            ));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8(body).unwrap_or_default())
}

fn unreachable(error: reqwest::Error) -> Error {
    let cause = match error.is_timeout() {
        true => "no answer in time",
        false => "no answer",
    };
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
