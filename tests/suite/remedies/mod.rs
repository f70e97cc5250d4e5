//! A missing setting's error names the secret that would set it, and only where that secret would.

mod elsewhere;
mod random;
mod spelling;
mod types;

use config::Config;
use config_azure_keyvault::{BindConfig, Error};
use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Debug, Deserialize)]
struct Settings {
    #[serde(rename = "Database")]
    _database: Database,
}

#[derive(Debug, Deserialize)]
struct Database {
    #[serde(rename = "Host")]
    _host: String,
}

fn error<T: DeserializeOwned>(config: &Config) -> Error {
    config.bind::<T>().err().expect("something is missing")
}

/// The secrets that are named, in the order of the problems.
fn named<T: DeserializeOwned>(config: &Config) -> Vec<Option<String>> {
    let problems = error::<T>(config);
    problems
        .problems()
        .iter()
        .map(|problem| problem.secret.clone())
        .collect()
}

/// The one secret that is named for [`Settings`].
fn secret(config: &Config) -> Option<String> {
    let mut all = named::<Settings>(config);
    assert_eq!(all.len(), 1, "{:?}", error::<Settings>(config));
    all.remove(0)
}
