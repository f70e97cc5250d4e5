//! The client: settings in, tokens out. Requests that carry them are the business of the room `middleware`.

mod builder;
mod owner;
mod stats;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, ErrorKind, Stage};
use crate::request::TokenRequest;
use crate::token::Token;
use crate::token::cache::{Cached, Invalidation};
use crate::transport::ApiClient;
pub use builder::MaskinportenClientBuilder;
pub use stats::Stats;

/// A client of Maskinporten: it gets tokens, keeps them, exchanges them for Altinn's, and gives them to requests.
///
/// A cheap clone; all clones share their tokens. Make one for each set of settings and keep it.
///
/// ```no_run
/// # async fn run(config: config::Config) -> Result<(), Box<dyn std::error::Error>> {
/// use maskinporten::{MaskinportenClient, MaskinportenRequest, SystemUser};
///
/// let maskinporten = MaskinportenClient::from_config(&config, "MaskinportenSettings")?;
/// let http = maskinporten.http_client();
/// let instances = http.get("https://api.example.no/instances").send().await?;
///
/// // As a system user, for this request only.
/// let user = MaskinportenRequest::new().system_user(SystemUser::of("310000000"));
/// let theirs = http.get("https://api.example.no/instances").with_extension(user).send().await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct MaskinportenClient(Arc<Parts>);

pub(crate) struct Parts {
    pub(crate) tokens: Cached,
    /// `None`: nobody said which Altinn environment takes the tokens of this authority.
    pub(crate) altinn: Option<Cached>,
    pub(crate) token_requests: Arc<AtomicU64>,
    pub(crate) exchange_requests: Arc<AtomicU64>,
    pub(crate) default_request: TokenRequest,
    pub(crate) behaviour: Behaviour,
    /// For the requests that carry the tokens.
    pub(crate) http: ApiClient,
}

/// How requests carry the tokens.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Behaviour {
    pub(crate) exchange: bool,
    pub(crate) overwrite: bool,
    pub(crate) plain_loopback: bool,
}

impl MaskinportenClient {
    pub(crate) fn assemble(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// A Maskinporten token. One that is held and valid costs neither a wait nor an allocation.
    ///
    /// # Errors
    ///
    /// The request cannot be sent, or Maskinporten refused it, or could not be reached within the deadline while no valid token
    /// is held.
    pub async fn token(&self, request: &TokenRequest) -> Result<Arc<Token>, Error> {
        self.0.tokens.token(request).await
    }

    /// An Altinn token, exchanged for a Maskinporten token. It lives thirty minutes, whatever the other's lifetime.
    ///
    /// # Errors
    ///
    /// As of [`token`](Self::token); the exchange refused the token; or no Altinn environment belongs to the settings' authority.
    pub async fn altinn_token(&self, request: &TokenRequest) -> Result<Arc<Token>, Error> {
        self.altinn()?.token(request).await
    }

    /// Gets the token that requests of [`http_client`](Self::http_client) carry by default, Altinn's where they are exchanged: for a
    /// readiness endpoint, or a start-up that must not come up broken. One that is held and valid costs nothing.
    ///
    /// # Errors
    ///
    /// As of [`token`](Self::token) and [`altinn_token`](Self::altinn_token).
    pub async fn check(&self) -> Result<(), Error> {
        let request = self.default_request();
        let token = match self.behaviour().exchange {
            true => self.altinn_token(request).await,
            false => self.token(request).await,
        };
        token.map(drop)
    }

    /// Gives up a token that [`token`](Self::token) or [`altinn_token`](Self::altinn_token) gave, because an API refused it (401): the
    /// next who asks gets another, from Maskinporten or the exchange, and not this one from a shared store. The client's own
    /// requests do that by themselves.
    ///
    /// Exactly this token is given up. If it was replaced meanwhile, nothing happens: of many callers who were refused at
    /// once, only one costs a new token. Nor does anything happen if the one before it was given up within the last five
    /// seconds: an API that refuses them all would refuse the next as well.
    ///
    /// ```no_run
    /// # async fn run(client: maskinporten::MaskinportenClient, call: impl AsyncFn(&str) -> u16) -> Result<(), maskinporten::Error> {
    /// let request = client.default_request();
    /// let token = client.token(request).await?;
    /// if call(token.secret()).await == 401 {
    ///     client.invalidate(&token);
    ///     call(client.token(request).await?.secret()).await;
    /// }
    /// # Ok(()) }
    /// ```
    pub fn invalidate(&self, token: &Arc<Token>) {
        let altinn = self.0.altinn.as_ref();
        for cache in std::iter::once(&self.0.tokens).chain(altinn) {
            if cache.give_up(token) == Invalidation::Done {
                tracing::info!("a token was given up; the next caller gets another");
            }
        }
    }

    /// What the settings ask for: their scopes, resource and consumer organisation.
    #[must_use]
    pub fn default_request(&self) -> &TokenRequest {
        &self.0.default_request
    }

    /// Counters since the start, and the age of the token of [`default_request`](Self::default_request), for a health endpoint
    /// or metrics. No values.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let parts = &*self.0;
        let altinn = parts.altinn.as_ref();
        // The token that requests carry.
        let carried = if parts.behaviour.exchange {
            altinn
        } else {
            Some(&parts.tokens)
        };
        Stats {
            token_requests: parts.token_requests.load(Ordering::Relaxed),
            exchange_requests: parts.exchange_requests.load(Ordering::Relaxed),
            cached: parts.tokens.hits() + altinn.map_or(0, Cached::hits),
            failures: parts.tokens.failures() + altinn.map_or(0, Cached::failures),
            tokens: parts.tokens.len() + altinn.map_or(0, Cached::len),
            token_age: carried.and_then(|cache| cache.age(&parts.default_request)),
        }
    }

    fn altinn(&self) -> Result<&Cached, Error> {
        self.0.altinn.as_ref().ok_or_else(|| {
            Error::new(
                ErrorKind::Settings,
                Stage::Exchange,
                "no Altinn environment is known to take this authority's tokens",
            )
            .with_remedy("set TokenExchangeEnvironment")
        })
    }

    pub(crate) fn behaviour(&self) -> Behaviour {
        self.0.behaviour
    }

    /// For the requests that carry the tokens.
    pub(crate) fn http(&self) -> &ApiClient {
        &self.0.http
    }

    /// An API answered 401 to this token. Says whether another may help.
    pub(crate) fn refused(&self, altinn: bool, request: &TokenRequest, token: &Arc<Token>) -> bool {
        let cache = if altinn {
            self.0.altinn.as_ref()
        } else {
            Some(&self.0.tokens)
        };
        let invalidation = cache.map(|cache| cache.invalidate(request, token));
        if invalidation == Some(Invalidation::Done) {
            tracing::info!(altinn, "the API refused the token; getting another");
        }
        invalidation.is_some_and(|invalidation| invalidation != Invalidation::Useless)
    }
}

impl fmt::Debug for MaskinportenClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MaskinportenClient")
            .field("tokens", &self.0.tokens)
            .field("altinn", &self.0.altinn)
            .field("behaviour", &self.0.behaviour)
            .finish_non_exhaustive()
    }
}
