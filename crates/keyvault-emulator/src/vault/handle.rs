//! The handle with which a test seeds, changes and inspects a vault.

use std::sync::Arc;

use super::{Deleted, ListItem, ListOrder, Secret, SecretSeed, VaultCell, VaultState, Version};
use crate::clock::unix_now;
use crate::lock::lock;
use crate::permissions::{Firewall, Permissions, SecretPermission};

/// A cheap handle to one vault, to seed it and to look inside. It asks no permission and is not recorded.
///
/// ```
/// use keyvault_emulator::KeyVaultEmulator;
///
/// let emulator = KeyVaultEmulator::start_blocking()?;
/// let vault = emulator.vault("my-app"); // at `emulator.vault_url("my-app")`
/// vault.set("Database--Password", "s3cret");
/// vault.set("Database--Password", "another"); // a new version
/// assert_eq!(vault.value("Database--Password").as_deref(), Some("another"));
///
/// vault.disable("Database--Password"); // while a test's service runs
/// vault.delete("Database--Password");
/// assert_eq!(vault.deleted_names(), ["Database--Password"]);
/// # Ok::<(), keyvault_emulator::EmulatorError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Vault {
    pub(crate) cell: Arc<VaultCell>,
}

impl Vault {
    /// The vault's name.
    #[must_use]
    pub fn name(&self) -> String {
        self.with(|vault| vault.name.clone())
    }

    /// Sets a secret as somebody else would: a new version, created now. Returns the version.
    ///
    /// The name is not checked and a deleted secret of that name is forgotten.
    pub fn set(&self, name: &str, value: impl Into<String>) -> String {
        self.put(name, Version::new(value.into()))
    }

    /// Puts a secret there as if it had been there for a day. Returns its version.
    pub fn seed(&self, seed: SecretSeed) -> String {
        let (name, version) = seed.into_parts();
        self.put(&name, version)
    }

    fn put(&self, name: &str, version: Version) -> String {
        let id = version.id.clone();
        self.with(|vault| {
            vault.deleted.remove(&name.to_ascii_lowercase());
            match vault.secrets.get_mut(&name.to_ascii_lowercase()) {
                Some(secret) => secret.versions.push(version),
                None => {
                    vault
                        .secrets
                        .insert(name.to_ascii_lowercase(), Secret::new(name, version));
                }
            }
        });
        id
    }

    /// Enables or disables the latest version, now. Returns whether there is such a secret.
    pub fn set_enabled(&self, name: &str, enabled: bool) -> bool {
        self.with(|vault| {
            let secret = vault.secrets.get_mut(&name.to_ascii_lowercase());
            let Some(version) = secret.and_then(|secret| secret.version_mut(None)) else {
                return false;
            };
            version.attributes.enabled = enabled;
            version.attributes.updated = unix_now();
            true
        })
    }

    /// Disables the latest version, now. Returns whether there is such a secret.
    pub fn disable(&self, name: &str) -> bool {
        self.set_enabled(name, false)
    }

    /// Soft-deletes a secret, now. Returns whether there was one.
    pub fn delete(&self, name: &str) -> bool {
        self.with(|vault| {
            let key = name.to_ascii_lowercase();
            let Some(secret) = vault.secrets.remove(&key) else {
                return false;
            };
            vault.deleted.insert(key, Deleted::new(secret));
            true
        })
    }

    /// Forgets a secret, deleted or not. Returns whether there was one.
    pub fn purge(&self, name: &str) -> bool {
        self.with(|vault| {
            let key = name.to_ascii_lowercase();
            let live = vault.secrets.remove(&key).is_some();
            vault.deleted.remove(&key).is_some() || live
        })
    }

    /// Forgets every secret, deleted ones too.
    pub fn clear(&self) {
        self.with(|vault| {
            vault.secrets.clear();
            vault.deleted.clear();
        });
    }

    /// The names of the secrets that are there, sorted, in the spelling of their first version.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.with(|vault| vault.secrets.values().map(|secret| secret.name.clone()).collect())
    }

    /// The names of the deleted secrets.
    #[must_use]
    pub fn deleted_names(&self) -> Vec<String> {
        self.with(|vault| {
            vault
                .deleted
                .values()
                .map(|deleted| deleted.secret.name.clone())
                .collect()
        })
    }

    /// The latest value of a secret.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<String> {
        self.with(|vault| {
            let secret = vault.secrets.get(&name.to_ascii_lowercase())?;
            secret.latest().map(|version| version.value.clone())
        })
    }

    /// What every caller may do from now on, unless [`Vault::set_client_permissions`] says otherwise.
    pub fn set_permissions(&self, permissions: Permissions) {
        self.with(|vault| vault.permissions = permissions);
    }

    /// What this client may do from now on, whatever the others may.
    pub fn set_client_permissions(&self, client_id: impl Into<String>, permissions: Permissions) {
        self.with(|vault| vault.client_permissions.insert(client_id.into(), permissions));
    }

    /// Refuses this permission on one secret only, from now on.
    pub fn deny(&self, name: &str, permission: SecretPermission) {
        self.with(|vault| vault.denied.insert((name.to_ascii_lowercase(), permission)));
    }

    /// Takes back every [`Vault::deny`].
    pub fn clear_denied(&self) {
        self.with(|vault| vault.denied.clear());
    }

    /// Closes the vault to this client or opens it again: `true` closes it.
    pub fn set_firewall(&self, firewall: impl Into<Firewall>) {
        self.with(|vault| vault.firewall = firewall.into());
    }

    /// The order in which the vault lists from now on.
    pub fn set_list_order(&self, order: ListOrder) {
        self.with(|vault| vault.listing.order = order);
    }

    /// What the list holds from now on, in this order, whatever is in the vault: a name may stand there twice or name nothing, and
    /// an item may be anything. [`Vault::clear_listed`] undoes it.
    ///
    /// ```
    /// use keyvault_emulator::{KeyVaultEmulator, ListItem};
    /// use serde_json::json;
    ///
    /// let emulator = KeyVaultEmulator::start_blocking()?;
    /// emulator.default_vault().set_listed([
    ///     ListItem::named("B"),
    ///     ListItem::named("A").without("attributes").with("unheardOf", json!([1])),
    ///     ListItem::named("B"),
    ///     ListItem::json(json!(null)),
    /// ]);
    /// # Ok::<(), keyvault_emulator::EmulatorError>(())
    /// ```
    pub fn set_listed(&self, items: impl IntoIterator<Item = ListItem>) {
        self.with(|vault| vault.listing.items = Some(items.into_iter().collect()));
    }

    /// Lists what is there again.
    pub fn clear_listed(&self) {
        self.with(|vault| vault.listing.items = None);
    }

    /// How many items the pages of the list have, the first one first; 0 is an empty page. Later pages have the usual number.
    pub fn set_page_sizes(&self, sizes: impl IntoIterator<Item = usize>) {
        self.with(|vault| vault.listing.page_sizes = sizes.into_iter().collect());
    }

    /// Pages of the list, counted from 0, that come back empty and yet have a next one.
    pub fn set_empty_pages(&self, pages: impl IntoIterator<Item = usize>) {
        self.with(|vault| vault.listing.empty_pages = pages.into_iter().collect());
    }

    /// Points every `nextLink` to this origin (`https://host:port`) instead of the vault's own; `None` undoes it.
    pub fn set_next_link_origin(&self, origin: Option<&str>) {
        self.with(|vault| {
            vault.listing.next_link_origin = origin.map(|o| o.trim_end_matches('/').to_owned());
        });
    }

    /// Writes `:443` into every `nextLink`, as the service now and then does, where the request named no port (see
    /// [`KeyVaultEmulator::vault_url`](crate::KeyVaultEmulator::vault_url)).
    pub fn set_next_link_port(&self, explicit: bool) {
        self.with(|vault| vault.listing.explicit_port = explicit);
    }

    /// Makes the last page link back to the first, so that a listing never ends.
    pub fn set_next_link_loop(&self, looping: bool) {
        self.with(|vault| vault.listing.looping = looping);
    }

    fn with<T>(&self, act: impl FnOnce(&mut VaultState) -> T) -> T {
        act(&mut lock(&self.cell.state))
    }
}
