//! A token and who provides one. Providers wrap each other: request → retry → cache.

pub(crate) mod cache;
pub(crate) mod claims;
mod entries;
pub(crate) mod http;
pub(crate) mod identity;
mod life;
pub(crate) mod limits;
#[cfg(feature = "redis")]
pub(crate) mod redis;
pub(crate) mod refusal;
mod remedy;
pub(crate) mod retry;
pub(crate) mod seal;
pub(crate) mod shared;
mod slot;
pub(crate) mod store;
#[cfg(test)]
pub(crate) mod tests;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::Instant;

use crate::error::Error;
use crate::quoted::Secrets;
use crate::request::TokenRequest;

/// A bearer token and when it ends. Its `Debug` shows no token.
///
/// For a client that is not reqwest's:
///
/// ```
/// use maskinporten::{Error, MaskinportenClient, Token};
///
/// async fn header(client: &MaskinportenClient) -> Result<String, Error> {
///     let token: std::sync::Arc<Token> = client.token(client.default_request()).await?;
///     Ok(format!("Bearer {}", token.secret())) // a secret: not for a log
/// }
/// ```
pub struct Token {
    value: SecretString,
    /// When it was received, and when it ends, by the monotonic clock. `None`: nobody said, so it serves once.
    pub(crate) received: Instant,
    pub(crate) expires: Option<Instant>,
    /// The scopes that were granted, if the reply said so.
    pub(crate) scope: Option<String>,
}

impl Token {
    pub(crate) fn new(value: SecretString, received: Instant, expires: Option<Instant>, scope: Option<String>) -> Self {
        Self {
            value,
            received,
            expires,
            scope,
        }
    }

    /// The token itself, for the `Authorization` header.
    #[must_use]
    pub fn secret(&self) -> &str {
        self.value.expose_secret()
    }

    /// How long it is still valid; `None` if nobody said.
    #[must_use]
    pub fn remaining(&self) -> Option<std::time::Duration> {
        self.expires
            .map(|expires| expires.saturating_duration_since(Instant::now()))
    }

    /// The scopes that were granted, if the reply said so. Of an Altinn token its own `scope` claim, else those of the token that it
    /// was exchanged for, or that were asked for.
    #[must_use]
    pub fn scope(&self) -> Option<&str> {
        self.scope.as_deref()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("remaining", &self.remaining())
            .field("scope", &self.scope.as_deref().map(|scope| Secrets::none().cut(scope)))
            .finish_non_exhaustive()
    }
}

/// Provides tokens. The HTTP request, the retry around it, the cache around that and the Altinn exchange all are one.
#[async_trait]
pub(crate) trait TokenProvider: fmt::Debug + Send + Sync {
    /// A token for the request.
    async fn token(&self, request: &TokenRequest) -> Result<Arc<Token>, Error>;

    /// The same, where there is a moment by which it has to be there: a provider that keeps time ends by then.
    async fn token_until(&self, request: &TokenRequest, _until: Instant) -> Result<Arc<Token>, Error> {
        self.token(request).await
    }
}
