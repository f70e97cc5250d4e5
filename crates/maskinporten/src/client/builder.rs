//! Puts a client together: request → retry → cache, and around that the exchange in the same three.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::owner::KeyOwner;
use super::{Behaviour, MaskinportenClient, Parts};
use crate::altinn::{AltinnEnvironment, Exchange};
use crate::authority::{Authority, Environment};
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Stage};
use crate::key::{KeySource, Keys};
use crate::settings::MaskinportenSettings;
use crate::token::cache::{CacheLimits, Cached};
use crate::token::http::HttpTokens;
use crate::token::retry::{Patience, Retrying};
use crate::token::shared::SharedStore;
use crate::token::store::{Guarded, TokenStore};
use crate::transport::{Additions, ApiClient, Clients, Variables, roots};

/// No request is made and answered in less.
const SHORTEST_DEADLINE: Duration = Duration::from_secs(1);
/// Nobody waits longer; and what is added to it has to stay a time.
const LONGEST_DEADLINE: Duration = Duration::from_secs(3_600);

/// What the settings do not say: see [`MaskinportenClient::builder`].
///
/// ```
/// use std::time::Duration;
///
/// use maskinporten::{MaskinportenClient, MaskinportenSettings};
///
/// # fn build(settings: MaskinportenSettings) -> Result<(), Box<dyn std::error::Error>> {
/// let root = maskinporten::reqwest::Certificate::from_pem(&std::fs::read("/etc/ssl/our-proxy.pem")?)?;
/// let maskinporten = MaskinportenClient::builder(settings)
///     .configure_http(move |http| http.add_root_certificate(root.clone()).connect_timeout(Duration::from_secs(2)))
///     .deadline(Duration::from_secs(10))
///     .build()?; // settings and key are good; nothing was sent
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct MaskinportenClientBuilder {
    settings: MaskinportenSettings,
    http: Option<reqwest::Client>,
    token_http: Option<reqwest::Client>,
    additions: Additions,
    /// PEM, each to be read.
    roots: Vec<Vec<u8>>,
    key_source: Option<Arc<dyn KeySource>>,
    store: Option<Arc<Guarded>>,
    altinn: Option<AltinnEnvironment>,
    clock: Clock,
    deadline: Duration,
    most_tokens: usize,
    plain_loopback: bool,
}

impl MaskinportenClient {
    /// A client with the settings of a section, such as `"MaskinportenSettings"`.
    ///
    /// # Errors
    ///
    /// As of [`MaskinportenSettings::from_config`] and [`MaskinportenClientBuilder::build`].
    pub fn from_config(config: &config::Config, section: &str) -> Result<Self, Error> {
        Self::from_settings(MaskinportenSettings::from_config(config, section)?)
    }

    /// A client with these settings.
    ///
    /// # Errors
    ///
    /// As of [`MaskinportenClientBuilder::build`].
    pub fn from_settings(settings: MaskinportenSettings) -> Result<Self, Error> {
        Self::builder(settings).build()
    }

    /// A client with these settings, and more that settings do not say: the HTTP client, a source for the key, a store for tokens.
    pub fn builder(settings: MaskinportenSettings) -> MaskinportenClientBuilder {
        MaskinportenClientBuilder::new(settings)
    }
}

impl MaskinportenClientBuilder {
    fn new(settings: MaskinportenSettings) -> Self {
        Self {
            settings,
            http: None,
            token_http: None,
            additions: Additions::default(),
            roots: Vec::new(),
            key_source: None,
            store: None,
            altinn: None,
            clock: Clock::default(),
            deadline: Patience::default().deadline,
            most_tokens: CacheLimits::default().most_tokens,
            plain_loopback: false,
        }
    }

    /// The HTTP client of the requests that carry the tokens. Metadata, tokens and the exchange have one of their own: see
    /// [`configure_http`](Self::configure_http) and [`token_http_client`](Self::token_http_client).
    pub fn http_client(mut self, http: reqwest::Client) -> Self {
        self.http = Some(http);
        self
    }

    /// The HTTP client of metadata, tokens and the exchange. It has to follow no redirects
    /// ([`Policy::none`](reqwest::redirect::Policy::none)): an assertion would go there, and a reply from elsewhere is an error. It
    /// should not retry by itself either ([`retry::never`](reqwest::retry::never)): the same assertion twice is refused (MP-012).
    ///
    /// Its connections are those of the runtime that used it first. While that one is there, a request of another is an error
    /// ([`ErrorKind::Settings`]) at once.
    ///
    /// For a root certificate or a proxy [`configure_http`](Self::configure_http) is enough, and sees to all three.
    pub fn token_http_client(mut self, http: reqwest::Client) -> Self {
        self.token_http = Some(http);
        self
    }

    /// Adds to the HTTP clients that are made here, such as a root certificate or a proxy: the one for tokens, which follows no
    /// redirects and retries nothing by itself, whatever is said here, and the one for the requests that carry them. One that is
    /// handed in is left as it is.
    ///
    /// It is called for each client that is made, of which each runtime has its own, and for this machine and its links one that uses no
    /// proxy, whatever is said here.
    pub fn configure_http(
        mut self,
        configure: impl Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync + 'static,
    ) -> Self {
        self.additions.configure = Some(Arc::new(configure));
        self
    }

    /// Trusts these certificates beside the system's: those of an emulator's CA or of a company's proxy, one or more in PEM, with
    /// whatever stands around them. For the HTTP clients that are made here; one that is handed in is left as it is. May be given more
    /// than once. What holds no certificate is an error of [`build`](Self::build).
    pub fn ca_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots.push(pem.into());
        self
    }

    /// Where the signing key comes from, in place of the settings.
    pub fn key_source(mut self, source: impl KeySource + 'static) -> Self {
        self.key_source = Some(Arc::new(source));
        self
    }

    /// Where tokens are shared with other processes. By default they stay in memory.
    pub fn token_store(mut self, store: impl TokenStore + 'static) -> Self {
        self.store = Some(Arc::new(Guarded::new(Arc::new(store))));
        self
    }

    /// The Altinn environment that exchanges the tokens, in place of `TokenExchangeEnvironment`.
    pub fn altinn(mut self, environment: AltinnEnvironment) -> Self {
        self.altinn = Some(environment);
        self
    }

    /// The wall clock for `iat` and `exp`, for tests.
    pub fn clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Clock::new(now);
        self
    }

    /// How long a token may take, with the key, the metadata, the shared store, and every retry and pause; an Altinn token may take
    /// a second more. With the time it waits for its turn, too, as 32 requests are sent at a time. 20 seconds by default; a second at least and an hour at most, whatever is given.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline.clamp(SHORTEST_DEADLINE, LONGEST_DEADLINE);
        self
    }

    /// How many tokens of each kind are kept, and never more: who ends next makes room, and its next caller asks anew. 1,000 by
    /// default; a system user for each customer is a token each.
    pub fn most_tokens(mut self, most: usize) -> Self {
        self.most_tokens = most;
        self
    }

    /// Lets tokens go over plain HTTP to this machine, for servers of tests.
    pub fn plain_http_to_loopback(mut self, allowed: bool) -> Self {
        self.plain_loopback = allowed;
        self
    }

    /// Checks the settings and the key, and makes the client. Sends nothing and starts no task.
    ///
    /// # Errors
    ///
    /// The key cannot be used; an address is neither https nor http of this machine; `ExchangeToAltinnToken` is set where no Altinn environment is known; or no HTTP client can be made.
    pub fn build(self) -> Result<MaskinportenClient, Error> {
        let settings = &self.settings;
        settings.check()?;
        let keys = settings.keys(self.key_source.clone())?;
        let altinn = self.altinn_environment()?;
        if let Some(altinn) = &altinn {
            altinn.check()?;
        }
        let additions = self.additions()?;
        let tokens_http = self.token_clients(additions.clone())?;
        let api_http = self.api_client(additions)?;
        let environment = settings.environment.clone();
        let authority = Authority::new(environment, tokens_http.clone(), self.clock.clone());

        let mut http = HttpTokens::new(
            tokens_http.clone(),
            authority.clone(),
            keys.clone(),
            settings.client_id.clone(),
            self.clock.clone(),
        );
        http.scope_setting = settings.section.as_ref().map(|section| format!("{section}.Scope"));
        http.debug = settings.debug_logging;
        // One try that hangs leaves time for another; Maskinporten has been seen to take 15 s.
        http.limit = http.limit.min(self.deadline * 4 / 5);
        let token_requests = http.requests.clone();
        let patience = Patience {
            deadline: self.deadline,
            ..Patience::default()
        };
        let retrying = Retrying::new(http, Stage::Token, patience);
        let store = self.shared(&authority, &keys, String::new());
        let tokens = Cached::new(Arc::new(retrying), Stage::Token, self.limits(patience), store);

        let mut parts = Parts {
            tokens: tokens.clone(),
            altinn: None,
            token_requests,
            exchange_requests: Arc::default(),
            default_request: settings.token_request(),
            behaviour: Behaviour {
                exchange: settings.exchange,
                overwrite: settings.overwrite_authorization_header,
                plain_loopback: self.plain_loopback,
            },
            http: api_http,
        };
        if let Some(altinn) = altinn {
            let endpoint = altinn.endpoint(settings.use_altinn_test_org);
            let exchange = Exchange::new(tokens, tokens_http, endpoint.clone(), self.clock.clone());
            parts.exchange_requests = exchange.requests();
            let patience = Patience {
                // A token request inside it that fails tells why itself.
                deadline: patience.deadline + Duration::from_secs(1),
                ..patience
            };
            let retrying = Retrying::new(exchange, Stage::Exchange, patience).at(endpoint.clone());
            let store = self.shared(&authority, &keys, endpoint);
            parts.altinn = Some(Cached::new(
                Arc::new(retrying),
                Stage::Exchange,
                self.limits(patience),
                store,
            ));
        }
        Ok(MaskinportenClient::assemble(parts))
    }

    fn limits(&self, patience: Patience) -> CacheLimits {
        CacheLimits {
            most_tokens: self.most_tokens,
            deadline: patience.deadline,
            patience: patience.deadline + Duration::from_secs(5),
        }
    }

    fn shared(&self, authority: &Authority, keys: &Keys, exchange: String) -> Option<SharedStore> {
        let client_id = self.settings.client_id.clone();
        let owner = KeyOwner::new(authority.clone(), keys.clone(), client_id, exchange);
        Some(SharedStore::new(
            self.store.clone()?,
            Arc::new(owner),
            self.clock.clone(),
        ))
    }

    fn altinn_environment(&self) -> Result<Option<AltinnEnvironment>, Error> {
        let settings = &self.settings;
        let found = match (&self.altinn, &settings.exchange_environment, &settings.environment) {
            (Some(altinn), ..) => Some(altinn.clone()),
            (None, Some(name), _) => Some(name.parse()?),
            (None, None, Environment::Prod) => Some(AltinnEnvironment::Prod),
            (None, None, Environment::Test) => Some(AltinnEnvironment::Tt02),
            (None, None, _) => None,
        };
        if found.is_none() && settings.exchange {
            let cause = "ExchangeToAltinnToken is set, but no Altinn environment goes with this authority";
            return Err(
                Error::new(ErrorKind::Settings, Stage::Settings, cause).with_remedy("set TokenExchangeEnvironment")
            );
        }
        Ok(found)
    }

    fn additions(&self) -> Result<Additions, Error> {
        let mut additions = self.additions.clone();
        for pem in &self.roots {
            additions.roots.extend(roots::read(pem)?);
        }
        Ok(additions)
    }

    fn token_clients(&self, additions: Additions) -> Result<Clients, Error> {
        let variables = Variables::default();
        match &self.token_http {
            Some(http) => Ok(Clients::given(http.clone(), variables)),
            None => Clients::made(additions, variables, &self.settings.environment.address()),
        }
    }

    /// For what carries the tokens.
    fn api_client(&self, additions: Additions) -> Result<ApiClient, Error> {
        if let Some(http) = &self.http {
            return Ok(ApiClient::given(http.clone()));
        }
        ApiClient::made(additions)
    }
}

impl fmt::Debug for MaskinportenClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MaskinportenClientBuilder")
            .field("settings", &self.settings)
            .field("key_source", &self.key_source)
            .field("store", &self.store)
            .field("altinn", &self.altinn)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
