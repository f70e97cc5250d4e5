//! A small service: its file, the vault over it, typed settings.

use std::collections::BTreeMap;

use config::{Config, File, FileFormat};
use config_azure_keyvault::{AzureKeyVault, BindConfig as _};
use secrecy::SecretString;
use serde::Deserialize;

use crate::{Failure, ca_pem, variable};

type Section = BTreeMap<String, SecretString>;

/// What such a service needs to know.
#[derive(Deserialize)]
#[allow(dead_code)]
pub struct AppSettings {
    instances_url: String,
    hosts: Vec<String>,
    database: Database,
    #[serde(default)]
    maskinporten_settings: Maskinporten,
    #[serde(default)]
    section0: Section,
    #[serde(default)]
    section1: Section,
    #[serde(default)]
    section2: Section,
    #[serde(default)]
    section3: Section,
    #[serde(default)]
    section4: Section,
    #[serde(default)]
    section5: Section,
    #[serde(default)]
    section6: Section,
    #[serde(default)]
    section7: Section,
    #[serde(default)]
    section8: Section,
    #[serde(default)]
    section9: Section,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Database {
    host: String,
    port: u16,
    pooled: bool,
}

/// The two secrets of the guide, where there are any.
#[derive(Default, Deserialize)]
struct Maskinporten {
    client_id: Option<SecretString>,
    encoded_jwk: Option<SecretString>,
}

impl AppSettings {
    /// How many values came from the vault.
    pub fn secrets(&self) -> usize {
        let sections = [
            &self.section0,
            &self.section1,
            &self.section2,
            &self.section3,
            &self.section4,
            &self.section5,
            &self.section6,
            &self.section7,
            &self.section8,
            &self.section9,
        ];
        let maskinporten = [
            &self.maskinporten_settings.client_id,
            &self.maskinporten_settings.encoded_jwk,
        ];
        sections.iter().map(|section| section.len()).sum::<usize>() + maskinporten.into_iter().flatten().count()
    }
}

/// What a service does before it serves. The environment names the vault and who signs in, as the platform's would; only the emulator's
/// certificate and its host take two words more.
///
/// # Errors
///
/// The file, the vault or what they hold is not as it should be.
pub async fn load() -> Result<(Config, AppSettings), Failure> {
    let vault = AzureKeyVault::default()
        .ca_pem(ca_pem()?)
        .verify_challenge_resource(false);
    let config = Config::builder()
        .add_source(File::new(&variable("START_APPSETTINGS")?, FileFormat::Json))
        .add_async_source(vault)
        .build()
        .await?;
    let settings = config.bind()?;
    Ok((config, settings))
}
