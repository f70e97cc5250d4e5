//! Who signs in: every row of the rule, seen in the report where the load succeeds and in the error where it does not.

mod environment;
mod identities;
mod settings;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::time::OffsetDateTime;
use config::Config;
use config_azure_keyvault::{AzureKeyVault, Error, ErrorKind};
use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use crate::support::{World, error_of, error_over, leaks, load, load_over, nowhere, over};

const TENANT: &str = "AZURE_TENANT_ID";
const CLIENT: &str = "AZURE_CLIENT_ID";
const SECRET: &str = "AZURE_CLIENT_SECRET";
const TOKEN_FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";
const CERTIFICATE: &str = "AZURE_CLIENT_CERTIFICATE_PATH";
const NAMED: &str = "AZURE_TOKEN_CREDENTIALS";

const NO_VARIABLES: [(&str, &str); 0] = [];

/// What the source says it signs in with, before it does: nobody is asked, as no host exists and no command is started.
async fn picked(json: &str, variables: &[(&str, &str)]) -> Result<String, String> {
    let (client, _) = nowhere::client();
    let source = AzureKeyVault::new("https://my-app.vault.azure.net")
        .environment("Production")
        .mounted_settings("/nowhere")
        .process_environment(variables.iter().copied())
        .http_client(client)
        .deadline(Duration::from_millis(1));
    let picked = Picked::default();
    let watch = tracing::subscriber::set_default(tracing_subscriber::registry().with(picked.clone()));
    let error = load_over(over(json), &source)
        .await
        .map(|_| ())
        .expect_err("nobody is there");
    drop(watch);
    let picked = picked.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    let ours = Error::find(&error).expect("our error");
    picked.ok_or_else(|| {
        assert_eq!(ours.kind(), ErrorKind::Credential, "{ours}");
        let text = ours.to_string();
        let start = "Azure Key Vault https://my-app.vault.azure.net: credential failed: ";
        text.strip_prefix(start).unwrap_or_else(|| panic!("{text}")).to_owned()
    })
}

/// Reads the field `credential` of the line that says what is about to be loaded.
#[derive(Clone, Default)]
struct Picked(Arc<Mutex<Option<String>>>);

impl<S: Subscriber> Layer<S> for Picked {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        event.record(&mut &*self);
    }
}

impl Visit for &Picked {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let text = format!("{value:?}");
        leaks::assert_clean("a log line", &text);
        if field.name() == "credential" {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
        }
    }
}

/// `Ok` is the credential, `Err` the error's text behind its stage.
type Row<'r> = (&'r [(&'r str, &'r str)], Result<&'r str, &'r str>);

async fn assert_rows(json: &str, rows: &[Row<'_>]) {
    for (variables, expected) in rows {
        let names: Vec<_> = variables
            .iter()
            .map(|(name, value)| (name, value.trim().is_empty()))
            .collect();
        let picked = picked(json, variables).await;
        assert_eq!(
            picked.as_deref().map_err(String::as_str),
            *expected,
            "{names:?} (blank?)"
        );
    }
}

/// Credentials in code answer with a token of the emulator's, or with whatever else they were given.
#[derive(Debug)]
struct Given(Result<String, &'static str>);

#[async_trait::async_trait]
impl TokenCredential for Given {
    async fn get_token(&self, _: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        match &self.0 {
            Ok(token) => {
                let ends = OffsetDateTime::now_utc() + azure_core::time::Duration::hours(1);
                Ok(AccessToken::new(token.clone(), ends))
            }
            Err(text) => Err(azure_core::Error::with_message(
                azure_core::error::ErrorKind::Credential,
                *text,
            )),
        }
    }
}

/// A client that asks the emulator in place of the address of every virtual machine's identity, and nobody else.
fn with_imds(world: &World) -> reqwest::Client {
    let imds = world.emulator.imds_authority();
    let proxy = reqwest::Proxy::custom(move |url| (url.host_str() == Some("169.254.169.254")).then(|| imds.clone()));
    world
        .emulator
        .http_client_builder()
        .proxy(proxy)
        .build()
        .expect("a client")
}

/// An error that says who was picked, that they got no token, and why.
fn assert_no_token(error: &str, vault: &str, picked: &str, cause: &str) {
    let start = format!("Azure Key Vault {vault}: credential failed: {picked} g");
    assert!(error.starts_with(&start), "{error}");
    assert!(error.contains(" no token") && error.contains(cause), "{error}");
}
