//! The Azure clouds: where their vaults are and who signs in to them.

use std::sync::Arc;

use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use url::Url;

use crate::address::https;
use crate::error::Error;

/// An Azure cloud: where its vaults are and which authority signs in to them.
///
/// Without a word from you it follows from the vault's host, and `AZURE_AUTHORITY_HOST` is honoured as in every Azure SDK.
///
/// ```
/// use config_azure_keyvault::{AzureKeyVault, Cloud};
///
/// // A vault by its name alone (`KeyVault.Name` of the settings) is looked for in this cloud.
/// let vault = AzureKeyVault::default().cloud(Cloud::China);
///
/// // A cloud of its own.
/// let vault = AzureKeyVault::new("https://my-app.vault.example.com").cloud(Cloud::Custom {
///     authority_host: "https://login.example.com".to_owned(),
///     vault_suffix: "vault.example.com".to_owned(),
/// });
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cloud {
    /// Azure: `vault.azure.net`, `login.microsoftonline.com`.
    Public,
    /// Azure operated by 21Vianet: `vault.azure.cn`, `login.chinacloudapi.cn`.
    China,
    /// Azure for US Government: `vault.usgovcloudapi.net`, `login.microsoftonline.us`.
    UsGovernment,
    /// A cloud of its own, or an emulator.
    Custom {
        /// The authority that issues tokens, as `https://login.example.com`; nothing but https.
        authority_host: String,
        /// What follows a vault's name in its host, as `vault.example.com`; a leading dot is no matter.
        vault_suffix: String,
    },
}

const NAMED: [(Cloud, &str); 3] = [
    (Cloud::Public, "vault.azure.net"),
    (Cloud::China, "vault.azure.cn"),
    (Cloud::UsGovernment, "vault.usgovcloudapi.net"),
];

impl Cloud {
    pub(crate) fn vault_suffix(&self) -> &str {
        match self {
            Self::Custom { vault_suffix, .. } => vault_suffix.trim().trim_start_matches('.'),
            named => NAMED
                .iter()
                .find(|(cloud, _)| cloud == named)
                .map_or("vault.azure.net", |(_, s)| s),
        }
    }

    /// The cloud that a vault's host is of, if it is one of the named ones.
    pub(crate) fn of_host(host: &str) -> Option<Self> {
        NAMED
            .iter()
            .find(|(_, suffix)| host.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.')))
            .map(|(cloud, _)| cloud.clone())
    }

    /// The cloud of an authority, as `AZURE_AUTHORITY_HOST` names it: a host or its URL.
    pub(crate) fn of_authority(authority: &str) -> Result<Self, Error> {
        let remedy = "write it as https://login.microsoftonline.com, or unset it";
        let url = authority_url(authority, "the authority in AZURE_AUTHORITY_HOST", remedy)?;
        Ok(match url.host_str().unwrap_or_default() {
            "login.microsoftonline.com" => Self::Public,
            "login.chinacloudapi.cn" | "login.partner.microsoftonline.cn" => Self::China,
            "login.microsoftonline.us" => Self::UsGovernment,
            _ => Self::Custom {
                authority_host: url.as_str().trim_end_matches('/').to_owned(),
                vault_suffix: Self::Public.vault_suffix().to_owned(),
            },
        })
    }

    /// A cloud of its own with an authority that a client's secret may be sent to.
    pub(crate) fn checked(&self) -> Result<Self, Error> {
        let Self::Custom {
            authority_host,
            vault_suffix,
        } = self
        else {
            return Ok(self.clone());
        };
        let remedy = "write it as https://login.example.com";
        let url = authority_url(authority_host, "the authority of `Cloud::Custom`", remedy)?;
        Ok(Self::Custom {
            authority_host: url.as_str().trim_end_matches('/').to_owned(),
            vault_suffix: vault_suffix.clone(),
        })
    }

    pub(crate) fn configuration(&self) -> Arc<CloudConfiguration> {
        Arc::new(match self {
            Self::Public => CloudConfiguration::AzurePublic,
            Self::China => CloudConfiguration::AzureChina,
            Self::UsGovernment => CloudConfiguration::AzureGovernment,
            Self::Custom { authority_host, .. } => {
                let mut custom = CustomConfiguration::default();
                custom.authority_host.clone_from(authority_host);
                CloudConfiguration::Custom(custom)
            }
        })
    }
}

/// An authority, as a host or its URL.
fn authority_url(authority: &str, what: &str, remedy: &str) -> Result<Url, Error> {
    let authority = authority.trim().trim_end_matches('/');
    if authority.contains("://") {
        https(authority, what, remedy)
    } else {
        https(&format!("https://{authority}"), what, remedy)
    }
}

/// The scope that the vault's challenge will name: everything behind the first label of its host, as the check of
/// challenges demands; where that says nothing, the public cloud's.
pub(crate) fn expected_scope(vault: &Url) -> String {
    let resource = match vault.host() {
        Some(url::Host::Domain(host)) => host.split_once('.').map(|(_, rest)| rest),
        _ => None,
    };
    format!("https://{}/.default", resource.unwrap_or(Cloud::Public.vault_suffix()))
}
