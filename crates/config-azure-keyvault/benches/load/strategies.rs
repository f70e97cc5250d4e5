//! The ways to load a vault that are compared.

use std::sync::Arc;
use std::time::{Duration, Instant};

use azure_core::credentials::{Secret, TokenCredential};
use azure_core::http::{ClientOptions, Transport};
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};
use azure_security_keyvault_secrets::{ResourceExt as _, SecretClient, SecretClientOptions};
use config::Config;
use config_azure_keyvault::AzureKeyVault;
use futures::{StreamExt as _, TryStreamExt as _};
use keyvault_emulator::KeyVaultEmulator;

/// A way to load a vault.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strategy {
    /// What cannot be beaten where the list is needed: connect, TLS, the challenge, each page and one get, one after the
    /// other, by a bare client with a ready token.
    Floor,
    /// This crate.
    Ours,
    /// The SDK: list, then 32 gets at a time.
    ListThen32,
    /// The SDK: list, then one get after the other.
    Sequential,
}

impl Strategy {
    pub(crate) const ALL: [Self; 4] = [Self::Floor, Self::Ours, Self::ListThen32, Self::Sequential];

    /// One cold load. The HTTP client is made before the clock starts, except for ours: it has its own, as in a service, and makes it
    /// in the load.
    pub(crate) async fn run(self, emulator: &KeyVaultEmulator, secrets: usize) -> Duration {
        let http = emulator.http_client();
        match self {
            Self::Floor => {
                let token = emulator.access_token("https://vault.azure.net");
                timed(floor(http, emulator.url(), token)).await
            }
            Self::Ours => {
                let source = source(emulator);
                timed(async {
                    Config::builder()
                        .add_async_source(source.clone())
                        .build()
                        .await
                        .expect("ours loads");
                    assert_eq!(source.report().expect("a report").loaded.len(), secrets);
                })
                .await
            }
            Self::ListThen32 => timed(with_sdk(http, emulator, secrets, 32)).await,
            Self::Sequential => timed(with_sdk(http, emulator, secrets, 1)).await,
        }
    }
}

async fn timed<T>(load: impl Future<Output = T>) -> Duration {
    let started = Instant::now();
    load.await;
    started.elapsed()
}

/// Our source as a service has it, signed in with a client secret: a client of the emulator's could have no spare connections.
pub(crate) fn source(emulator: &KeyVaultEmulator) -> AzureKeyVault {
    AzureKeyVault::new(emulator.url())
        .environment("Production")
        .verify_challenge_resource(false)
        .ca_pem(emulator.ca_pem())
        .process_environment([
            ("AZURE_TENANT_ID", emulator.tenant().to_owned()),
            ("AZURE_CLIENT_ID", emulator.client_id().to_owned()),
            ("AZURE_CLIENT_SECRET", emulator.client_secret().to_owned()),
            ("AZURE_AUTHORITY_HOST", emulator.authority()),
        ])
}

async fn floor(http: reqwest::Client, vault: String, token: String) {
    let list = format!("{vault}/secrets?api-version=7.4");
    let challenged = http.get(&list).send().await.expect("the challenge");
    assert_eq!(challenged.status(), 401);
    challenged.bytes().await.expect("its body");
    let get = |url: String| {
        let request = http.get(url).bearer_auth(&token);
        async move {
            let reply = request.send().await.expect("a reply");
            assert_eq!(reply.status(), 200);
            serde_json::from_slice::<serde_json::Value>(&reply.bytes().await.expect("a body")).expect("JSON")
        }
    };
    let mut next = Some(list);
    let mut last = None;
    while let Some(url) = next {
        let page = get(url).await;
        last = page["value"][0]["id"].as_str().map(str::to_owned).or(last);
        next = page["nextLink"].as_str().map(str::to_owned);
    }
    if let Some(id) = last {
        get(format!("{id}?api-version=7.4")).await;
    }
}

async fn with_sdk(http: reqwest::Client, emulator: &KeyVaultEmulator, secrets: usize, in_flight: usize) {
    let mut cloud = azure_core::cloud::CustomConfiguration::default();
    cloud.authority_host = emulator.authority();
    let options = ClientOptions {
        transport: Some(Transport::new(Arc::new(http))),
        cloud: Some(Arc::new(cloud.into())),
        ..Default::default()
    };
    let credential: Arc<dyn TokenCredential> = ClientSecretCredential::new(
        emulator.tenant(),
        emulator.client_id().to_owned(),
        Secret::new(emulator.client_secret().to_owned()),
        Some(ClientSecretCredentialOptions {
            client_options: options.clone(),
        }),
    )
    .expect("a credential");
    let options = SecretClientOptions {
        client_options: options,
        // The host is `localhost`.
        verify_challenge_resource: Some(false),
        ..Default::default()
    };
    let client = SecretClient::new(&emulator.url(), credential, Some(options)).expect("a client");
    let listed: Vec<_> = client
        .list_secret_properties(None)
        .expect("a pager")
        .try_collect()
        .await
        .expect("the list");
    let got = futures::stream::iter(listed)
        .map(|listed| {
            let client = &client;
            async move {
                let name = listed.resource_id().expect("an id").name;
                client
                    .get_secret(&name, None)
                    .await
                    .expect("a secret")
                    .into_model()
                    .expect("its model")
                    .value
            }
        })
        .buffer_unordered(in_flight)
        .count()
        .await;
    assert_eq!(got, secrets);
}
