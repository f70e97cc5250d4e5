//! The app's own settings: plain structs. Names, case and types of the files and the vault need not match to the letter.

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

/// What the app needs to know.
#[derive(Debug, Deserialize)]
pub(crate) struct AppSettings {
    pub(crate) instances_url: String,
    pub(crate) maskinporten_settings: MaskinportenSettings,
    pub(crate) hosts: Vec<String>,
}

/// The guide's section.
#[derive(Debug, Deserialize)]
pub(crate) struct MaskinportenSettings {
    pub(crate) environment: String,
    pub(crate) client_id: String,
    pub(crate) scope: String,
    pub(crate) encoded_jwk: SecretString,
    #[serde(alias = "ExhangeToAltinnToken")]
    pub(crate) exchange_to_altinn_token: bool,
    #[serde(alias = "EnableDebugLog")]
    pub(crate) enable_debug_logging: bool,
}

impl AppSettings {
    /// What a person may see of it.
    pub(crate) fn summary(&self) -> String {
        let Self {
            instances_url,
            maskinporten_settings: maskinporten,
            hosts,
        } = self;
        let blank = maskinporten.client_id.is_empty() || maskinporten.encoded_jwk.expose_secret().is_empty();
        format!(
            "AppSettings: Maskinporten {} ({}{}, Altinn exchange {}, debug log {}), {} hosts, instances at {}",
            maskinporten.environment,
            if blank { "no client yet" } else { "client and key there" },
            if maskinporten.scope.is_empty() {
                ", no scope yet"
            } else {
                ""
            },
            on(maskinporten.exchange_to_altinn_token),
            on(maskinporten.enable_debug_logging),
            hosts.len(),
            instances_url.split('/').nth(2).unwrap_or_default(),
        )
    }
}

fn on(is: bool) -> &'static str {
    if is { "on" } else { "off" }
}
