//! Azure's own Rust SDK against the emulator: the list of calls that the Python step drives too.

use std::collections::HashSet;
use std::sync::Arc;

use azure_core::credentials::{Secret as ClientSecret, TokenCredential};
use azure_core::error::{ErrorKind, ErrorResponse};
use azure_core::http::{ClientOptions, Response, Transport};
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};
use azure_security_keyvault_secrets::models::{
    RestoreSecretParameters, Secret, SecretAttributes, SecretClientGetSecretOptions, SetSecretParameters,
    UpdateSecretPropertiesParameters,
};
use azure_security_keyvault_secrets::{ResourceExt as _, SecretClient, SecretClientOptions};
use futures::TryStreamExt as _;
use keyvault_emulator::{Permissions, SecretPermission, SecretSeed};

use crate::support::World;

fn client(world: &World, client_secret: &str) -> SecretClient {
    let mut cloud = azure_core::cloud::CustomConfiguration::default();
    cloud.authority_host = world.emulator.authority();
    let client_options = ClientOptions {
        transport: Some(Transport::new(Arc::new(world.emulator.http_client()))),
        cloud: Some(Arc::new(cloud.into())),
        ..Default::default()
    };
    let credential: Arc<dyn TokenCredential> = ClientSecretCredential::new(
        world.emulator.tenant(),
        world.emulator.client_id().to_owned(),
        ClientSecret::new(client_secret.to_owned()),
        Some(ClientSecretCredentialOptions {
            client_options: client_options.clone(),
        }),
    )
    .expect("a credential");
    let options = SecretClientOptions {
        client_options,
        ..Default::default()
    };
    SecretClient::new(&world.url, credential, Some(options)).expect("a client")
}

async fn set(client: &SecretClient, name: &str, value: &str) -> azure_core::Result<Secret> {
    let parameters = SetSecretParameters {
        value: Some(value.to_owned()),
        ..Default::default()
    };
    client
        .set_secret(name, parameters.try_into()?, None)
        .await?
        .into_model()
}

async fn get(client: &SecretClient, name: &str) -> azure_core::Result<Secret> {
    client.get_secret(name, None).await?.into_model()
}

/// The status, code and inner code of a refusal.
fn refusal<T>(result: azure_core::Result<T>) -> (u16, String, Option<String>) {
    let Err(error) = result else {
        panic!("it was not refused")
    };
    let ErrorKind::HttpResponse { status, .. } = error.kind() else {
        panic!("no refusal: {error:?}")
    };
    let status = u16::from(*status);
    let detail = ErrorResponse::try_from(error)
        .expect("the service's form")
        .error
        .expect("a detail");
    let inner = detail.inner_error.and_then(|inner| inner.code);
    (status, detail.code.expect("a code"), inner)
}

#[tokio::test]
async fn set_get_and_versions() {
    let world = World::start().await;
    let client = client(&world, world.emulator.client_secret());

    let first = set(&client, "Name", "one").await.expect("set");
    let version = first.resource_id().expect("an id").version.expect("a version");
    set(&client, "Name", "two").await.expect("set again");

    assert_eq!(get(&client, "name").await.expect("get").value.as_deref(), Some("two"));
    let options = SecretClientGetSecretOptions {
        secret_version: Some(version),
        ..Default::default()
    };
    let old = client
        .get_secret("Name", Some(options))
        .await
        .and_then(Response::into_model)
        .expect("get a version");
    assert_eq!(old.value.as_deref(), Some("one"));

    let versions: Vec<_> = client
        .list_secret_properties_versions("Name", None)
        .expect("a pager")
        .try_collect()
        .await
        .expect("versions");
    let ids: HashSet<_> = versions
        .iter()
        .map(|version| version.resource_id().expect("an id").version)
        .collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(
        refusal(get(&client, "Nobody").await),
        (404, "SecretNotFound".to_owned(), None)
    );
}

#[tokio::test]
async fn sixty_secrets_are_three_pages() {
    let world = World::start().await;
    for n in 0..60 {
        world.vault.seed(SecretSeed::new(format!("Key{n}"), "x"));
    }
    let client = client(&world, world.emulator.client_secret());

    let pages: Vec<_> = client
        .list_secret_properties(None)
        .expect("a pager")
        .into_pages()
        .try_collect()
        .await
        .expect("pages");
    let sizes: Vec<_> = pages
        .into_iter()
        .map(|page| page.into_model().expect("a page").value.len())
        .collect();
    assert_eq!(sizes, [25, 25, 10]);
}

#[tokio::test]
async fn a_disabled_secret_is_listed_and_not_handed_out() {
    let world = World::start().await;
    let client = client(&world, world.emulator.client_secret());
    let version = set(&client, "Name", "one")
        .await
        .expect("set")
        .resource_id()
        .expect("an id")
        .version;

    let attributes = SecretAttributes {
        enabled: Some(false),
        ..Default::default()
    };
    let parameters = UpdateSecretPropertiesParameters {
        secret_attributes: Some(attributes),
        ..Default::default()
    };
    let options = azure_security_keyvault_secrets::models::SecretClientUpdateSecretPropertiesOptions {
        secret_version: version,
        ..Default::default()
    };
    client
        .update_secret_properties("Name", parameters.try_into().expect("JSON"), Some(options))
        .await
        .expect("disable");

    let refused = refusal(get(&client, "Name").await);
    assert_eq!(
        refused,
        (403, "Forbidden".to_owned(), Some("SecretDisabled".to_owned()))
    );
    let listed: Vec<_> = client
        .list_secret_properties(None)
        .expect("a pager")
        .try_collect()
        .await
        .expect("the list");
    assert_eq!(
        listed[0].attributes.as_ref().and_then(|attributes| attributes.enabled),
        Some(false)
    );
}

#[tokio::test]
async fn delete_recover_purge() {
    let world = World::start().await;
    let client = client(&world, world.emulator.client_secret());
    set(&client, "Name", "one").await.expect("set");

    client.delete_secret("Name", None).await.expect("delete");
    assert_eq!(refusal(get(&client, "Name").await).0, 404);
    let deleted = client
        .get_deleted_secret("Name", None)
        .await
        .and_then(Response::into_model)
        .expect("get deleted");
    assert!(deleted.recovery_id.is_some());
    let refused = refusal(set(&client, "Name", "two").await);
    assert_eq!(
        refused,
        (
            409,
            "Conflict".to_owned(),
            Some("ObjectIsDeletedButRecoverable".to_owned())
        )
    );

    client.recover_deleted_secret("Name", None).await.expect("recover");
    assert_eq!(get(&client, "Name").await.expect("get").value.as_deref(), Some("one"));

    client.delete_secret("Name", None).await.expect("delete again");
    client.purge_deleted_secret("Name", None).await.expect("purge");
    assert_eq!(refusal(client.get_deleted_secret("Name", None).await).0, 404);
    set(&client, "Name", "three").await.expect("set after the purge");
}

#[tokio::test]
async fn backup_and_restore() {
    let world = World::start().await;
    let client = client(&world, world.emulator.client_secret());
    set(&client, "Name", "one").await.expect("set");

    let backup = client
        .backup_secret("Name", None)
        .await
        .and_then(Response::into_model)
        .expect("backup");
    client.delete_secret("Name", None).await.expect("delete");
    client.purge_deleted_secret("Name", None).await.expect("purge");
    let parameters = RestoreSecretParameters {
        secret_backup: backup.value,
    };
    client
        .restore_secret(parameters.try_into().expect("JSON"), None)
        .await
        .expect("restore");
    assert_eq!(get(&client, "Name").await.expect("get").value.as_deref(), Some("one"));
}

#[tokio::test]
async fn a_wrong_client_secret_and_a_missing_permission() {
    let world = World::start().await;
    world.seed(&["Name"]);

    let wrong = client(&world, "not the secret")
        .get_secret("Name", None)
        .await
        .expect_err("no token");
    assert!(matches!(wrong.kind(), ErrorKind::Credential), "{wrong:?}");

    world
        .vault
        .set_permissions(Permissions::all_but([SecretPermission::Get]));
    let refused = refusal(
        client(&world, world.emulator.client_secret())
            .get_secret("Name", None)
            .await,
    );
    assert_eq!(
        refused,
        (403, "Forbidden".to_owned(), Some("ForbiddenByRbac".to_owned()))
    );
}
