//! Configuration that stays true while the service runs.

mod fake;
mod faults;
mod files;
mod following;
mod memory;
mod nested;
mod polling;
mod rotation;
mod together;
mod typed;
mod untaken;

use std::sync::Arc;
use std::time::Duration;

use config_azure_keyvault::{AzureKeyVault, ChangeKind, ChangedKey, Watch};

use crate::support::{World, builder, leaks};

/// A watch of a vault that nothing else is loaded from.
async fn watching(source: &AzureKeyVault) -> Watch {
    source.watch(builder(source)).start().await.expect("the vault loads")
}

/// Lets time pass, and whatever is due begin. What it begins runs in real time: it speaks with a server.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

/// What is told of a key.
fn told(changed: &ChangedKey) -> (&str, ChangeKind, Option<&str>) {
    (&changed.key, changed.kind, changed.secret.as_deref())
}
