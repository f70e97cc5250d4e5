//! An item of a listing that a test writes by hand.

use serde_json::{Value, json};

/// An item of a list: what the vault would show, or anything else. For [`Vault::set_listed`](super::Vault::set_listed).
///
/// ```
/// use keyvault_emulator::{KeyVaultEmulator, ListItem};
/// use serde_json::json;
///
/// let emulator = KeyVaultEmulator::start_blocking()?;
/// emulator.default_vault().set_listed([
///     ListItem::named("Listed").with("contentType", json!("text/plain")),
///     ListItem::named("Odd").without("attributes"),
///     ListItem::json(json!(null)),
/// ]);
/// # Ok::<(), keyvault_emulator::EmulatorError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ListItem(Kind);

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Named {
        name: String,
        members: Vec<(String, Option<Value>)>,
    },
    Any(Value),
}

impl ListItem {
    /// The item of the secret of that name; of one that is not there, nothing but its `id`.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self(Kind::Named {
            name: name.into(),
            members: Vec::new(),
        })
    }

    /// Any JSON at all, as it is.
    #[must_use]
    pub fn json(item: Value) -> Self {
        Self(Kind::Any(item))
    }

    /// Sets a member, known to the service or not.
    #[must_use]
    pub fn with(self, member: impl Into<String>, value: Value) -> Self {
        self.change(member.into(), Some(value))
    }

    /// Takes a member away, such as `attributes`.
    #[must_use]
    pub fn without(self, member: impl Into<String>) -> Self {
        self.change(member.into(), None)
    }

    fn change(mut self, member: String, value: Option<Value>) -> Self {
        match &mut self.0 {
            Kind::Named { members, .. } => members.push((member, value)),
            Kind::Any(item) => set(item, &member, value),
        }
        self
    }

    /// What is sent. `known` shows the secret of a name.
    pub(crate) fn show(&self, base: &str, known: impl FnOnce(&str) -> Option<Value>) -> Value {
        match &self.0 {
            Kind::Any(item) => item.clone(),
            Kind::Named { name, members } => {
                let mut item = known(name).unwrap_or_else(|| json!({ "id": format!("{base}/secrets/{name}") }));
                for (member, value) in members {
                    set(&mut item, member, value.clone());
                }
                item
            }
        }
    }
}

impl From<&str> for ListItem {
    fn from(name: &str) -> Self {
        Self::named(name)
    }
}

/// Nothing happens to what is no object.
fn set(item: &mut Value, member: &str, value: Option<Value>) {
    let Some(members) = item.as_object_mut() else { return };
    match value {
        Some(value) => members.insert(member.to_owned(), value),
        None => members.remove(member),
    };
}
