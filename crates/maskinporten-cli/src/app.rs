//! The app that a command is about: where its settings are, which environment it runs in, and how its vault is reached.

use std::path::PathBuf;

use config::Config;
use config_azure_keyvault::{AzureKeyVault, HostEnvironment};
use maskinporten::{MaskinportenClient, MaskinportenSettings};

use crate::failure::Failure;
use crate::files::{self, Layer};

/// Which app.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "App")]
pub(crate) struct AppArguments {
    /// The environment, instead of what APP_ENVIRONMENT, DOTNET_ENVIRONMENT or ASPNETCORE_ENVIRONMENT says.
    #[arg(short, long, global = true, value_name = "NAME")]
    pub(crate) env: Option<String>,
    /// The folder of the app's settings: `appsettings.json` and `appsettings.ENV.json`.
    #[arg(short, long, global = true, value_name = "DIR", default_value = ".")]
    pub(crate) dir: PathBuf,
    /// Settings files instead of those two, the more special one last.
    #[arg(short, long = "file", global = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The section of Maskinporten's settings.
    #[arg(
        short,
        long,
        global = true,
        value_name = "NAME",
        default_value = "MaskinportenSettings"
    )]
    pub(crate) section: String,
    /// The vault, instead of the one that settings or AZURE_KEYVAULT_URL name.
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) vault: Option<String>,
    /// A root certificate to trust beside the machine's (PEM): a proxy's, an emulator's.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// Accept a challenge whose resource the vault's host is not under: for an emulator.
    #[arg(long, global = true)]
    pub(crate) no_verify_challenge: bool,
}

/// The app, with what the process says of it.
pub(crate) struct App {
    pub(crate) environment: HostEnvironment,
    pub(crate) section: String,
    pub(crate) layers: Vec<Layer>,
    ca: Option<Vec<u8>>,
    vault: AzureKeyVault,
    variables: Vec<(String, String)>,
}

impl AppArguments {
    pub(crate) fn app(&self) -> Result<App, Failure> {
        let environment = self
            .env
            .as_deref()
            .map_or_else(HostEnvironment::current, HostEnvironment::from);
        self.app_in(environment)
    }

    /// As if it ran in this environment.
    pub(crate) fn app_in(&self, environment: HostEnvironment) -> Result<App, Failure> {
        if !self.dir.is_dir() {
            return Err(Failure::usage(format!("{} is no folder", self.dir.display())));
        }
        let layers = files::layers(&self.dir, &self.files, &environment);
        if let Some(missing) = layers.iter().find(|layer| !self.files.is_empty() && !layer.found) {
            return Err(Failure::usage(format!("{} is not there", missing.path.display())));
        }
        let ca = match &self.ca {
            Some(path) => Some(
                std::fs::read(path)
                    .map_err(|error| Failure::usage(format!("--ca {} cannot be read: {error}", path.display())))?,
            ),
            None => None,
        };
        let mut vault = match &self.vault {
            Some(url) => AzureKeyVault::new(url),
            None => AzureKeyVault::default(),
        }
        .environment(environment.clone())
        .working_directory(&self.dir)
        .verify_challenge_resource(!self.no_verify_challenge);
        if let Some(pem) = &ca {
            vault = vault.ca_pem(pem.clone());
        }
        Ok(App {
            environment,
            section: self.section.clone(),
            layers,
            ca,
            vault,
            variables: std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
        })
    }
}

impl App {
    pub(crate) fn vault(&self) -> &AzureKeyVault {
        &self.vault
    }

    pub(crate) fn ca(&self) -> Option<&[u8]> {
        self.ca.as_deref()
    }

    /// What files and variables say, without the vault.
    pub(crate) fn earlier(&self) -> Result<Config, Failure> {
        files::read(&self.layers, &self.variables)
    }

    /// All of it: the vault over the files, or in Development the file that stands in for it.
    pub(crate) async fn config(&self) -> Result<Config, Failure> {
        let earlier = self.earlier()?;
        let builder = Config::builder().add_source(earlier);
        Ok(builder.add_async_source(self.vault.clone()).build().await?)
    }

    /// The section's settings, read.
    pub(crate) fn settings(&self, config: &Config) -> Result<MaskinportenSettings, Failure> {
        Ok(MaskinportenSettings::from_config(config, &self.section)?)
    }

    /// A client with these settings, which trusts what the vault's client does.
    pub(crate) fn client(&self, settings: MaskinportenSettings) -> Result<MaskinportenClient, Failure> {
        let mut builder = MaskinportenClient::builder(settings);
        if let Some(pem) = &self.ca {
            builder = builder.ca_pem(pem.clone());
        }
        Ok(builder.build()?)
    }
}
