//! What a client is set up with.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use config::Config;
use tokio::sync::watch::Receiver;

use super::following::Origin;
use super::recipe::Recipe;
use super::{Counters, MaskinportenClient};
use crate::altinn::AltinnEnvironment;
use crate::clock::Clock;
use crate::error::Error;
use crate::health::Activity;
use crate::key::KeySource;
use crate::settings::MaskinportenSettings;
use crate::token::limits::CacheLimits;
use crate::token::retry::Patience;
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
    origin: Origin,
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
    pub fn from_config(config: &Config, section: &str) -> Result<Self, Error> {
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

    /// A client whose settings are those of a section, such as `"MaskinportenSettings"`, of a configuration that may change: key and
    /// settings are exchanged together, without a restart and without a request that fails for it. Whoever has such a configuration
    /// has the receiver; `config-azure-keyvault`'s watch hands one out.
    ///
    /// See [the crate's page](crate#rotation). For more than settings say there is [`MaskinportenClientBuilder::watching`].
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use config::Config;
    /// use maskinporten::MaskinportenClient;
    /// use tokio::sync::watch;
    ///
    /// # let emulator = maskinporten_emulator::MaskinportenEmulator::start_blocking()?;
    /// # let mut config = Config::builder()
    /// #     .set_override("MaskinportenSettings.Environment", emulator.issuer())?
    /// #     .set_override("MaskinportenSettings.ClientId", emulator.client().client_id())?
    /// #     .set_override("MaskinportenSettings.EncodedJwk", emulator.client().encoded_jwk())?
    /// #     .build()?;
    /// # let newer = Config::builder()
    /// #     .add_source(config.clone())
    /// #     .set_override("MaskinportenSettings.Scope", "altinn:serviceowner/instances.read")?
    /// #     .build()?;
    /// let (sender, receiver) = watch::channel(Arc::new(config)); // what a watch does for itself
    /// let client = MaskinportenClient::watching(receiver, "MaskinportenSettings")?;
    /// let http = client.http_client();
    ///
    /// sender.send_replace(Arc::new(newer)); // another key, another scope
    /// let request = client.default_request(); // whoever asks from now on has them
    /// # assert_eq!(*request, maskinporten::TokenRequest::new(["altinn:serviceowner/instances.read"]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As of [`from_config`](Self::from_config), for what the configuration says now. Later such an error changes nothing: see
    /// [`health`](Self::health).
    pub fn watching(receiver: Receiver<Arc<Config>>, section: &str) -> Result<Self, Error> {
        MaskinportenClientBuilder::watching(receiver, section).build()
    }

    /// A client with these settings, and more that settings do not say: the HTTP client, a source for the key, a store for tokens.
    pub fn builder(settings: MaskinportenSettings) -> MaskinportenClientBuilder {
        MaskinportenClientBuilder::new(Origin::Settings(Box::new(settings)))
    }
}

impl MaskinportenClientBuilder {
    /// As [`MaskinportenClient::watching`], for a client that needs more than settings say: a CA, a store for tokens, a source for the
    /// key. With such a source the section need hold no key. The section is read by [`build`](Self::build).
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::time::Duration;
    ///
    /// use maskinporten::{Error, MaskinportenClient, MaskinportenClientBuilder};
    /// use tokio::sync::watch::Receiver;
    ///
    /// fn client(receiver: Receiver<Arc<config::Config>>, ca: &str) -> Result<MaskinportenClient, Error> {
    ///     MaskinportenClientBuilder::watching(receiver, "MaskinportenSettings")
    ///         .ca_pem(ca)
    ///         .deadline(Duration::from_secs(10))
    ///         .build()
    /// }
    /// ```
    pub fn watching(receiver: Receiver<Arc<Config>>, section: impl Into<String>) -> Self {
        Self::new(Origin::Section {
            receiver,
            section: section.into(),
        })
    }

    fn new(origin: Origin) -> Self {
        process_tls::prepare();
        Self {
            origin,
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
    /// ([`ErrorKind::Settings`](crate::ErrorKind::Settings)) at once.
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
    pub fn build(mut self) -> Result<MaskinportenClient, Error> {
        let settings = self.origin.settings(self.key_source.is_none())?;
        let additions = self.additions()?;
        let recipe = Recipe {
            tokens_http: self.token_clients(additions.clone(), &settings)?,
            api_http: self.api_client(additions)?,
            key_source: self.key_source,
            store: self.store,
            altinn: self.altinn,
            deadline: self.deadline,
            most_tokens: self.most_tokens,
            plain_loopback: self.plain_loopback,
            counters: Counters {
                activity: Arc::new(Activity::new(self.clock.clone())),
                ..Counters::default()
            },
            clock: self.clock,
        };
        MaskinportenClient::made(recipe, settings, self.origin)
    }

    fn additions(&self) -> Result<Additions, Error> {
        let mut additions = self.additions.clone();
        for pem in &self.roots {
            additions.roots.extend(roots::read(pem)?);
        }
        Ok(additions)
    }

    fn token_clients(&self, additions: Additions, settings: &MaskinportenSettings) -> Result<Clients, Error> {
        let variables = Variables::default();
        match &self.token_http {
            Some(http) => Ok(Clients::given(http.clone(), variables)),
            None => Clients::made(additions, variables, &settings.issuing.address()),
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
            .field("origin", &self.origin)
            .field("key_source", &self.key_source)
            .field("store", &self.store)
            .field("altinn", &self.altinn)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
