//! The client: settings in, tokens out. Requests that carry them are the business of the room `middleware`.

mod addresses;
mod builder;
mod following;
mod lent;
mod owner;
mod parts;
mod recipe;
mod stats;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;

use self::following::{Following, Generation, Origin};
use self::lent::Lent;
#[cfg(test)]
pub(crate) use self::parts::Asked;
pub(crate) use self::parts::{Behaviour, Kind, Parts};
use self::recipe::Recipe;
use crate::error::{Error, Retry};
use crate::health::{Activity, Health};
use crate::request::TokenRequest;
use crate::settings::MaskinportenSettings;
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
pub struct MaskinportenClient(Arc<Inner>);

pub(crate) struct Inner {
    now: ArcSwap<Generation>,
    following: Option<Following>,
    /// For the requests that carry the tokens.
    http: ApiClient,
    counters: Counters,
    lent: Lent,
}

/// What is counted since the start, whatever the settings were.
#[derive(Clone, Default)]
pub(crate) struct Counters {
    token_requests: Arc<AtomicU64>,
    exchange_requests: Arc<AtomicU64>,
    activity: Arc<Activity>,
}

impl MaskinportenClient {
    fn made(recipe: Recipe, settings: MaskinportenSettings, origin: Origin) -> Result<Self, Error> {
        let (parts, basis) = recipe.parts(settings, None)?;
        let inner = Inner::of(parts, recipe.api_http.clone(), recipe.counters.clone());
        Ok(Self(Arc::new(match origin {
            Origin::Settings(_) => inner,
            Origin::Section { receiver, section } => Inner {
                now: ArcSwap::from_pointee(Generation::first(inner.parts(), receiver)),
                following: Some(Following::new(recipe, section, basis)),
                ..inner
            },
        })))
    }

    #[cfg(test)]
    pub(crate) fn assemble(parts: Parts, http: ApiClient) -> Self {
        Self(Arc::new(Inner::of(parts, http, Counters::default())))
    }

    /// A Maskinporten token. One that is held and valid costs neither a wait nor an allocation.
    ///
    /// # Errors
    ///
    /// The request cannot be sent, or Maskinporten refused it, or could not be reached within the deadline while no valid token
    /// is held.
    pub async fn token(&self, request: &TokenRequest) -> Result<Arc<Token>, Error> {
        self.get(Kind::Maskinporten, request).await
    }

    /// An Altinn token, exchanged for a Maskinporten token. It lives thirty minutes, whatever the other's lifetime.
    ///
    /// # Errors
    ///
    /// As of [`token`](Self::token); the exchange refused the token; or no Altinn environment belongs to the settings' authority.
    pub async fn altinn_token(&self, request: &TokenRequest) -> Result<Arc<Token>, Error> {
        self.get(Kind::Altinn, request).await
    }

    /// Gets the token that requests of [`http_client`](Self::http_client) carry by default, Altinn's where they are exchanged: for a
    /// readiness endpoint, or a start-up that must not come up broken. One that is held and valid costs nothing.
    ///
    /// # Errors
    ///
    /// As of [`token`](Self::token) and [`altinn_token`](Self::altinn_token).
    pub async fn check(&self) -> Result<(), Error> {
        let request = self.default_request();
        let token = match self.parts().behaviour.exchange {
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
        for cache in self.parts().caches() {
            if cache.give_up(token) == Invalidation::Done {
                tracing::info!("a token was given up; the next caller gets another");
            }
        }
    }

    /// What the settings ask for: their scopes, resource and consumer organisation. Where settings change
    /// ([`watching`](Self::watching)), it is what they say now; a request that was taken before stays as it was.
    #[must_use]
    pub fn default_request(&self) -> &TokenRequest {
        self.0.lent.lend(&self.parts().default_request)
    }

    /// Counters since the start, and the age of the token of [`default_request`](Self::default_request), for a health endpoint
    /// or metrics. No values.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let parts = self.parts();
        // The token that requests carry.
        let carried = parts.cache(parts.behaviour.kind()).ok();
        Stats {
            token_requests: self.0.counters.token_requests.load(Ordering::Relaxed),
            exchange_requests: self.0.counters.exchange_requests.load(Ordering::Relaxed),
            cached: self.0.counters.activity.hits.load(Ordering::Relaxed),
            failures: self.0.counters.activity.failures.load(Ordering::Relaxed),
            tokens: parts.caches().map(Cached::len).sum(),
            token_age: carried.and_then(|cache| cache.age(&parts.default_request)),
        }
    }

    /// How it is doing, by its own requests for tokens: for a readiness endpoint. No request is made to tell it, so it stays as it is
    /// until somebody asks for a token.
    ///
    /// What one request wants for itself and is refused, such as a customer's system user, says nothing of the client. Settings that
    /// changed and cannot be used are told here until better ones are there, while those before them serve on.
    #[must_use]
    pub fn health(&self) -> Health {
        let parts = self.parts();
        let problem = self.0.now.load().problem.clone();
        self.0
            .counters
            .activity
            .health(parts.caches().any(Cached::serves), problem.as_deref())
    }

    async fn get(&self, kind: Kind, request: &TokenRequest) -> Result<Arc<Token>, Error> {
        if let Ok(cache) = self.0.now().parts.cache(kind)
            && let Some(token) = cache.held(request)
        {
            return Ok(token);
        }
        let parts = self.parts();
        let got = parts.token(kind, request).await;
        match self.newer(&parts, &got) {
            Some(newer) => newer.token(kind, request).await,
            None => got,
        }
    }

    /// What serves now.
    pub(crate) fn parts(&self) -> Arc<Parts> {
        self.0.parts()
    }

    /// What serves now in place of these parts, if what they were told may be due to their age: a key that is gone was good when they
    /// asked. What may pass by itself has been tried for as long as it may take.
    pub(crate) fn newer(&self, parts: &Arc<Parts>, got: &Result<Arc<Token>, Error>) -> Option<Arc<Parts>> {
        match got {
            Err(error) if !matches!(error.retry(), Retry::After(_)) => {
                Some(self.parts()).filter(|newer| !Arc::ptr_eq(newer, parts))
            }
            _ => None,
        }
    }

    /// For the requests that carry the tokens.
    pub(crate) fn http(&self) -> &ApiClient {
        &self.0.http
    }
}

impl Inner {
    fn of(parts: Parts, http: ApiClient, counters: Counters) -> Self {
        Self {
            lent: Lent::new(parts.default_request.clone()),
            now: ArcSwap::from_pointee(Generation::lasting(Arc::new(parts))),
            following: None,
            http,
            counters,
        }
    }

    /// Takes no lock where nothing changed, and allocates nothing.
    fn now(&self) -> arc_swap::Guard<Arc<Generation>> {
        let now = self.now.load();
        match &self.following {
            Some(following) if now.is_outdated() => {
                drop(now);
                following.catch_up(self);
                self.now.load()
            }
            _ => now,
        }
    }

    fn parts(&self) -> Arc<Parts> {
        Arc::clone(&self.now().parts)
    }
}

impl fmt::Debug for MaskinportenClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = &self.0.now.load().parts;
        f.debug_struct("MaskinportenClient")
            .field("tokens", &parts.tokens)
            .field("altinn", &parts.altinn)
            .field("behaviour", &parts.behaviour)
            .finish_non_exhaustive()
    }
}
