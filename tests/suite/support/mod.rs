//! What every scenario needs: an emulator with a vault, a source that signs in to it, and the watch over leaks.

pub(crate) mod leaks;
pub(crate) mod lines;
pub(crate) mod nowhere;
pub(crate) mod proxy;

use config::builder::{AsyncState, DefaultState};
use config::{Config, ConfigBuilder, ConfigError, File, FileFormat};
use config_azure_keyvault::{AzureKeyVault, Error};
use keyvault_emulator::{Fault, FaultAction, KeyVaultEmulator, Vault};

/// An emulator and one vault of its own, reached under a host that the challenge's check accepts.
pub(crate) struct World {
    pub(crate) emulator: KeyVaultEmulator,
    pub(crate) vault: Vault,
    pub(crate) url: String,
}

impl World {
    pub(crate) async fn start() -> Self {
        leaks::listen();
        // The client's own secret is a marker like any other.
        let emulator = KeyVaultEmulator::builder().client("5e1f0c8a-0000-4000-8000-00000000c11e", leaks::marker());
        Self::of(emulator.start().await.expect("the emulator starts"))
    }

    pub(crate) fn of(emulator: KeyVaultEmulator) -> Self {
        leaks::listen();
        let url = emulator.vault_url("app");
        let vault = emulator.vault("app");
        Self { emulator, vault, url }
    }

    /// A source in Production that signs in with the emulator's client secret.
    pub(crate) fn source(&self) -> AzureKeyVault {
        self.signed_in(AzureKeyVault::new(&self.url))
    }

    /// That source, in Production and signed in with the emulator's client secret.
    pub(crate) fn signed_in(&self, source: AzureKeyVault) -> AzureKeyVault {
        source
            .environment("Production")
            .http_client(self.emulator.http_client())
            .process_environment(self.variables())
            .mounted_settings("/nowhere")
    }

    /// As a service is that trusts the emulator's CA by `ca_pem`: no HTTP client of the test's, but ours, and the vault at the emulator's
    /// own address.
    pub(crate) fn direct(&self) -> AzureKeyVault {
        AzureKeyVault::new(self.emulator.url())
            .environment("Production")
            .process_environment(self.variables())
            .mounted_settings("/nowhere")
            .ca_pem(self.emulator.ca_pem())
            .verify_challenge_resource(false)
    }

    /// The variables that name the emulator's client.
    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        [
            ("AZURE_TENANT_ID", self.emulator.tenant().to_owned()),
            ("AZURE_CLIENT_ID", self.emulator.client_id().to_owned()),
            ("AZURE_CLIENT_SECRET", self.emulator.client_secret().to_owned()),
            ("AZURE_AUTHORITY_HOST", self.emulator.authority()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// Seeds secrets with markers for values.
    pub(crate) fn seed(&self, names: &[&str]) {
        for name in names {
            self.vault
                .seed(keyvault_emulator::SecretSeed::new(*name, leaks::marker()));
        }
    }
}

pub(crate) fn builder(source: &AzureKeyVault) -> ConfigBuilder<AsyncState> {
    Config::builder().add_async_source(source.clone())
}

/// Loads and hands back the configuration; everything printable about it is checked for leaks.
pub(crate) async fn load(source: &AzureKeyVault) -> Result<Config, ConfigError> {
    let built = builder(source).build().await;
    check_built(source, &built);
    built
}

/// Checks everything printable about a load for leaks, and that an error is one line.
pub(crate) fn check_built(source: &AzureKeyVault, built: &Result<Config, ConfigError>) {
    leaks::assert_clean_debug(source);
    if let Some(report) = source.report() {
        leaks::assert_clean_debug(&report);
        leaks::assert_clean("a report", &report.to_string());
    }
    match built {
        Err(error) => {
            leaks::assert_clean_error(error);
            if let Some(ours) = Error::find(error) {
                leaks::assert_clean_error(ours);
                let text = ours.to_string();
                assert!(!text.contains(['\n', '\r']), "an error is one line: {text:?}");
                assert!(
                    !text.contains(".;") && !text.ends_with('.'),
                    "a stop in a sentence: {text:?}"
                );
            }
        }
        Ok(_) => leaks::assert_clean_logs(),
    }
}

/// Our error out of a load that must fail.
pub(crate) async fn error_of(source: &AzureKeyVault) -> String {
    let error = load(source).await.map(|_| ()).expect_err("the load fails");
    Error::find(&error)
        .unwrap_or_else(|| panic!("not ours: {error}"))
        .to_string()
}

/// A builder with an earlier source: this JSON.
pub(crate) fn over(json: &str) -> ConfigBuilder<DefaultState> {
    Config::builder().add_source(File::from_str(json, FileFormat::Json))
}

/// As [`load`], over earlier sources.
pub(crate) async fn load_over(
    earlier: ConfigBuilder<DefaultState>,
    source: &AzureKeyVault,
) -> Result<Config, ConfigError> {
    let built = earlier.add_async_source(source.clone()).build().await;
    check_built(source, &built);
    built
}

/// As [`error_of`], over earlier sources.
pub(crate) async fn error_over(earlier: ConfigBuilder<DefaultState>, source: &AzureKeyVault) -> String {
    let error = load_over(earlier, source)
        .await
        .map(|_| ())
        .expect_err("the load fails");
    Error::find(&error)
        .unwrap_or_else(|| panic!("not ours: {error}"))
        .to_string()
}

/// The vault took a token, and refuses it now.
pub(crate) fn withdrawn() -> Fault {
    Fault::new(FaultAction::Status {
        status: 401,
        body: r#"{"error":{"code":"Unauthorized","message":"AKV10022: Withdrawn."}}"#.to_owned(),
        headers: vec![(
            "www-authenticate".to_owned(),
            r#"Bearer authorization="https://login.test/x", resource="https://vault.azure.test""#.to_owned(),
        )],
    })
}
