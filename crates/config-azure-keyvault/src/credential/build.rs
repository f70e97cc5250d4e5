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
use super::given::Given;
use crate::error::{Error, ErrorKind, Stage};
use crate::failure::deepest;
use crate::transport::Transport;

/// The characters that the SDK takes for a tenant's.
fn is_tenant(tenant: &str) -> bool {
    tenant
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
}

/// Builds the credential. No request is made.
pub(super) fn build(
    choice: &Choice,
    transport: &Transport,
    cloud: Option<Arc<CloudConfiguration>>,
) -> Result<Arc<dyn TokenCredential>, Error> {
    if let Picked::ClientSecret { tenant, .. } | Picked::WorkloadIdentity { tenant, .. } = &choice.picked
        && !is_tenant(tenant)
    {
        // The SDK would quote it, and whatever was put there by mistake may be a secret.
        return Err(Error::new(
            ErrorKind::Credential,
            Stage::Credential,
            format!("{choice} cannot be built: the tenant id holds characters that none has"),
        )
        .with_remedy("set the tenant's id (a UUID) or its domain"));
    }
    let client_options = ClientOptions {
        transport: Some(transport.for_sdk()),
        retry: transport.retry(),
        cloud,
        ..Default::default()
    };
    let built: azure_core::Result<Arc<dyn TokenCredential>> = match choice.picked.clone() {
        Picked::Given(credential) => Ok(Arc::new(Given(credential))),
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
