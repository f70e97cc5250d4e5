//! Soft delete and what comes after it.

use emulator_kit::Reply;
use hyper::StatusCode;

use super::Call;
use super::read::{deleted_not_found, find, not_found, page};
use super::write::refuse_managed;
use crate::api::ServiceError;
use crate::vault::{Deleted, VaultState};

pub(super) fn delete(call: &Call<'_>, vault: &mut VaultState) -> Result<Reply, ServiceError> {
    let (secret, _) = find(call, vault)?;
    refuse_managed(secret, "deleteSecret")?;
    let name = call.secret()?;
    let key = name.to_ascii_lowercase();
    let secret = vault.secrets.remove(&key).ok_or_else(|| not_found(name))?;
    let deleted = Deleted::new(secret);
    let reply = Reply::json(StatusCode::OK, &deleted.bundle(call.base, call.since_2025_07()));
    vault.deleted.insert(key, deleted);
    Ok(reply)
}

pub(super) fn list(call: &Call<'_>, vault: &VaultState) -> Result<Reply, ServiceError> {
    let items = vault
        .deleted
        .iter()
        .map(|(key, deleted)| (key.clone(), deleted.item(call.base)));
    page(call, &vault.listing.links(), "deletedsecrets", items.collect())
}

pub(super) fn get(call: &Call<'_>, vault: &VaultState) -> Result<Reply, ServiceError> {
    let name = call.secret()?;
    let deleted = vault
        .deleted
        .get(&name.to_ascii_lowercase())
        .ok_or_else(|| deleted_not_found(name))?;
    Ok(Reply::json(
        StatusCode::OK,
        &deleted.bundle(call.base, call.since_2025_07()),
    ))
}

pub(super) fn recover(call: &Call<'_>, vault: &mut VaultState) -> Result<Reply, ServiceError> {
    let name = call.secret()?;
    let key = name.to_ascii_lowercase();
    let deleted = vault.deleted.remove(&key).ok_or_else(|| not_found(name))?;
    let secret = vault.secrets.entry(key).or_insert(deleted.secret);
    let version = secret.latest().ok_or_else(|| not_found(name))?;
    Ok(Reply::json(StatusCode::OK, &secret.description(call.base, version)))
}

pub(super) fn purge(call: &Call<'_>, vault: &mut VaultState) -> Result<Reply, ServiceError> {
    let name = call.secret()?;
    vault
        .deleted
        .remove(&name.to_ascii_lowercase())
        .ok_or_else(|| deleted_not_found(name))?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
