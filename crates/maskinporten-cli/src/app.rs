//! The app that a command is about: where its settings are, which environment it runs in, and how its vault is reached.

use std::path::{Path, PathBuf};

use clap::builder::NonEmptyStringValueParser;
use config::Config;
use config_azure_keyvault::{AzureKeyVault, ErrorKind, HostEnvironment, Stage};
use maskinporten::reqwest::Certificate;
use maskinporten::{MaskinportenClient, MaskinportenSettings};

use crate::failure::Failure;
use crate::files::{self, Layer};

/// What the vault's library calls the place of what was said to this program.
pub(crate) const GIVEN_BY: &str = "the command line";

/// Which app.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "App")]
pub(crate) struct AppArguments {
    /// The environment, instead of what APP_ENVIRONMENT, DOTNET_ENVIRONMENT or ASPNETCORE_ENVIRONMENT says.
    #[arg(short, long, global = true, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
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
        default_value = "MaskinportenSettings",
        value_parser = NonEmptyStringValueParser::new()
    )]
    pub(crate) section: String,
    /// The vault, instead of the one that settings or AZURE_KEYVAULT_URL name.
    #[arg(long, global = true, value_name = "URL", value_parser = NonEmptyStringValueParser::new())]
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
        let ca = self.ca.as_deref().map(certificates).transpose()?;
        let mut vault = match &self.vault {
            Some(url) => named(url)?,
            None => AzureKeyVault::default(),
        };
        // Otherwise the library finds it as we did, and says which variable it was.
        if self.env.is_some() || environment != HostEnvironment::current() {
            vault = vault.environment(environment.clone());
        }
        vault = vault
            .given_by(GIVEN_BY)
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

/// A file with a certificate in it, at least.
fn certificates(path: &Path) -> Result<Vec<u8>, Failure> {
    let shown = path.display();
    let pem = std::fs::read(path).map_err(|error| Failure::usage(format!("--ca {shown} cannot be read: {error}")))?;
    match Certificate::from_pem_bundle(&pem) {
        Ok(all) if !all.is_empty() => Ok(pem),
        _ => Err(Failure::usage(format!("--ca {shown} holds no certificate in PEM"))),
    }
}

/// The vault of this URL. What is no vault's is wrong use, before anything else is looked at.
fn named(url: &str) -> Result<AzureKeyVault, Failure> {
    let no_variables: [(&str, &str); 0] = [];
    let alone = AzureKeyVault::new(url)
        .given_by("--vault")
        .environment(HostEnvironment::production())
        .process_environment(no_variables);
    match alone.plan(&Config::default()) {
        Err(error) if (error.kind(), error.stage()) == (ErrorKind::InvalidSetting, Stage::Settings) => {
            let remedy = error.remedy().unwrap_or("write it as https://NAME.vault.azure.net");
            Err(Failure::usage(format!("{}; {remedy}", error.cause())))
        }
        _ => Ok(AzureKeyVault::new(url)),
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
