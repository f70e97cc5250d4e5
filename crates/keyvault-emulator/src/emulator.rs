//! The running emulator.

use std::sync::{Arc, Mutex};
use std::{fmt, io};

use emulator_kit::{RandomFaults, Server, client_builder, is_local, resolver_to};

use crate::entra::{federated_token, mint};
use crate::fault::{self, Fault};
use crate::identity;
use crate::lock::lock;
use crate::on_disk::OnDisk;
use crate::record::{Counts, RecordedRequest};
use crate::state::{Client, DEFAULT_VAULT, Shared, VAULT_SUFFIX};
use crate::vault::Vault;

/// A running emulator: vaults, a token endpoint and a managed identity endpoint. It stops when it is dropped.
///
/// ```
/// use keyvault_emulator::KeyVaultEmulator;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let emulator = KeyVaultEmulator::start().await?;
/// emulator.vault("my-app").set("Database--Password", "s3cret");
///
/// // What a client of your own does: a token, and a get with it.
/// let url = format!("{}/secrets/Database--Password?api-version=7.5", emulator.vault_url("my-app"));
/// let token = emulator.access_token("https://vault.azure.test"); // as the challenge of that host says
/// let reply = emulator.http_client().get(url).bearer_auth(token).send().await?;
/// assert!(reply.text().await?.contains(r#""value":"s3cret""#));
/// # Ok(())
/// # }
/// ```
pub struct KeyVaultEmulator {
    shared: Arc<Shared>,
    server: Server,
    on_disk: Mutex<Option<Arc<OnDisk>>>,
}

impl fmt::Debug for KeyVaultEmulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyVaultEmulator")
            .field("url", &self.url())
            .field("tenant", &self.tenant())
            .finish_non_exhaustive()
    }
}

impl KeyVaultEmulator {
    pub(crate) fn new(server: Server, shared: Arc<Shared>) -> Self {
        Self {
            shared,
            server,
            on_disk: Mutex::default(),
        }
    }

    /// What clients read from files, written when it is first asked for.
    pub(crate) fn on_disk(&self) -> io::Result<Arc<OnDisk>> {
        let mut on_disk = lock(&self.on_disk);
        if let Some(known) = &*on_disk {
            return Ok(Arc::clone(known));
        }
        let new = Arc::new(OnDisk::new(self.ca_pem())?);
        *on_disk = Some(Arc::clone(&new));
        Ok(new)
    }

    /// The default vault: `https://localhost:{port}`, which every client on this machine finds.
    #[must_use]
    pub fn url(&self) -> String {
        self.shared.authority()
    }

    /// The vault of that name, made if it is new: `https://{name}.vault.azure.test:{port}`.
    ///
    /// Only [`KeyVaultEmulator::http_client`] and [`KeyVaultEmulator::dns_resolver`] find that host. Its challenge
    /// names `https://vault.azure.test`, so a client's check of the challenge passes. They find it without the port as well, as
    /// they do with Azure's vaults: `https://{name}.vault.azure.test`, and `:443` behind it.
    #[must_use]
    pub fn vault_url(&self, name: &str) -> String {
        self.shared.vault(name);
        format!(
            "https://{}{VAULT_SUFFIX}:{}",
            name.to_ascii_lowercase(),
            self.shared.port
        )
    }

    /// The vault behind [`KeyVaultEmulator::url`], to seed and to inspect. Its name is `default`.
    #[must_use]
    pub fn default_vault(&self) -> Vault {
        self.vault(DEFAULT_VAULT)
    }

    /// The vault of that name, made if it is new, to seed and to inspect.
    #[must_use]
    pub fn vault(&self, name: &str) -> Vault {
        Vault {
            cell: self.shared.vault(name),
        }
    }

    /// The token endpoint's host, as clients want it: `https://localhost:{port}`, without the tenant.
    #[must_use]
    pub fn authority(&self) -> String {
        self.shared.authority()
    }

    /// The tenant's id.
    #[must_use]
    pub fn tenant(&self) -> &str {
        &self.shared.tenant
    }

    fn client(&self) -> &Client {
        // The builder sees to it that there is one.
        &self.shared.clients[0]
    }

    /// The application that may sign in, which is also the managed identity.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client().id
    }

    /// That application's secret.
    #[must_use]
    pub fn client_secret(&self) -> &str {
        &self.client().secret
    }

    /// What `IDENTITY_ENDPOINT` is to be: the App Service form of managed identity, plain HTTP.
    #[must_use]
    pub fn identity_endpoint(&self) -> String {
        format!("{}{}", self.imds_authority(), identity::APP_SERVICE_PATH)
    }

    /// What `IDENTITY_HEADER` is to be.
    #[must_use]
    pub fn identity_header(&self) -> &str {
        &self.shared.identity_header
    }

    /// Where the IMDS form of managed identity is, in place of `http://169.254.169.254`.
    #[must_use]
    pub fn imds_authority(&self) -> String {
        format!("http://127.0.0.1:{}", self.shared.identity_port)
    }

    /// The certificate to trust, as PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        self.server.ca_pem()
    }

    /// The certificate to trust, as DER.
    #[must_use]
    pub fn ca_der(&self) -> &[u8] {
        self.server.ca_der()
    }

    /// A client that trusts this emulator only, finds its vaults and no other host, follows no redirect and uses no
    /// proxy.
    ///
    /// # Panics
    ///
    /// If the client cannot be built, which these settings give no reason for.
    #[must_use]
    pub fn http_client(&self) -> reqwest::Client {
        self.http_client_builder()
            .build()
            .expect("a client with a root of its own can be built")
    }

    /// The same settings as [`KeyVaultEmulator::http_client`], to add to.
    ///
    /// # Panics
    ///
    /// If the emulator's own certificate is not accepted, which there is no reason for.
    pub fn http_client_builder(&self) -> reqwest::ClientBuilder {
        client_builder([self.ca_der()], self.dns_resolver()).expect("the emulator's own certificate is accepted")
    }

    /// What finds the vaults' hosts, for a client of your own making.
    #[must_use]
    pub fn dns_resolver(&self) -> Arc<dyn reqwest::dns::Resolve> {
        let shared = Arc::clone(&self.shared);
        resolver_to(move |host| match host.strip_suffix(VAULT_SUFFIX) {
            Some(vault) => shared.known_vault(vault).map(|_| shared.port),
            None => is_local(host).then_some(0),
        })
    }

    /// A fresh token that the token endpoint accepts as a client assertion: what workload identity reads from its file.
    #[must_use]
    pub fn federated_token(&self) -> String {
        federated_token(&self.shared)
    }

    /// A fresh access token of [`KeyVaultEmulator::client_id`] for this resource, without a request.
    #[must_use]
    pub fn access_token(&self, resource: &str) -> String {
        mint(&self.shared, self.client_id(), resource, false).0
    }

    /// Every request so far, in the order of arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.journal.requests()
    }

    /// Forgets every request so far and counts connections from 0 again.
    pub fn clear_requests(&self) {
        self.shared.journal.clear();
    }

    /// How often the emulator was asked what, since the start or [`KeyVaultEmulator::clear_requests`].
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts::of(&self.shared.journal)
    }

    /// Puts a fault in force, behind those already there.
    pub fn inject(&self, fault: Fault) {
        self.shared.faults.inject(fault.into());
    }

    /// Hits this share (0 to 1) of the authenticated requests to vaults with a random 429, 500, 503, reset or delay.
    ///
    /// The seed decides which ones, in the order of arrival. Injected faults come first.
    pub fn random_faults(&self, rate: f64, seed: u64) {
        let random = RandomFaults::new(rate, seed, fault::random);
        self.shared.faults.set_random(random);
    }

    /// Takes every fault back, the random ones too.
    pub fn clear_faults(&self) {
        self.shared.faults.clear();
    }
}
