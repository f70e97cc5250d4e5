//! What changed between two configurations: names, never a value.

use std::collections::BTreeSet;
use std::fmt;

use config::{Map, Value, ValueKind};

use crate::mapping::{element, member};
use crate::origin::secret_of_value;

/// What changed from one configuration to the next: the keys, the secrets and their versions. It holds no value.
///
/// A secret that got a new version with the value of the old one is no change.
///
/// ```
/// use config_azure_keyvault::Change;
///
/// fn on_change(change: &Change) {
///     println!("{change}"); // 1 key changed: `Database.Password` (secret `Database--Password` version 0123…)
///     if change.touches("Database") {
///         // Connect anew.
///     }
/// }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// The keys whose value changed, in their order.
    pub keys: Vec<ChangedKey>,
}

/// A key whose value changed.
///
/// ```
/// use config_azure_keyvault::Change;
///
/// /// For an audit log: which secret came into use, and in which version.
/// fn versions(change: &Change) -> impl Iterator<Item = (&str, &str)> {
///     change.keys.iter().filter_map(|key| Some((key.secret.as_deref()?, key.version.as_deref()?)))
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChangedKey {
    /// The setting, as `Section.Key`; an array's element as `Section.Key[0]`.
    pub key: String,
    /// Whether it is new, has another value, or is gone.
    pub kind: ChangeKind,
    /// The secret that gives the value, or gave the one that is gone; `None` where it came from elsewhere.
    pub secret: Option<String>,
    /// The version of the secret that gives the value now, if the vault told it.
    pub version: Option<String>,
    /// The version of the secret that gave the value before, if the vault told it.
    pub version_before: Option<String>,
}

/// What became of a key.
///
/// ```
/// use config_azure_keyvault::{Change, ChangeKind};
///
/// /// A setting that is gone is most often a slip.
/// fn gone(change: &Change) -> impl Iterator<Item = &str> {
///     let gone = change.keys.iter().filter(|key| key.kind == ChangeKind::Removed);
///     gone.map(|key| key.key.as_str())
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChangeKind {
    /// It was not there before.
    Added,
    /// It has another value.
    Replaced,
    /// It is gone.
    Removed,
}

impl Change {
    /// Nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Did anything change in this section (`"MaskinportenSettings"`, `"A.B"`)? Case does not matter.
    #[must_use]
    pub fn touches(&self, section: &str) -> bool {
        self.keys.iter().any(|changed| {
            let begins = changed.key.get(..section.len());
            let rest = changed.key.get(section.len()..).unwrap_or_default();
            begins.is_some_and(|begins| begins.eq_ignore_ascii_case(section))
                && (rest.is_empty() || rest.starts_with(['.', '[']))
        })
    }

    /// What is different in `new`.
    pub(super) fn between(old: &Value, new: &Value) -> Self {
        let mut change = Self::default();
        change.compare(String::new(), Some(old), Some(new));
        change
    }

    fn compare(&mut self, key: String, old: Option<&Value>, new: Option<&Value>) {
        let kinds = (old.map(|old| &old.kind), new.map(|new| &new.kind));
        match kinds {
            (Some(ValueKind::Table(old)), Some(ValueKind::Table(new))) if !(old.is_empty() && new.is_empty()) => {
                self.members(&key, old, new);
            }
            (Some(ValueKind::Array(old)), Some(ValueKind::Array(new))) if !(old.is_empty() && new.is_empty()) => {
                for n in 0..old.len().max(new.len()) {
                    self.compare(element(&key, n), old.get(n), new.get(n));
                }
            }
            (Some(old_kind), Some(new_kind)) if is_leaf(old_kind) && is_leaf(new_kind) => {
                if !is_same(old_kind, new_kind) {
                    self.push(key, ChangeKind::Replaced, old, new);
                }
            }
            _ => {
                old.into_iter().for_each(|old| self.all(&key, old, ChangeKind::Removed));
                new.into_iter().for_each(|new| self.all(&key, new, ChangeKind::Added));
            }
        }
    }

    fn members(&mut self, key: &str, old: &Map<String, Value>, new: &Map<String, Value>) {
        for name in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
            self.compare(member(key, name), old.get(name), new.get(name));
        }
    }

    /// Every leaf of a value that has no counterpart.
    fn all(&mut self, key: &str, value: &Value, kind: ChangeKind) {
        match &value.kind {
            ValueKind::Table(table) if !table.is_empty() => {
                let mut names: Vec<_> = table.iter().collect();
                names.sort_unstable_by_key(|&(name, _)| name);
                for (name, value) in names {
                    self.all(&member(key, name), value, kind);
                }
            }
            ValueKind::Array(array) if !array.is_empty() => {
                for (n, value) in array.iter().enumerate() {
                    self.all(&element(key, n), value, kind);
                }
            }
            // An empty configuration has no key.
            _ if key.is_empty() => {}
            _ => match kind {
                ChangeKind::Removed => self.push(key.to_owned(), kind, Some(value), None),
                _ => self.push(key.to_owned(), kind, None, Some(value)),
            },
        }
    }

    fn push(&mut self, key: String, kind: ChangeKind, old: Option<&Value>, new: Option<&Value>) {
        let (before, now) = (old.and_then(secret_of_value), new.and_then(secret_of_value));
        let version = |of: &Option<(&str, Option<&str>)>| of.and_then(|(_, version)| version).map(str::to_owned);
        self.keys.push(ChangedKey {
            key,
            kind,
            secret: match kind {
                ChangeKind::Removed => before,
                _ => now,
            }
            .map(|(name, _)| name.to_owned()),
            version: version(&now),
            version_before: version(&before),
        });
    }
}

fn is_leaf(kind: &ValueKind) -> bool {
    match kind {
        ValueKind::Table(table) => table.is_empty(),
        ValueKind::Array(array) => array.is_empty(),
        _ => true,
    }
}

fn is_same(old: &ValueKind, new: &ValueKind) -> bool {
    match (old, new) {
        // What is not a number equals nothing, and yet did not change.
        (ValueKind::Float(old), ValueKind::Float(new)) => old.to_bits() == new.to_bits(),
        _ => old == new,
    }
}

/// So many keys are named in one line.
const NAMED: usize = 10;

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.keys.len() {
            0 => return f.write_str("nothing changed"),
            1 => f.write_str("1 key changed: ")?,
            n => write!(f, "{n} keys changed: ")?,
        }
        for (n, key) in self.keys.iter().take(NAMED).enumerate() {
            if n > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{key}")?;
        }
        match self.keys.len() {
            n if n > NAMED => write!(f, " and {} more", n - NAMED),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for ChangedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            ChangeKind::Added => " added",
            ChangeKind::Replaced => "",
            ChangeKind::Removed => " removed",
        };
        write!(f, "`{}`{kind}", self.key)?;
        match (&self.secret, &self.version) {
            (Some(secret), Some(version)) => write!(f, " (secret `{secret}` version {version})"),
            (Some(secret), None) => write!(f, " (secret `{secret}`)"),
            _ => Ok(()),
        }
    }
}
