//! One vault: what it holds, how it lists, whom it lets in.

mod backup;
mod handle;
mod item;
mod listing;
mod model;
mod seed;
mod throttle;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

pub use handle::Vault;
pub use item::ListItem;
pub use listing::ListOrder;
pub use seed::SecretSeed;
pub use throttle::Throttle;

pub(crate) use backup::{open_backup, seal_backup};
pub(crate) use listing::{Cursor, Listing};
pub(crate) use model::{Deleted, Secret, Version};
pub(crate) use throttle::Window;

use crate::permissions::{Firewall, Permissions, SecretPermission};

/// Key Vault's names: `[0-9A-Za-z-]{1,127}`.
pub(crate) fn is_secret_name(name: &str) -> bool {
    (1..=127).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// A vault's own state, behind one lock.
#[derive(Debug)]
pub(crate) struct VaultState {
    pub(crate) name: String,
    /// By lower-cased name: Key Vault's names ignore case and keep the first spelling.
    pub(crate) secrets: BTreeMap<String, Secret>,
    pub(crate) deleted: BTreeMap<String, Deleted>,
    pub(crate) permissions: Permissions,
    pub(crate) client_permissions: BTreeMap<String, Permissions>,
    pub(crate) denied: BTreeSet<(String, SecretPermission)>,
    pub(crate) firewall: Firewall,
    pub(crate) listing: Listing,
    pub(crate) window: Window,
}

#[derive(Debug)]
pub(crate) struct VaultCell {
    pub(crate) state: Mutex<VaultState>,
}

impl VaultCell {
    pub(crate) fn new(name: &str, permissions: Permissions) -> Self {
        Self {
            state: Mutex::new(VaultState {
                name: name.to_owned(),
                secrets: BTreeMap::new(),
                deleted: BTreeMap::new(),
                permissions,
                client_permissions: BTreeMap::new(),
                denied: BTreeSet::new(),
                firewall: Firewall::default(),
                listing: Listing::default(),
                window: Window::default(),
            }),
        }
    }
}
