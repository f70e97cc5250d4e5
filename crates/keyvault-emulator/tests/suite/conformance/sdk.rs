//! The list by Azure's SDK for Rust. An answer is what its types say, not what came over the wire: a member that it does not
//! read is missing.

use std::pin::pin;
use std::sync::Arc;

use azure_core::credentials::{Secret as ClientSecret, TokenCredential};
use azure_core::error::ErrorKind;
use azure_core::http::{ClientOptions, Response, Transport};
use azure_core::time::OffsetDateTime;
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};
use azure_security_keyvault_secrets::models::{
    BackupSecretResult, DeletedSecret, DeletedSecretProperties, KeyVaultError, KeyVaultErrorError,
    ListDeletedSecretPropertiesResult, ListSecretPropertiesResult, RestoreSecretParameters, Secret, SecretAttributes,
    SecretClientGetSecretOptions, SecretClientListDeletedSecretPropertiesOptions,
    SecretClientListSecretPropertiesOptions, SecretClientListSecretPropertiesVersionsOptions,
    SecretClientUpdateSecretPropertiesOptions, SecretProperties, SetSecretParameters, UpdateSecretPropertiesParameters,
};
use azure_security_keyvault_secrets::{SecretClient, SecretClientOptions};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::TryStreamExt as _;
use keyvault_emulator::KeyVaultEmulator;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::ask::{Ask, Client, Operation, Pages, Seen, Token};
use super::list::Case;
use super::run::{known, times};

pub(super) struct Sdk {
    credential: Arc<dyn TokenCredential>,
    options: ClientOptions,
    vault: String,
}

impl Sdk {
    pub(super) fn new(emulator: &KeyVaultEmulator, vault: &str) -> Self {
        let mut cloud = azure_core::cloud::CustomConfiguration::default();
        cloud.authority_host = emulator.authority();
        let options = ClientOptions {
            transport: Some(Transport::new(Arc::new(emulator.http_client()))),
            cloud: Some(Arc::new(cloud.into())),
            ..Default::default()
        };
        let credential = ClientSecretCredential::new(
            emulator.tenant(),
            emulator.client_id().to_owned(),
            ClientSecret::new(emulator.client_secret().to_owned()),
            Some(ClientSecretCredentialOptions {
                client_options: options.clone(),
            }),
        );
        Self {
            credential: credential.unwrap(),
            options,
            vault: vault.to_owned(),
        }
    }

    /// Its check of the challenge is on.
    fn client(&self, ask: &Ask) -> SecretClient {
        let options = SecretClientOptions {
            api_version: ask.api_version().to_owned(),
            client_options: self.options.clone(),
            ..Default::default()
        };
        SecretClient::new(&self.vault, Arc::clone(&self.credential), Some(options)).unwrap()
    }

    async fn answer(&self, ask: &Ask) -> azure_core::Result<(u16, Value)> {
        let (client, name, most) = (self.client(ask), ask.name(), most(ask));
        match ask.operation {
            Operation::Set => {
                let body = model::<SetSecretParameters>(ask).unwrap().try_into()?;
                told(client.set_secret(name, body, None).await?, secret)
            }
            Operation::Get => {
                let options = SecretClientGetSecretOptions {
                    secret_version: ask.version.clone(),
                    ..Default::default()
                };
                told(client.get_secret(name, Some(options)).await?, secret)
            }
            Operation::Update => {
                let body = model::<UpdateSecretPropertiesParameters>(ask).unwrap().try_into()?;
                let options = SecretClientUpdateSecretPropertiesOptions {
                    secret_version: ask.version.clone(),
                    ..Default::default()
                };
                told(
                    client.update_secret_properties(name, body, Some(options)).await?,
                    secret,
                )
            }
            Operation::Delete => told(client.delete_secret(name, None).await?, deleted),
            Operation::GetDeleted => told(client.get_deleted_secret(name, None).await?, deleted),
            Operation::Recover => told(client.recover_deleted_secret(name, None).await?, secret),
            Operation::Backup => told(client.backup_secret(name, None).await?, backup),
            Operation::Restore => {
                let body = model::<RestoreSecretParameters>(ask).unwrap().try_into()?;
                told(client.restore_secret(body, None).await?, secret)
            }
            Operation::Purge => {
                let response = client.purge_deleted_secret(name, None).await?;
                Ok((response.status().into(), Value::Null))
            }
            Operation::List => {
                let options = SecretClientListSecretPropertiesOptions {
                    maxresults: most,
                    ..Default::default()
                };
                let pages = client.list_secret_properties(Some(options))?.into_pages();
                listed(ask, pages, listing).await
            }
            Operation::ListVersions => {
                let options = SecretClientListSecretPropertiesVersionsOptions {
                    maxresults: most,
                    ..Default::default()
                };
                let pages = client.list_secret_properties_versions(name, Some(options))?;
                listed(ask, pages.into_pages(), listing).await
            }
            Operation::ListDeleted => {
                let options = SecretClientListDeletedSecretPropertiesOptions {
                    maxresults: most,
                    ..Default::default()
                };
                let pages = client.list_deleted_secret_properties(Some(options))?.into_pages();
                listed(ask, pages, deleted_listing).await
            }
            Operation::Request => panic!("the SDK sends its own requests only"),
        }
    }
}

impl Client for Sdk {
    async fn ask(&self, ask: &Ask) -> Seen {
        let (status, body) = match self.answer(ask).await {
            Ok(told) => told,
            Err(error) => refusal(&error),
        };
        Seen {
            status,
            headers: None,
            body,
        }
    }
}

/// Whether the SDK has words for all of it.
pub(super) fn can_ask(case: &Case) -> bool {
    let known = known("Name", "", "", None);
    let all = case.given.iter().chain([&case.ask]);
    let mut all = all.flat_map(|ask| times(ask, &known)).map(Ask::of);
    all.all(|ask| {
        let body = match ask.operation {
            Operation::Request => false,
            Operation::Set => model::<SetSecretParameters>(&ask).is_some_and(|model| is_whole(&model, &ask)),
            Operation::Update => model::<UpdateSecretPropertiesParameters>(&ask).is_some(),
            Operation::Restore => is_blob(&ask),
            _ => true,
        };
        let plain = ask.token == Token::Good && ask.headers.is_empty();
        body && plain && ask.maxresults.is_some() == most(&ask).is_some()
    })
}

/// The body as one of the SDK's types, where it is one.
fn model<T: DeserializeOwned>(ask: &Ask) -> Option<T> {
    serde_json::from_value(ask.body.clone()?).ok()
}

fn is_whole(model: &impl Serialize, ask: &Ask) -> bool {
    serde_json::to_value(model).ok() == ask.body
}

/// Or will be one, once it is known.
fn is_blob(ask: &Ask) -> bool {
    let value = ask.body.as_ref().and_then(|body| body["value"].as_str());
    value.is_some_and(|value| value.starts_with('{')) || model::<RestoreSecretParameters>(ask).is_some()
}

fn most(ask: &Ask) -> Option<i32> {
    ask.maxresults.as_ref()?.parse().ok()
}

fn told<T: DeserializeOwned>(response: Response<T>, show: fn(T) -> Value) -> azure_core::Result<(u16, Value)> {
    let status = response.status().into();
    Ok((status, show(response.into_model()?)))
}

/// One page, or all of them.
async fn listed<T: DeserializeOwned>(
    ask: &Ask,
    pages: impl futures::Stream<Item = azure_core::Result<Response<T>>>,
    show: fn(T) -> Value,
) -> azure_core::Result<(u16, Value)> {
    let mut pages = pin!(pages);
    let mut all = Pages::default();
    let mut status = 0;
    while let Some(page) = pages.try_next().await? {
        let (code, page) = told(page, show)?;
        if !ask.all {
            return Ok((code, page));
        }
        status = code;
        all.add(&page);
    }
    Ok((status, all.json()))
}

fn refusal(error: &azure_core::Error) -> (u16, Value) {
    let ErrorKind::HttpResponse {
        status,
        raw_response: Some(response),
        ..
    } = error.kind()
    else {
        panic!("no answer: {error:?}");
    };
    let body = serde_json::from_slice::<KeyVaultError>(response.body().as_ref());
    let error = body.ok().and_then(|body| body.error);
    (u16::from(*status), json!({ "error": error.map(refused) }))
}

fn refused(error: KeyVaultErrorError) -> Value {
    members([
        ("code", error.code.map(Value::from)),
        ("message", error.message.map(Value::from)),
        ("innererror", error.inner_error.map(|inner| refused(*inner))),
    ])
}

/// Those that are there.
fn members<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let there = members
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(there.collect::<Map<_, _>>())
}

fn seconds(time: Option<OffsetDateTime>) -> Option<Value> {
    time.map(|time| json!(time.unix_timestamp()))
}

fn attributes(attributes: SecretAttributes) -> Value {
    members([
        ("enabled", attributes.enabled.map(Value::from)),
        ("nbf", seconds(attributes.not_before)),
        ("exp", seconds(attributes.expires)),
        ("created", seconds(attributes.created)),
        ("updated", seconds(attributes.updated)),
        (
            "recoveryLevel",
            attributes.recovery_level.map(|level| json!(level.as_ref())),
        ),
        ("recoverableDays", attributes.recoverable_days.map(Value::from)),
    ])
}

fn secret(secret: Secret) -> Value {
    members([
        ("value", secret.value.map(Value::from)),
        ("id", secret.id.map(Value::from)),
        ("contentType", secret.content_type.map(Value::from)),
        ("attributes", secret.attributes.map(attributes)),
        ("tags", secret.tags.map(|tags| json!(tags))),
        ("managed", secret.managed.map(Value::from)),
        ("kid", secret.kid.map(Value::from)),
        ("previousVersion", secret.previous_version.map(Value::from)),
    ])
}

fn deleted(secret: DeletedSecret) -> Value {
    members([
        ("value", secret.value.map(Value::from)),
        ("id", secret.id.map(Value::from)),
        ("contentType", secret.content_type.map(Value::from)),
        ("attributes", secret.attributes.map(attributes)),
        ("tags", secret.tags.map(|tags| json!(tags))),
        ("managed", secret.managed.map(Value::from)),
        ("recoveryId", secret.recovery_id.map(Value::from)),
        ("deletedDate", seconds(secret.deleted_date)),
        ("scheduledPurgeDate", seconds(secret.scheduled_purge_date)),
    ])
}

fn item(item: SecretProperties) -> Value {
    members([
        ("id", item.id.map(Value::from)),
        ("contentType", item.content_type.map(Value::from)),
        ("attributes", item.attributes.map(attributes)),
        ("tags", item.tags.map(|tags| json!(tags))),
        ("managed", item.managed.map(Value::from)),
    ])
}

fn deleted_item(item: DeletedSecretProperties) -> Value {
    members([
        ("id", item.id.map(Value::from)),
        ("contentType", item.content_type.map(Value::from)),
        ("attributes", item.attributes.map(attributes)),
        ("tags", item.tags.map(|tags| json!(tags))),
        ("managed", item.managed.map(Value::from)),
        ("recoveryId", item.recovery_id.map(Value::from)),
        ("deletedDate", seconds(item.deleted_date)),
        ("scheduledPurgeDate", seconds(item.scheduled_purge_date)),
    ])
}

fn listing(page: ListSecretPropertiesResult) -> Value {
    let items: Vec<_> = page.value.into_iter().map(item).collect();
    json!({ "value": items, "nextLink": page.next_link })
}

fn deleted_listing(page: ListDeletedSecretPropertiesResult) -> Value {
    let items: Vec<_> = page.value.into_iter().map(deleted_item).collect();
    json!({ "value": items, "nextLink": page.next_link })
}

fn backup(backup: BackupSecretResult) -> Value {
    json!({ "value": backup.value.map(|blob| URL_SAFE_NO_PAD.encode(blob)) })
}
