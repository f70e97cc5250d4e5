//! The app's settings, and where they come from.

use std::net::SocketAddr;
use std::path::PathBuf;

use config::{Config, Environment, File};
use config_azure_keyvault::{AzureKeyVault, BindConfig as _, HostEnvironment, ignore_case};
use serde::Deserialize;

/// What the app itself needs; the section `MaskinportenSettings` is the Maskinporten client's own.
#[derive(Debug, Deserialize)]
pub(crate) struct AppSettings {
    pub(crate) listen: SocketAddr,
    pub(crate) instances_url: String,
}

/// Where the files are: in the working directory or, when cargo runs the app from elsewhere, next to its manifest.
fn folder() -> PathBuf {
    let here = PathBuf::from(".");
    match std::env::var_os("CARGO_MANIFEST_DIR") {
        Some(manifest) if !here.join("appsettings.json").exists() => PathBuf::from(manifest),
        _ => here,
    }
}

/// Files, then the vault, then where emulators are if there are any, then the process environment (`LISTEN`,
/// `MASKINPORTENSETTINGS__SCOPE`).
pub(crate) async fn load(
    vault: AzureKeyVault,
    emulated: Config,
    environment: &HostEnvironment,
) -> Result<Config, config::ConfigError> {
    let here = folder();
    Config::builder()
        .add_source(File::from(here.join("appsettings.json")))
        .add_source(File::from(here.join(format!("appsettings.{environment}.json"))).required(false))
        .add_async_source(vault)
        .add_source(emulated)
        .add_source(ignore_case(Environment::default().separator("__")))
        .build()
        .await
}

impl AppSettings {
    pub(crate) fn from_config(config: &Config) -> Result<Self, config_azure_keyvault::Error> {
        config.bind()
    }
}
