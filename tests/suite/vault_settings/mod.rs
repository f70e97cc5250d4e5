//! Where is the vault: every place, their order, and what is refused.

mod clouds;
mod mounted;
mod places;
mod urls;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use config::builder::DefaultState;
use config::{Config, ConfigBuilder, Environment};
use config_azure_keyvault::{AzureKeyVault, Cloud, Error, ErrorKind, LoadedFrom};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{World, error_over, leaks, load_over, nowhere, over};

/// A directory with a mounted file in it.
struct Mounted {
    directory: TempDir,
}

impl Mounted {
    fn new(content: impl AsRef<[u8]>) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("mounted.json"), content).expect("a file");
        Self { directory }
    }

    fn path(&self) -> std::path::PathBuf {
        self.directory.path().join("mounted.json")
    }
}

fn variables(world: &World, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut variables = world.variables();
    variables.extend(
        more.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    variables
}

/// The name of the vault that was loaded, and what named it.
async fn loaded_from(earlier: ConfigBuilder<DefaultState>, source: &AzureKeyVault) -> (String, String) {
    load_over(earlier, source).await.expect("a vault loads");
    match source.report().expect("a report").from {
        LoadedFrom::Vault { url, named_by } => {
            let name = url.trim_start_matches("https://").split('.').next().unwrap_or_default();
            (name.to_owned(), named_by)
        }
        other => panic!("loaded from {other}"),
    }
}

/// The cloud that the emulator is: a `Name` becomes one of its vaults.
fn cloud(world: &World) -> Cloud {
    let suffix = world.url.split_once('.').expect("a host").1.to_owned();
    Cloud::Custom {
        authority_host: world.emulator.authority(),
        vault_suffix: suffix,
    }
}

/// The vault that an error names, and the hosts that were looked up.
async fn asked_for(source: AzureKeyVault, earlier: ConfigBuilder<DefaultState>) -> (String, BTreeSet<String>) {
    asked_with(source, earlier, &[]).await
}

async fn asked_with(
    source: AzureKeyVault,
    earlier: ConfigBuilder<DefaultState>,
    more: &[(&str, &str)],
) -> (String, BTreeSet<String>) {
    let (client, asked) = nowhere::client();
    let secret = leaks::marker();
    let mut variables = vec![
        ("AZURE_TENANT_ID", "0000"),
        ("AZURE_CLIENT_ID", "1111"),
        ("AZURE_CLIENT_SECRET", secret.as_str()),
    ];
    variables.extend(more);
    let source = source
        .environment("Production")
        .mounted_settings(Path::new("/nowhere"))
        .process_environment(variables)
        .http_client(client);
    let mut vault = String::new();
    // On a busy machine the authority is not looked up in so short a time.
    for limit in [150, 3_000] {
        let source = source.clone().deadline(Duration::from_millis(limit));
        let error = load_over(earlier.clone(), &source)
            .await
            .map(|_| ())
            .expect_err("nobody is there");
        vault = Error::find(&error)
            .and_then(Error::vault)
            .expect("the error names the vault")
            .to_owned();
        if asked.hosts().len() > 1 {
            break;
        }
    }
    (vault, asked.hosts())
}
