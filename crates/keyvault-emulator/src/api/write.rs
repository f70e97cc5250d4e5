//! Set, update, back up, restore.

use emulator_kit::Reply;
use hyper::StatusCode;
use serde_json::json;

use super::Call;
use super::body::{MAX_VALUE, Properties, RestoreBody, SetBody, parse};
use super::read::{find, not_found};
use crate::api::ServiceError;
use crate::clock::unix_now;
use crate::vault::{Secret, VaultState, Version, open_backup, seal_backup};

fn conflict(message: String) -> ServiceError {
    ServiceError::new(StatusCode::CONFLICT, "Conflict", message)
}

fn refuse_deleted(vault: &VaultState, name: &str) -> Result<(), ServiceError> {
    match vault.deleted.get(&name.to_ascii_lowercase()) {
        None => Ok(()),
        Some(deleted) => Err(conflict(format!(
            "Secret {} is currently in a deleted but recoverable state, and its name cannot be reused; in this \
             state, the secret can only be recovered or purged.",
            deleted.secret.name
        ))
        .inner("ObjectIsDeletedButRecoverable")),
    }
}

/// The secret behind a certificate is the certificate's to change.
pub(super) fn refuse_managed(secret: &Secret, operation: &str) -> Result<(), ServiceError> {
    if !secret.is_managed() {
        return Ok(());
    }
    Err(ServiceError::new(
        StatusCode::FORBIDDEN,
        "Forbidden",
        format!("Operation \"{operation}\" is not allowed on this secret, since it is managed by Key Vault."),
    )
    .inner("SecretManagedByKeyVault"))
}

pub(super) fn set(call: &Call<'_>, vault: &mut VaultState) -> Result<Reply, ServiceError> {
    let name = call.secret()?;
    let sent: SetBody = parse(call.body)?;
    let Some(value) = sent.value else {
        return Err(ServiceError::bad_parameter("The parameter value is not specified."));
    };
    if value.len() > MAX_VALUE {
        return Err(ServiceError::bad_parameter(format!(
            "Secret is beyond the maximum permitted length of {MAX_VALUE} characters."
        )));
    }
    sent.properties.check()?;
    refuse_deleted(vault, name)?;
    let key = name.to_ascii_lowercase();
    let mut version = Version::new(value);
    sent.properties.apply(&mut version);
    let secret = match vault.secrets.get_mut(&key) {
        Some(secret) => {
            refuse_managed(secret, "setSecret")?;
            secret.versions.push(version.clone());
            secret
        }
        None => vault
            .secrets
            .entry(key)
            .or_insert_with(|| Secret::new(name, version.clone())),
    };
    Ok(Reply::json(
        StatusCode::OK,
        &secret.bundle(call.base, &version, call.since_2025_07()),
    ))
}

pub(super) fn update(call: &Call<'_>, vault: &mut VaultState) -> Result<Reply, ServiceError> {
    let (found, _) = find(call, vault)?;
    refuse_managed(found, "updateSecret")?;
    let sent: Properties = parse(call.body)?;
    sent.check()?;
    let name = call.secret()?;
    let secret = vault
        .secrets
        .get_mut(&name.to_ascii_lowercase())
        .ok_or_else(|| not_found(name))?;
    let version = secret
        .version_mut(call.route.version.as_deref())
        .ok_or_else(|| not_found(name))?;
    sent.apply(version);
    version.attributes.updated = unix_now();
    let version = version.clone();
    Ok(Reply::json(StatusCode::OK, &secret.description(call.base, &version)))
}

pub(super) fn backup(call: &Call<'_>, vault: &VaultState) -> Result<Reply, ServiceError> {
    let (secret, _) = find(call, vault)?;
    Ok(Reply::json(StatusCode::OK, &json!({ "value": seal_backup(secret) })))
}

/// The code is a sentence, as the service has it.
fn malformed_backup() -> ServiceError {
    let message = "Backup blob contains invalid or corrupt version.";
    ServiceError::new(StatusCode::BAD_REQUEST, "Malformed backup blob", message)
}

pub(super) fn restore(call: &Call<'_>, vault: &mut VaultState) -> Result<Reply, ServiceError> {
    let sent: RestoreBody = parse(call.body)?;
    let secret = open_backup(&sent.value).ok_or_else(malformed_backup)?;
    refuse_deleted(vault, &secret.name)?;
    let key = secret.name.to_ascii_lowercase();
    if vault.secrets.contains_key(&key) {
        return Err(conflict(format!(
            "The secret {} already exists in this key vault and cannot be restored.",
            secret.name
        )));
    }
    let version = secret.latest().cloned().ok_or_else(malformed_backup)?;
    let secret = vault.secrets.entry(key).or_insert(secret);
    Ok(Reply::json(StatusCode::OK, &secret.description(call.base, &version)))
}
