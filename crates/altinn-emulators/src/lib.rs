//! Everything that an app of Altinn's guide talks to, started and seeded in one call: Key Vault's emulator and Maskinporten's,
//! side by side.
//!
//! ```toml
//! [dependencies]
//! config = { version = "0.15", default-features = false, features = ["async"] }
//! config-azure-keyvault = "0.1"
//! maskinporten = "0.1"
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
//!
//! [dev-dependencies]
//! altinn-emulators = "0.1"
//! ```
//!
//! ```
//! use altinn_emulators::Emulators;
//!
//! let emulators = Emulators::start_blocking()?;
//! let client = emulators.maskinporten.client();
//! let secrets = emulators.vault.default_vault();
//! assert_eq!(secrets.value("MaskinportenSettings--ClientId").as_deref(), Some(client.client_id()));
//! # Ok::<(), altinn_emulators::EmulatorError>(())
//! ```
//!
//! # Testing
//!
//! A test that goes the guide's whole way, from the vault to an answer of the API:
//!
//! ```test_harness
//! use altinn_emulators::Emulators;
//! use altinn_emulators::keyvault_emulator::SignIn;
//! use config::Config;
//! use config_azure_keyvault::AzureKeyVault;
//! use maskinporten::{MaskinportenClient, MaskinportenSettings};
//!
//! #[tokio::test]
//! async fn from_the_vault_to_the_api() -> Result<(), Box<dyn std::error::Error>> {
//!     let emulators = Emulators::start().await?;
//!
//!     // The vault has the client's id and key. Files of the app have the rest.
//!     let vault = AzureKeyVault::default()
//!         .environment("Production")
//!         .process_environment(emulators.vault.variables(SignIn::ClientSecret)?)
//!         .http_client(emulators.http_client())
//!         .verify_challenge_resource(false);
//!     let config = Config::builder()
//!         .set_default("MaskinportenSettings.Environment", emulators.maskinporten.issuer())?
//!         .set_default("MaskinportenSettings.Scope", "altinn:serviceowner/instances.read")?
//!         .add_async_source(vault)
//!         .build()
//!         .await?;
//!
//!     let settings = MaskinportenSettings::from_config(&config, "MaskinportenSettings")?;
//!     let maskinporten = MaskinportenClient::builder(settings)
//!         .http_client(emulators.http_client())
//!         .token_http_client(emulators.http_client())
//!         .build()?;
//!     let reply = maskinporten.http_client().get(emulators.maskinporten.api_url()).send().await?;
//!     assert_eq!(reply.status(), 200);
//!     assert_eq!(emulators.vault.counts().gets, 2);
//!     Ok(())
//! }
//! ```

use emulator_kit::client_builder;
use keyvault_emulator::KeyVaultEmulator;
use maskinporten_emulator::MaskinportenEmulator;

/// An emulator that could not be started.
///
/// ```
/// use altinn_emulators::{EmulatorError, Emulators};
///
/// match Emulators::start_blocking() {
///     Ok(emulators) => println!("{} and {}", emulators.vault.url(), emulators.maskinporten.issuer()),
///     Err(EmulatorError::Listen(error)) => println!("no port: {error}"),
///     Err(error) => println!("{error}"),
/// }
/// ```
///
/// As the kit has it:
pub use emulator_kit::EmulatorError;
/// The emulator of Key Vault, so that yours is of the same version.
pub use keyvault_emulator;
/// The emulator of Maskinporten, so that yours is of the same version.
pub use maskinporten_emulator;

/// Everything that an app of the guide talks to. The vault holds the default client's id and key.
///
/// ```
/// use altinn_emulators::Emulators;
/// use altinn_emulators::keyvault_emulator::{KeyVaultEmulator, SecretSeed};
/// use altinn_emulators::maskinporten_emulator::{ClientSpec, MaskinportenEmulator};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let maskinporten = MaskinportenEmulator::builder().client(ClientSpec::new("other").scopes(["my:scope"]));
/// let emulators = Emulators::start_with(KeyVaultEmulator::builder(), maskinporten).await?;
///
/// // The client's id and key are in the vault; what else an app needs goes there too.
/// let vault = emulators.vault.default_vault();
/// vault.seed(SecretSeed::new("Database--Password", "s3cret"));
/// assert_eq!(vault.value("MaskinportenSettings--ClientId").as_deref(), Some("other"));
/// assert_eq!(vault.names().len(), 3);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Emulators {
    /// Key Vault and Entra ID.
    pub vault: KeyVaultEmulator,
    /// Maskinporten, Altinn's exchange and the protected API.
    pub maskinporten: MaskinportenEmulator,
}

impl Emulators {
    /// Starts both with their default settings on free ports.
    ///
    /// # Errors
    ///
    /// As of the builders.
    pub async fn start() -> Result<Self, EmulatorError> {
        Self::start_with(KeyVaultEmulator::builder(), MaskinportenEmulator::builder()).await
    }

    /// Starts both with other settings.
    ///
    /// # Errors
    ///
    /// As of the builders.
    pub async fn start_with(
        vault: keyvault_emulator::Builder,
        maskinporten: maskinporten_emulator::Builder,
    ) -> Result<Self, EmulatorError> {
        let (vault, maskinporten) = tokio::try_join!(vault.start(), maskinporten.start())?;
        Ok(Self::seeded(vault, maskinporten))
    }

    /// Starts both with their default settings on free ports, for callers without a runtime.
    ///
    /// # Errors
    ///
    /// As of the builders.
    pub fn start_blocking() -> Result<Self, EmulatorError> {
        let maskinporten = MaskinportenEmulator::start_blocking()?;
        Ok(Self::seeded(KeyVaultEmulator::start_blocking()?, maskinporten))
    }

    /// The names are the guide's.
    fn seeded(vault: KeyVaultEmulator, maskinporten: MaskinportenEmulator) -> Self {
        let client = maskinporten.client();
        let secrets = vault.default_vault();
        secrets.set("MaskinportenSettings--ClientId", client.client_id());
        secrets.set("MaskinportenSettings--EncodedJwk", client.encoded_jwk());
        Self { vault, maskinporten }
    }

    /// A client that trusts both and finds the vault's hosts, and no other host, follows no redirect and uses no proxy.
    ///
    /// # Panics
    ///
    /// If the client cannot be built, which these settings give no reason for.
    #[must_use]
    pub fn http_client(&self) -> reqwest::Client {
        self.http_client_builder()
            .build()
            .expect("a client with roots of its own can be built")
    }

    /// The same settings as [`Emulators::http_client`], to add to.
    ///
    /// # Panics
    ///
    /// If the emulators' own certificates are not accepted, which there is no reason for.
    pub fn http_client_builder(&self) -> reqwest::ClientBuilder {
        let trusted = [self.vault.ca_der(), self.maskinporten.ca_der()];
        client_builder(trusted, self.vault.dns_resolver()).expect("the emulators' own certificates are accepted")
    }

    /// The certificates to trust, as PEM.
    #[must_use]
    pub fn ca_pem(&self) -> String {
        format!("{}{}", self.vault.ca_pem(), self.maskinporten.ca_pem())
    }
}

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
