//! The exchange itself: one request, and what to do about a 401.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use http::header::ACCEPT;
use tokio::time::{Instant, timeout_at};
use tracing::Span;

use super::reply;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Retry, Stage};
use crate::quoted::Secrets;
use crate::request::TokenRequest;
use crate::telemetry;
use crate::token::cache::Cached;
use crate::token::claims::{is_dead, own_scope};
use crate::token::refusal::retry_after;
use crate::token::{Token, TokenProvider};
use crate::transport::{self, Clients};

/// A Maskinporten token with less left might not be valid when it arrives.
const LASTING: Duration = Duration::from_secs(15);

/// For one try; a hung one leaves time for another.
const LIMIT: Duration = Duration::from_secs(10);

/// For everything, where nobody says until when.
const ALONE: Duration = Duration::from_secs(60);

/// Longer than any token; shorter than what would hurt.
const LARGEST_REPLY: usize = 256 * 1024;

/// Provides Altinn tokens, from the Maskinporten tokens of a cache.
pub(crate) struct Exchange {
    tokens: Cached,
    http: Clients,
    endpoint: String,
    clock: Clock,
    /// Requests to the exchange, as they are sent.
    requests: Arc<AtomicU64>,
}

fn no_answer() -> Error {
    Error::new(ErrorKind::Unreachable, Stage::Exchange, "no answer before the deadline")
        .with_remedy("check that this host reaches the Altinn platform, or give the client a longer deadline")
        .with(|inner| inner.retry = Retry::After(None))
}

impl Exchange {
    pub(crate) fn new(tokens: Cached, http: Clients, endpoint: String, clock: Clock) -> Self {
        Self {
            tokens,
            http,
            endpoint,
            clock,
            requests: Arc::default(),
        }
    }

    /// Counts its requests there.
    pub(crate) fn counting(self, requests: Arc<AtomicU64>) -> Self {
        Self { requests, ..self }
    }

    async fn exchange(&self, token: &Token, until: Instant) -> Result<Token, Error> {
        let turn = self.http.turn(&self.endpoint, Stage::Exchange, until).await?;
        let span = telemetry::request("GET", &self.endpoint);
        let exchanged = telemetry::sent(&span, async {
            let exchanged = timeout_at(until, self.get(&turn.http, token, &span)).await;
            exchanged.unwrap_or_else(|_| Err(no_answer()))
        });
        exchanged.await
    }

    async fn get(&self, http: &reqwest::Client, token: &Token, span: &Span) -> Result<Token, Error> {
        let sent = Secrets::of(token.secret());
        let unreachable = |error: reqwest::Error| {
            self.http
                .unreached(&self.endpoint, Stage::Exchange, error, LIMIT, &sent)
        };
        self.requests.fetch_add(1, Ordering::Relaxed);
        let asked = self.clock.instant();
        let response = http
            .get(&self.endpoint)
            .bearer_auth(token.secret())
            .header(ACCEPT, "application/json, text/plain;q=0.9")
            .timeout(LIMIT)
            .send()
            .await
            .map_err(unreachable)?;
        let status = response.status();
        telemetry::answered(span, status);
        transport::answered_from(&response, &self.endpoint).map_err(|cause| {
            Error::new(ErrorKind::InvalidResponse, Stage::Exchange, sent.cut(&cause))
                .with_remedy(transport::REDIRECTED)
                .with(|inner| inner.status = Some(status.as_u16()))
        })?;
        let retry_after = retry_after(response.headers(), self.clock.unix());
        let body = transport::body(response, LARGEST_REPLY).await.map_err(unreachable)?;
        let Some(body) = body else {
            let cause = "the reply is far too long for a token";
            return Err(Error::new(ErrorKind::InvalidResponse, Stage::Exchange, cause));
        };
        let body = String::from_utf8_lossy(&body);
        match status.as_u16() {
            200..=299 => reply::token(&body, asked, self.clock.unix()),
            status => Err(reply::refusal(status, &body, retry_after, &sent)),
        }
    }
}

#[async_trait]
impl TokenProvider for Exchange {
    async fn token(&self, request: &TokenRequest) -> Result<Arc<Token>, Error> {
        self.token_until(request, self.clock.instant() + ALONE).await
    }

    /// The exchange answers 401 to a token it does not take, and to any failure behind it (altinn-authentication#2072): so a 401
    /// gets a second try with a fresh Maskinporten token, and a third after a pause. Other failures are the retry's business.
    async fn token_until(&self, request: &TokenRequest, until: Instant) -> Result<Arc<Token>, Error> {
        let mut token = self.tokens.lasting(request, LASTING).await?;
        let mut again = true;
        let mut refused = 0;
        loop {
            let error = match self.exchange(&token, until).await {
                Ok(altinn) if again && is_dead(&altinn, self.clock.unix()) => {
                    tracing::debug!("Altinn's token had ended when it came; exchanging once more");
                    again = false;
                    continue;
                }
                Ok(mut altinn) => {
                    let held = Secrets::of(token.secret()).and(altinn.secret());
                    altinn.scope = own_scope(altinn.secret())
                        .filter(|scope| !held.are_in(scope, &request.scopes))
                        .or_else(|| token.scope.clone())
                        .or_else(|| Some(request.scopes.join(" ")));
                    return Ok(Arc::new(altinn));
                }
                Err(error) => error.with(|inner| inner.endpoint = Some(self.endpoint.clone())),
            };
            refused += 1;
            match refused {
                // What answered elsewhere is not the exchange.
                _ if error.kind() != ErrorKind::Exchange || error.status() != Some(401) => return Err(error),
                1 => drop(self.tokens.invalidate(request, &token)),
                2 => {
                    let pause = Duration::from_millis(500).mul_f64(1.0 + fastrand::f64());
                    tokio::time::sleep(pause).await;
                }
                _ => return Err(error),
            }
            token = self.tokens.lasting(request, LASTING).await?;
        }
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("endpoint", &self.endpoint)
            .field("tokens", &self.tokens)
            .finish_non_exhaustive()
    }
}
