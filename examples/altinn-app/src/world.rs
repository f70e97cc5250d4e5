//! The services that the app talks to: emulators in this process, or the real ones.

use std::sync::Arc;

use altinn_emulators::Emulators;
use config::{Config, ConfigError};
use config_azure_keyvault::{AzureKeyVault, Watch};
use maskinporten::{Error, MaskinportenClient, MaskinportenClientBuilder};

/// The section of the guide.
const SECTION: &str = "MaskinportenSettings";

/// Where the app runs.
pub(crate) enum World {
    /// Out there: the vault that the settings name, in the environment of `APP_ENVIRONMENT`.
    Real,
    /// On this machine, for who tries it out.
    Emulated(Arc<Emulators>),
}

impl World {
    /// Emulators only for who asks for them: a vault that nobody names is an error, and no reason to run on something else.
    pub(crate) async fn choose(emulated: bool) -> Result<Self, Box<dyn std::error::Error>> {
        Ok(match emulated {
            true => Self::Emulated(Arc::new(Emulators::start().await?)),
            false => Self::Real,
        })
    }

    pub(crate) fn vault(&self) -> AzureKeyVault {
        match self {
            Self::Real => AzureKeyVault::default(),
            Self::Emulated(emulators) => {
                let vault = &emulators.vault;
                AzureKeyVault::new(vault.url())
                    .environment("Production")
                    .verify_challenge_resource(false)
                    .http_client(emulators.http_client())
                    .process_environment([
                        ("AZURE_TENANT_ID", vault.tenant().to_owned()),
                        ("AZURE_CLIENT_ID", vault.client_id().to_owned()),
                        ("AZURE_CLIENT_SECRET", vault.client_secret().to_owned()),
                        ("AZURE_AUTHORITY_HOST", vault.authority()),
                    ])
            }
        }
    }

    /// What the emulators' addresses change in the settings.
    pub(crate) fn addresses(&self) -> Result<Config, ConfigError> {
        let Self::Emulated(emulators) = self else {
            return Ok(Config::default());
        };
        let maskinporten = &emulators.maskinporten;
        Config::builder()
            .set_override("MaskinportenSettings.Environment", maskinporten.issuer())?
            .set_override(
                "MaskinportenSettings.TokenExchangeEnvironment",
                maskinporten.exchange_base(),
            )?
            .set_override("InstancesUrl", maskinporten.api_url())?
            .build()
    }

    /// A client that follows the configuration: a rotated key and a changed scope are used at once.
    pub(crate) fn maskinporten(&self, watch: &Watch) -> Result<MaskinportenClient, Error> {
        match self {
            Self::Real => MaskinportenClient::watching(watch.receiver(), SECTION),
            Self::Emulated(emulators) => MaskinportenClientBuilder::watching(watch.receiver(), SECTION)
                .ca_pem(emulators.ca_pem())
                .build(),
        }
    }
}
