//! Development: a local file stands in for the vault, and nothing else is touched.

mod content;
mod malformed;
mod mistake;
mod place;

use std::path::Path;

use config::{Config, ValueKind};
use config_azure_keyvault::{AzureKeyVault, Error, ErrorKind, LoadedFrom, SecretName, SkipReason};
use tempfile::TempDir;

use crate::support::nowhere::Asked;
use crate::support::{World, error_of, error_over, leaks, load, load_over, nowhere, over};

/// A working directory without a vault, a credential or a network.
struct Desk {
    directory: TempDir,
    asked: Asked,
    client: reqwest::Client,
}

impl Desk {
    fn new() -> Self {
        leaks::listen();
        let (client, asked) = nowhere::client();
        Self {
            directory: tempfile::tempdir().expect("a directory"),
            asked,
            client,
        }
    }

    fn with(content: impl AsRef<[u8]>) -> Self {
        let desk = Self::new();
        desk.write("secrets.json", content);
        desk
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.directory.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        std::fs::write(path, content).expect("a file");
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    /// No vault is named, and what would choose a credential is wrong: none of it matters here.
    fn source(&self) -> AzureKeyVault {
        self.configured(AzureKeyVault::default()).environment("Development")
    }

    fn configured(&self, source: AzureKeyVault) -> AzureKeyVault {
        source
            .working_directory(self.directory.path())
            .mounted_settings("/nowhere")
            .http_client(self.client.clone())
            .process_environment([("AZURE_TOKEN_CREDENTIALS", "nonsense"), ("AZURE_CLIENT_SECRET", "half")])
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        assert!(self.asked.hosts().is_empty(), "{:?} was asked", self.asked.hosts());
    }
}

/// The error's text behind its stage.
async fn local_error(source: &AzureKeyVault) -> String {
    let error = load(source).await.map(|_| ()).expect_err("the load fails");
    let ours = Error::find(&error).expect("our error");
    assert_eq!(ours.kind(), ErrorKind::LocalFile, "{ours}");
    let text = ours.to_string();
    text.strip_prefix("Azure Key Vault: local file failed: ")
        .unwrap_or_else(|| panic!("{text}"))
        .to_owned()
}
