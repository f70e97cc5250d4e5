//! How an emulator is set up before it starts.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::emulator::KeyVaultEmulator;
use crate::entra::signing_key;
use crate::error::EmulatorError;
use crate::permissions::Permissions;
use crate::server::{Authority, Listeners, Server, hex, launch, new_uuid, random_bytes, uuid_from};
use crate::state::{Client, Protocols, Setup, Shared};
use crate::vault::Throttle;

/// What the certificate is for.
const HOSTS: [&str; 5] = [
    "localhost",
    "127.0.0.1",
    "::1",
    "*.vault.azure.test",
    "vault.azure.test",
];

/// Sets an emulator up. Made by [`KeyVaultEmulator::builder`].
#[derive(Clone, Debug)]
#[must_use]
pub struct Builder {
    port: u16,
    identity_port: u16,
    tenant: String,
    clients: Vec<Client>,
    page_size: usize,
    token_lifetime: Duration,
    protocols: Protocols,
    round_trip: Duration,
    throttle: Throttle,
    permissions: Permissions,
    client_permissions: BTreeMap<String, Permissions>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            port: 0,
            identity_port: 0,
            tenant: uuid_from("keyvault-emulator tenant"),
            clients: Vec::new(),
            page_size: 25,
            // What Entra ID gives a client by default, more or less.
            token_lifetime: Duration::from_secs(3_599),
            protocols: Protocols::default(),
            round_trip: Duration::ZERO,
            throttle: Throttle::default(),
            permissions: Permissions::default(),
            client_permissions: BTreeMap::new(),
        }
    }
}

impl Builder {
    /// The port to listen on; 0, the default, takes a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The port of the managed identity endpoint; 0, the default, takes a free one.
    pub fn identity_port(mut self, port: u16) -> Self {
        self.identity_port = port;
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
        self.protocols = protocols;
        self
    }

    /// How far away the vault and the token endpoint are. By default not at all.
    ///
    /// A TCP handshake costs one round trip, and every byte travels half of one each way.
    pub fn round_trip(mut self, round_trip: Duration) -> Self {
        self.round_trip = round_trip;
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
        launch("keyvault-emulator-start", move |dispatch| self.launch(dispatch)).await
    }

    /// Starts the emulator on its own thread and waits: for callers without a runtime.
    ///
    /// # Errors
    ///
    /// As [`Builder::start`].
    pub fn start_blocking(self) -> Result<KeyVaultEmulator, EmulatorError> {
        let dispatch = tracing::dispatcher::get_default(Clone::clone);
        self.launch(dispatch)
    }

    fn launch(mut self, dispatch: tracing::Dispatch) -> Result<KeyVaultEmulator, EmulatorError> {
        signing_key();
        let authority = Authority::new("keyvault-emulator", &HOSTS, self.protocols)?;
        let listeners = Listeners::open(self.port, Some(self.identity_port))?;
        if self.clients.is_empty() {
            self.clients.push(Client {
                id: uuid_from("keyvault-emulator client"),
                secret: hex(&random_bytes::<20>()),
            });
        }
        let shared = Shared::new(Setup {
            port: listeners.port,
            identity_port: listeners.plain_port.unwrap_or_default(),
            identity_header: new_uuid(),
            tenant: self.tenant,
            clients: self.clients,
            page_size: self.page_size,
            token_lifetime: self.token_lifetime,
            throttle: self.throttle,
            permissions: self.permissions,
            client_permissions: self.client_permissions,
        });
        let tls = std::sync::Arc::clone(&authority.server);
        let server = Server::spawn(
            "keyvault-emulator",
            listeners,
            shared.clone(),
            tls,
            self.round_trip,
            dispatch,
        )?;
        Ok(KeyVaultEmulator::new(shared, authority, server))
    }
}
