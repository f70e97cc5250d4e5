//! The services that the app talks to: emulators in this process, or the real ones.

use altinn_emulators::Emulators;
use config::{Config, ConfigError};
use config_azure_keyvault::AzureKeyVault;
use maskinporten::{Error, MaskinportenClient, MaskinportenSettings};

/// The section of the guide.
const SECTION: &str = "MaskinportenSettings";

/// Where the app runs.
pub(crate) enum World {
    /// Out there: the vault of `AZURE_KEYVAULT_URL`, in the environment of `APP_ENVIRONMENT`.
    Real,
    /// On this machine, for who tries it out.
    Emulated(Box<Emulators>),
}

impl World {
    /// The real services if a vault is named, else emulators.
    pub(crate) async fn choose() -> Result<Self, Box<dyn std::error::Error>> {
        if std::env::var_os("AZURE_KEYVAULT_URL").is_some_and(|url| !url.is_empty()) {
            return Ok(Self::Real);
        }
        Ok(Self::Emulated(Box::new(Emulators::start().await?)))
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
    pub(crate) fn amend(&self, config: Config) -> Result<Config, ConfigError> {
        let Self::Emulated(emulators) = self else {
            return Ok(config);
        };
        let maskinporten = &emulators.maskinporten;
        Config::builder()
            .add_source(config)
            .set_override("MaskinportenSettings.Environment", maskinporten.issuer())?
            .set_override(
                "MaskinportenSettings.TokenExchangeEnvironment",
                maskinporten.exchange_base(),
            )?
            .set_override("InstancesUrl", maskinporten.api_url())?
            .build()
    }

    pub(crate) fn maskinporten(&self, config: &Config) -> Result<MaskinportenClient, Error> {
        match self {
            Self::Real => MaskinportenClient::from_config(config, SECTION),
            Self::Emulated(emulators) => {
                MaskinportenClient::builder(MaskinportenSettings::from_config(config, SECTION)?)
                    .http_client(emulators.http_client())
                    .token_http_client(emulators.http_client())
                    .build()
            }
        }
    }
}
