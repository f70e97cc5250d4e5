//! How an emulator is set up before it starts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use emulator_kit::{EmulatorError, FaultBook, Journal, Protocols, ServerBuilder, launch};
use uuid::Uuid;

use crate::emulator::KeyVaultEmulator;
use crate::entra::{KnownTokens, signing_key};
use crate::permissions::Permissions;
use crate::state::{Client, DEFAULT_VAULT, Shared};
use crate::vault::Throttle;

const TENANT: &str = "026e4ce5-f642-4a27-819e-5b83ebcfc4d4";
const CLIENT: &str = "244bf600-b408-4660-82a7-b109ebf9e2a8";

/// Sets an emulator up. Made by [`KeyVaultEmulator::builder`].
///
/// ```
/// use std::time::Duration;
///
/// use keyvault_emulator::{KeyVaultEmulator, Permissions, SecretPermission, Throttle};
///
/// // A vault 20 ms away, whose client may get and not list, and which is soon tired.
/// let emulator = KeyVaultEmulator::builder()
///     .round_trip(Duration::from_millis(20))
///     .permissions(Permissions::only([SecretPermission::Get]))
///     .throttle(Throttle { limit: 100, ..Throttle::default() })
///     .start_blocking()?;
/// assert!(emulator.default_vault().names().is_empty());
/// # Ok::<(), keyvault_emulator::EmulatorError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Builder {
    server: ServerBuilder,
    tenant: String,
    clients: Vec<Client>,
    page_size: usize,
    token_lifetime: Duration,
    throttle: Throttle,
    permissions: Permissions,
    client_permissions: BTreeMap<String, Permissions>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            server: ServerBuilder::new("keyvault-emulator")
                .host("*.vault.azure.test")
                .host("vault.azure.test")
                .plain_port(0),
            tenant: TENANT.to_owned(),
            clients: Vec::new(),
            page_size: 25,
            // What Entra ID gives a client by default, more or less.
            token_lifetime: Duration::from_secs(3_599),
            throttle: Throttle::default(),
            permissions: Permissions::default(),
            client_permissions: BTreeMap::new(),
        }
    }
}

impl Builder {
    /// The port to listen on; 0, the default, takes a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.server = self.server.port(port);
        self
    }

    /// The port of the managed identity endpoint; 0, the default, takes a free one.
    pub fn identity_port(mut self, port: u16) -> Self {
        self.server = self.server.plain_port(port);
        self
    }

    /// The tenant's id. By default always the same one.
    pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = tenant.into();
        self
    }

    /// An application that may sign in. The first one is what [`KeyVaultEmulator::client_id`] names;
    /// without any there is one with a fixed id and a secret made at random.
    pub fn client(mut self, id: impl Into<String>, secret: impl Into<String>) -> Self {
        self.clients.push(Client {
            id: id.into(),
            secret: secret.into(),
        });
        self
    }

    /// How many items a page has at most: 1 to 25, the service's own number and the default.
    pub fn page_size(mut self, page_size: usize) -> Self {
        self.page_size = page_size.clamp(1, 25);
        self
    }

    /// How long access tokens live, in whole seconds. By default 3,599 s.
    ///
    /// Tokens that live for more than five minutes are accepted for five minutes more, as the service does.
    pub fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.token_lifetime = lifetime;
        self
    }

    /// Which versions of HTTP are offered. By default both.
    pub fn protocols(mut self, protocols: Protocols) -> Self {
        self.server = self.server.protocols(protocols);
        self
    }

    /// How far away the vault and the token endpoint are. By default not at all.
    ///
    /// A TCP handshake costs one round trip, and every byte travels half of one each way.
    pub fn round_trip(mut self, round_trip: Duration) -> Self {
        self.server = self.server.round_trip(round_trip);
        self
    }

    /// The limit on transactions, for each vault. By default the service's own.
    pub fn throttle(mut self, throttle: Throttle) -> Self {
        self.throttle = throttle;
        self
    }

    /// What callers may do in each vault at first. By default everything.
    pub fn permissions(mut self, permissions: Permissions) -> Self {
        self.permissions = permissions;
        self
    }

    /// What one client may do in each vault at first, whatever the others may.
    pub fn client_permissions(mut self, client_id: impl Into<String>, permissions: Permissions) -> Self {
        self.client_permissions.insert(client_id.into(), permissions);
        self
    }

    /// Starts the emulator on its own thread, without blocking the runtime of the caller.
    ///
    /// # Errors
    ///
    /// When a port is taken, or a certificate or the thread cannot be made.
    pub async fn start(self) -> Result<KeyVaultEmulator, EmulatorError> {
        launch(|| self.start_blocking()).await
    }

    /// Starts the emulator on its own thread and waits: for callers without a runtime.
    ///
    /// # Errors
    ///
    /// As [`Builder::start`].
    pub fn start_blocking(mut self) -> Result<KeyVaultEmulator, EmulatorError> {
        // Before there is anybody to wait for it.
        signing_key();
        if self.clients.is_empty() {
            self.clients.push(Client {
                id: CLIENT.to_owned(),
                secret: Uuid::new_v4().simple().to_string(),
            });
        }
        let (server, shared) = self.server.start(|ports| {
            Arc::new(Shared {
                port: ports.tls,
                identity_port: ports.plain.unwrap_or_default(),
                identity_header: Uuid::new_v4().to_string(),
                tenant: self.tenant,
                clients: self.clients,
                page_size: self.page_size,
                token_lifetime: self.token_lifetime,
                throttle: self.throttle,
                permissions: self.permissions,
                client_permissions: self.client_permissions,
                journal: Journal::default(),
                faults: FaultBook::default(),
                tokens: KnownTokens::default(),
                vaults: Mutex::default(),
            })
        })?;
        shared.vault(DEFAULT_VAULT);
        Ok(KeyVaultEmulator::new(server, shared))
    }
}

/// The ways to start one.
impl KeyVaultEmulator {
    /// Starts an emulator with the default settings on free ports.
    ///
    /// # Errors
    ///
    /// As [`Builder::start`].
    pub async fn start() -> Result<Self, EmulatorError> {
        Self::builder().start().await
    }

    /// Starts an emulator with the default settings on free ports, for callers without a runtime.
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
