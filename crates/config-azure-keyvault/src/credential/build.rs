//! The credential that was picked, built on our transport.

use std::sync::Arc;

use azure_core::cloud::CloudConfiguration;
use azure_core::credentials::{Secret, TokenCredential};
use azure_core::http::ClientOptions;
use azure_identity::{
    AzureCliCredential, AzureDeveloperCliCredential, ClientAssertionCredentialOptions, ClientSecretCredential,
    ClientSecretCredentialOptions, DeveloperToolsCredential, ManagedIdentityCredential,
    ManagedIdentityCredentialOptions, UserAssignedId, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};
use secrecy::ExposeSecret as _;

use super::choice::{Choice, Picked};
use crate::error::{Error, ErrorKind, Stage};
use crate::failure::deepest;
use crate::transport::Transport;

/// Builds the credential. No request is made.
pub(crate) fn build(
    choice: &Choice,
    transport: &Transport,
    cloud: Option<Arc<CloudConfiguration>>,
) -> Result<Arc<dyn TokenCredential>, Error> {
    let client_options = ClientOptions {
        transport: Some(transport.for_sdk()),
        retry: transport.retry(),
        cloud,
        ..Default::default()
    };
    let built: azure_core::Result<Arc<dyn TokenCredential>> = match choice.picked.clone() {
        Picked::Given(credential) => Ok(credential),
        Picked::ClientSecret { tenant, client, secret } => ClientSecretCredential::new(
            &tenant,
            client,
            Secret::new(secret.expose_secret().to_owned()),
            Some(ClientSecretCredentialOptions { client_options }),
        )
        .map(|credential| credential as _),
        Picked::WorkloadIdentity { tenant, client, file } => {
            WorkloadIdentityCredential::new(Some(WorkloadIdentityCredentialOptions {
                credential_options: ClientAssertionCredentialOptions { client_options },
                client_id: Some(client),
                tenant_id: Some(tenant),
                token_file_path: Some(file),
            }))
            .map(|credential| credential as _)
        }
        Picked::ManagedIdentity { client } => ManagedIdentityCredential::new(Some(ManagedIdentityCredentialOptions {
            user_assigned_id: client.map(UserAssignedId::ClientId),
            client_options,
        }))
        .map(|credential| credential as _),
        Picked::AzureCli => AzureCliCredential::new(None).map(|credential| credential as _),
        Picked::AzureDeveloperCli => AzureDeveloperCliCredential::new(None).map(|credential| credential as _),
        Picked::DeveloperTools => DeveloperToolsCredential::new(None).map(|credential| credential as _),
    };
    built.map_err(|error| {
        // All that can go wrong there is the file; its path is not shown, as the token itself may stand in its place.
        let what = match choice.picked {
            Picked::WorkloadIdentity { .. } => "the file that AZURE_FEDERATED_TOKEN_FILE names: ",
            _ => "",
        };
        Error::new(
            ErrorKind::Credential,
            Stage::Credential,
            format!("{choice} cannot be built: {what}{}", deepest(&error)),
        )
        .with_remedy("mend the settings it is built from, or choose another credential")
    })
}
