//! What every part of a running emulator shares.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use emulator_kit::{FaultBook, Host, Journal};

use crate::entra::KnownTokens;
use crate::lock::lock;
use crate::permissions::Permissions;
use crate::record::{RecordedRequest, RequestKind};
use crate::vault::{Throttle, VaultCell};

/// Hosts of named vaults end in this; no resolver on earth knows it.
pub(crate) const VAULT_SUFFIX: &str = ".vault.azure.test";
/// The vault that `https://localhost:{port}` serves.
pub(crate) const DEFAULT_VAULT: &str = "default";

/// An application that may sign in.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("id", &self.id).finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) port: u16,
    pub(crate) identity_port: u16,
    pub(crate) identity_header: String,
    pub(crate) tenant: String,
    /// The first one is the emulator's own.
    pub(crate) clients: Vec<Client>,
    pub(crate) page_size: usize,
    pub(crate) token_lifetime: Duration,
    pub(crate) throttle: Throttle,
    pub(crate) permissions: Permissions,
    pub(crate) client_permissions: BTreeMap<String, Permissions>,
    pub(crate) journal: Journal<RecordedRequest>,
    pub(crate) faults: FaultBook<RequestKind>,
    pub(crate) tokens: KnownTokens,
    /// By lower-cased name.
    pub(crate) vaults: Mutex<BTreeMap<String, Arc<VaultCell>>>,
}

impl Shared {
    pub(crate) fn authority(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// As version 1 tokens name it; the tenant is what tells one emulator's tokens from another's.
    pub(crate) fn issuer(&self) -> String {
        format!("https://sts.windows.net/{}/", self.tenant)
    }

    /// The issuer of the tokens that a workload's platform hands out.
    pub(crate) fn federation_issuer(&self) -> String {
        format!("{}/federation", self.authority())
    }

    pub(crate) fn client(&self, id: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.id.eq_ignore_ascii_case(id))
    }

    pub(crate) fn known_vault(&self, name: &str) -> Option<Arc<VaultCell>> {
        lock(&self.vaults).get(&name.to_ascii_lowercase()).cloned()
    }

    /// The vault of that name, made if there is none yet.
    pub(crate) fn vault(&self, name: &str) -> Arc<VaultCell> {
        let mut vaults = lock(&self.vaults);
        let cell = vaults.entry(name.to_ascii_lowercase()).or_insert_with(|| {
            let cell = VaultCell::new(&name.to_ascii_lowercase(), self.permissions.clone());
            lock(&cell.state)
                .client_permissions
                .clone_from(&self.client_permissions);
            Arc::new(cell)
        });
        Arc::clone(cell)
    }

    /// The vault that a `Host` header means, and the resource its tokens are for.
    pub(crate) fn vault_of_host(&self, host: &Host) -> Option<(Arc<VaultCell>, &'static str)> {
        if let Some(name) = host.name().strip_suffix(VAULT_SUFFIX) {
            return Some((self.known_vault(name)?, "https://vault.azure.test"));
        }
        host.is_local()
            .then(|| (self.vault(DEFAULT_VAULT), "https://vault.azure.net"))
    }
}
