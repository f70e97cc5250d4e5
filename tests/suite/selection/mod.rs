//! Which secrets are loaded: by name, by prefix, by filter, by what the vault tells of them. All of it before a get.

mod by_list;
mod by_name;
mod placing;
mod requests;
mod required;
mod result;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use config::Config;
use config_azure_keyvault::{
    AzureKeyVault, Error, ErrorKind, LoadReport, Managed, SecretName, SkipReason, Stage, ValidityPolicy, Warning,
};
use keyvault_emulator::{Fault, ListOrder, Permissions, RequestKind, SecretPermission, SecretSeed};

use crate::support::{World, error_of, leaks, load};

/// The names that the emulator was asked to get with a valid token, in the order of arrival.
fn gets(world: &World) -> Vec<String> {
    let requests = world.emulator.requests();
    let gets = requests
        .iter()
        .filter(|request| request.kind == RequestKind::Get && request.authorized);
    gets.filter_map(|request| request.secret.clone()).collect()
}

fn report(source: &AzureKeyVault) -> LoadReport {
    source.report().expect("a report")
}

fn keys(source: &AzureKeyVault) -> Vec<String> {
    report(source).loaded.into_iter().map(|loaded| loaded.key).collect()
}

fn skipped(source: &AzureKeyVault) -> Vec<(String, SkipReason)> {
    let skipped = report(source).skipped.into_iter();
    skipped.map(|skipped| (skipped.name, skipped.reason)).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}
