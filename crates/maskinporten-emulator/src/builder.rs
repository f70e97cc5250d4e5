//! How an emulator is set up before it starts.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use emulator_kit::{EmulatorError, FaultBook, Journal, Protocols, ServerBuilder, SigningKey, launch};

use crate::client::{ClientSpec, DEFAULT_ORG, Registry};
use crate::emulator::MaskinportenEmulator;
use crate::key::ClientKey;
use crate::state::{Clock, Shared, Tokens};

/// The default client's id.
const CLIENT: &str = "1b719f92-93e7-4180-ae5e-5834c53be0f9";
const SCOPES: [&str; 3] = [
    "altinn:serviceowner",
    "altinn:serviceowner/instances.read",
    "altinn:serviceowner/instances.write",
];

/// Sets an emulator up. Made by [`MaskinportenEmulator::builder`].
///
/// ```
/// use std::time::Duration;
///
/// use maskinporten_emulator::{ClientSpec, MaskinportenEmulator};
///
/// let emulator = MaskinportenEmulator::builder()
///     .token_lifetime(Duration::from_secs(10)) // short, so that a test sees a renewal
///     .audience("https://test.maskinporten.no/") // what an app's own settings say
///     .client(ClientSpec::new("my-client").scopes(["my:scope"]))
///     .start_blocking()?;
/// assert!(emulator.find_client("my-client").is_some());
/// # Ok::<(), maskinporten_emulator::EmulatorError>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct Builder {
    server: ServerBuilder,
    token_lifetime: Duration,
    altinn_token_lifetime: Duration,
    max_assertion_lifetime: Duration,
    audiences: Vec<String>,
    clients: Vec<ClientSpec>,
    propagation: Duration,
    clock: Option<Clock>,
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            server: ServerBuilder::new("maskinporten-emulator"),
            token_lifetime: Duration::from_secs(120),
            altinn_token_lifetime: Duration::from_secs(30 * 60),
            max_assertion_lifetime: Duration::from_secs(120),
            audiences: Vec::new(),
            clients: Vec::new(),
            propagation: Duration::ZERO,
            clock: None,
        }
    }
}

impl Builder {
    /// The port to listen on; 0, the default, takes a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.server = self.server.port(port);
        self
    }

    /// Which versions of HTTP are offered. By default both.
    pub fn protocols(mut self, protocols: Protocols) -> Self {
        self.server = self.server.protocols(protocols);
        self
    }

    /// How far away it is. By default not at all.
    ///
    /// A TCP handshake costs one round trip, and every byte travels half of one each way.
    pub fn round_trip(mut self, round_trip: Duration) -> Self {
        self.server = self.server.round_trip(round_trip);
        self
    }

    /// How long Maskinporten's tokens live, in whole seconds. By default 120 s, as `access_token_lifetime` is.
    pub fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.token_lifetime = lifetime;
        self
    }

    /// How long Altinn's tokens live, in whole seconds. By default 30 minutes, as Altinn's do.
    pub fn altinn_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.altinn_token_lifetime = lifetime;
        self
    }

    /// How far apart `iat` and `exp` of an assertion may be. By default 120 s, as documented; the service itself is
    /// said to allow 180 s.
    pub fn max_assertion_lifetime(mut self, lifetime: Duration) -> Self {
        self.max_assertion_lifetime = lifetime;
        self
    }

    /// An `aud` to accept besides the emulator's own: for assertions that were made for the real service.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// A client that is registered from the start. The first one is what [`MaskinportenEmulator::client`] gives;
    /// without any there is one with a fixed id, Altinn's scopes for service owners, and a key made at random.
    pub fn client(mut self, client: ClientSpec) -> Self {
        self.clients.push(client);
        self
    }

    /// How long a set of keys that is posted to the self-service API takes to reach the token endpoint, in whole seconds. By default it is
    /// there at once; the service takes up to two minutes, as documented, and has been seen to take up to fifteen.
    pub fn propagation(mut self, propagation: Duration) -> Self {
        self.propagation = propagation;
        self
    }

    /// What time it is, in unix seconds: for assertions and tokens of another time. By default the system's.
    pub fn clock(mut self, clock: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Starts the emulator on its own thread, without blocking the runtime of the caller.
    ///
    /// # Errors
    ///
    /// When the port is taken, or a certificate or the thread cannot be made.
    pub async fn start(self) -> Result<MaskinportenEmulator, EmulatorError> {
        launch(|| self.start_blocking()).await
    }

    /// Starts the emulator on its own thread and waits: for callers without a runtime.
    ///
    /// # Errors
    ///
    /// As [`Builder::start`].
    pub fn start_blocking(mut self) -> Result<MaskinportenEmulator, EmulatorError> {
        if self.clients.is_empty() {
            self.clients.push(default_client());
        }
        let mut registry = Registry::default();
        registry.set_org_code(DEFAULT_ORG, "digdir");
        let default_client = self.clients[0].client_id.clone();
        for client in self.clients {
            registry.register(client);
        }
        let [own, altinn] = signing_keys();
        let (server, shared) = self.server.start(|ports| {
            Arc::new(Shared {
                port: ports.tls,
                default_client,
                audiences: self.audiences,
                max_assertion_lifetime: self.max_assertion_lifetime,
                clock: self.clock,
                propagation: Mutex::new(self.propagation),
                registry: Mutex::new(registry),
                tokens: Mutex::new(Tokens {
                    lifetime: self.token_lifetime,
                    altinn_lifetime: self.altinn_token_lifetime,
                    keys: vec![Arc::clone(own)],
                    altinn_key: Arc::clone(altinn),
                    used: HashSet::new(),
                    issued: HashSet::new(),
                }),
                journal: Journal::default(),
                faults: FaultBook::default(),
            })
        })?;
        Ok(MaskinportenEmulator::new(server, shared))
    }
}

/// The ways to start one.
impl MaskinportenEmulator {
    /// Starts an emulator with the default settings on a free port.
    ///
    /// # Errors
    ///
    /// As [`Builder::start`].
    pub async fn start() -> Result<Self, EmulatorError> {
        Self::builder().start().await
    }

    /// Starts an emulator with the default settings on a free port, for callers without a runtime.
    ///
    /// # Errors
    ///
    /// As [`Builder::start`].
    pub fn start_blocking() -> Result<Self, EmulatorError> {
        Self::builder().start_blocking()
    }

    /// An emulator with other settings.
    pub fn builder() -> Builder {
        Builder::default()
    }
}

fn default_client() -> ClientSpec {
    static KEY: OnceLock<ClientKey> = OnceLock::new();
    ClientSpec::new(CLIENT)
        .scopes(SCOPES)
        .key(KEY.get_or_init(ClientKey::generate).clone())
}

/// Made once a process: an RSA key takes a tenth of a second, and tests start an emulator each.
fn signing_keys() -> &'static [Arc<SigningKey>; 2] {
    static KEYS: OnceLock<[Arc<SigningKey>; 2]> = OnceLock::new();
    KEYS.get_or_init(|| [Arc::new(SigningKey::generate()), Arc::new(SigningKey::generate())])
}
