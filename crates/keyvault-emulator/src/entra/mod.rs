//! The token endpoint and what clients read before they use it.

mod assertion;
mod claims;
mod errors;
mod known;
mod metadata;
mod token;

use std::sync::OnceLock;

use emulator_kit::SigningKey;

pub(crate) use claims::{Claims, federated_token, mint};
pub(crate) use errors::{EntraError, error_body};
pub(crate) use known::KnownTokens;
pub(crate) use metadata::{instance_discovery, openid_configuration, signing_keys};
pub(crate) use token::{TokenRequest, token};

/// What Entra ID signs with. Made once a process: tests start an emulator each.
pub(crate) fn signing_key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(SigningKey::generate)
}

/// What Entra ID calls the Key Vault service itself: a token for this audience is as good as one for its URL.
pub(crate) const KEY_VAULT_APP: &str = "cfa8b339-82a2-471a-a3c9-0fc0be7a4093";

/// Resources that every tenant knows. A token for another one than the vault's is there to be refused.
pub(crate) const RESOURCES: [&str; 8] = [
    "https://vault.azure.net",
    "https://vault.azure.test",
    "https://vault.azure.cn",
    "https://vault.usgovcloudapi.net",
    "https://management.azure.com",
    "https://graph.microsoft.com",
    "https://storage.azure.com",
    KEY_VAULT_APP,
];
