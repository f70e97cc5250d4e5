//! The .NET provider's algorithm on Azure's SDK: list all, then 32 gets at a time.

use std::process::ExitCode;
use std::sync::Arc;

use azure_core::cloud::CustomConfiguration;
use azure_core::credentials::{Secret, TokenCredential};
use azure_core::http::{ClientOptions, Transport};
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};
use azure_security_keyvault_secrets::{ResourceExt as _, SecretClient, SecretClientOptions};
use futures::{StreamExt as _, TryStreamExt as _};
use start_services::{Failure, Start, variable};

#[tokio::main]
async fn main() -> ExitCode {
    let start = Start::now();
    start.end(run().await)
}

async fn run() -> Result<usize, Failure> {
    let client = client()?;
    let listed: Vec<_> = client.list_secret_properties(None)?.try_collect().await?;
    let gets = futures::stream::iter(listed).map(|listed| {
        let client = &client;
        async move {
            let name = listed.resource_id()?.name;
            Ok::<_, Failure>(client.get_secret(&name, None).await?.into_model()?.value)
        }
    });
    let values: Vec<_> = gets.buffer_unordered(32).try_collect().await?;
    Ok(values.into_iter().flatten().count())
}

fn client() -> Result<SecretClient, Failure> {
    let mut cloud = CustomConfiguration::default();
    cloud.authority_host = variable("AZURE_AUTHORITY_HOST")?;
    let client_options = ClientOptions {
        transport: Some(Transport::new(Arc::new(start_services::http_client()?))),
        cloud: Some(Arc::new(cloud.into())),
        ..Default::default()
    };
    let credential: Arc<dyn TokenCredential> = ClientSecretCredential::new(
        &variable("AZURE_TENANT_ID")?,
        variable("AZURE_CLIENT_ID")?,
        Secret::new(variable("AZURE_CLIENT_SECRET")?),
        Some(ClientSecretCredentialOptions {
            client_options: client_options.clone(),
        }),
    )?;
    let options = SecretClientOptions {
        client_options,
        // The emulator is no host of the challenge's domain.
        verify_challenge_resource: Some(false),
        ..Default::default()
    };
    Ok(SecretClient::new(
        &variable("AZURE_KEYVAULT_URL")?,
        credential,
        Some(options),
    )?)
}
