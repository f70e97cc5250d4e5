//! The app's settings, and where they come from.

use std::net::SocketAddr;
use std::path::PathBuf;

use config::{Config, Environment, File};
use config_azure_keyvault::{AzureKeyVault, HostEnvironment, Watch, ignore_case};
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
/// `MASKINPORTENSETTINGS__SCOPE`). What changes in the vault or in a file is seen while the app runs.
pub(crate) async fn watch(
    vault: &AzureKeyVault,
    emulated: Config,
    environment: &HostEnvironment,
) -> Result<Watch, config::ConfigError> {
    let here = folder();
    let files = [
        here.join("appsettings.json"),
        here.join(format!("appsettings.{environment}.json")),
    ];
    let builder = Config::builder()
        .add_source(File::from(files[0].clone()))
        .add_source(File::from(files[1].clone()).required(false))
        .add_async_source(vault.clone())
        .add_source(emulated)
        .add_source(ignore_case(Environment::default().separator("__")));
    vault.watch(builder).files(files).start().await
}
