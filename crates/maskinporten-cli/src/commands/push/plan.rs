//! What becomes of each secret.

use std::collections::{BTreeMap, HashMap, HashSet};

use config::{Config, Value, ValueKind};
use config_azure_keyvault::SecretProperties;
use secrecy::{ExposeSecret as _, SecretString};

use crate::commands::rotate::ROTATION_TYPE;
use crate::terminal::{BAD, FAINT, GOOD, ODD, plain, styled};

/// What Key Vault takes for a value (<https://learn.microsoft.com/azure/key-vault/secrets/about-secrets>).
const LONGEST: usize = 25_600;

/// A value of the file.
pub(super) struct Leaf {
    /// What it is called in the vault.
    pub(super) name: String,
    value: SecretString,
    /// Why it can be no secret.
    problem: Option<&'static str>,
}

/// A secret of the vault, and its value where it was needed.
pub(super) struct Held {
    pub(super) properties: SecretProperties,
    pub(super) value: Option<SecretString>,
}

/// A secret, and what becomes of it.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) fate: Fate,
    /// What it is to be set to.
    pub(super) value: Option<SecretString>,
}

pub(super) enum Fate {
    New,
    Changed,
    Same,
    Pruned,
    /// It is not in the file, and stays for this reason.
    Kept(&'static str),
    Unfit(&'static str),
}

impl Entry {
    pub(super) fn line(&self) -> String {
        let name = &plain(&self.name);
        match self.fate {
            Fate::New => styled(GOOD, &format!("+ {name}")),
            Fate::Changed => styled(ODD, &format!("~ {name}")),
            Fate::Same => styled(FAINT, &format!("= {name}")),
            Fate::Pruned => styled(BAD, &format!("- {name}")),
            Fate::Kept(why) => format!(
                "{} {}",
                styled(FAINT, &format!("  {name}")),
                styled(FAINT, &format!("({why})"))
            ),
            Fate::Unfit(why) => format!("{}: {why}", styled(BAD, &format!("! {name}"))),
        }
    }
}

/// The file's values under the names that a vault has for them.
pub(super) fn leaves(config: &Config, prefix: &str) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    walk(&config.cache, &mut Vec::new(), prefix, &mut leaves);
    leaves
}

fn walk(value: &Value, path: &mut Vec<String>, prefix: &str, leaves: &mut Vec<Leaf>) {
    let children: Vec<(String, &Value)> = match &value.kind {
        ValueKind::Table(table) => {
            let sorted: BTreeMap<&String, &Value> = table.iter().collect();
            sorted.into_iter().map(|(name, value)| (name.clone(), value)).collect()
        }
        ValueKind::Array(array) => {
            let all = array.iter().enumerate();
            all.map(|(index, value)| (index.to_string(), value)).collect()
        }
        // Nothing said: a vault has no word for it.
        ValueKind::Nil => return,
        _ => {
            let value: SecretString = value.clone().into_string().unwrap_or_default().into();
            let own = path.join("--");
            let name = format!("{prefix}{own}");
            let problem = problem(&name, &own, path, &value);
            leaves.push(Leaf { name, value, problem });
            return;
        }
    };
    for (name, child) in children {
        path.push(name);
        walk(child, path, prefix, leaves);
        path.pop();
    }
}

fn problem(name: &str, own: &str, path: &[String], value: &SecretString) -> Option<&'static str> {
    if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Some("a secret's name has letters, digits and hyphens only; a hyphen stands for `_`");
    }
    if name.len() > 127 {
        return Some("a secret's name has 127 characters at most");
    }
    // `a-` over `b` would be read back as `a` over `-b`.
    if !own.split("--").eq(path.iter().map(String::as_str)) || path.iter().any(String::is_empty) {
        return Some("its name in a vault would be read as another key: a part begins or ends with a hyphen");
    }
    if value.expose_secret().len() > LONGEST {
        return Some("a secret's value has 25 KiB at most");
    }
    None
}

/// What becomes of each, by name. `pruned` is the prefix of what may be deleted.
pub(super) fn plan(leaves: Vec<Leaf>, held: &HashMap<String, Held>, pruned: Option<&str>) -> Vec<Entry> {
    let mut seen = HashSet::new();
    let mut entries = Vec::new();
    for leaf in leaves {
        let key = leaf.name.to_ascii_lowercase();
        let fate = match (leaf.problem, held.get(&key)) {
            (Some(problem), _) => Fate::Unfit(problem),
            _ if !seen.insert(key) => Fate::Unfit("the file has it twice: names differ in more than case"),
            (None, None) => Fate::New,
            (None, Some(there)) if there.properties.managed => {
                Fate::Unfit("a certificate of the vault holds this name; give one of them another")
            }
            (None, Some(there)) => match &there.value {
                Some(value) if value.expose_secret() == leaf.value.expose_secret() => Fate::Same,
                _ => Fate::Changed,
            },
        };
        entries.push(Entry {
            name: leaf.name,
            fate,
            value: Some(leaf.value),
        });
    }
    if let Some(prefix) = pruned {
        let prefix = prefix.to_ascii_lowercase();
        let others = held
            .iter()
            .filter(|(key, _)| key.starts_with(&prefix) && !seen.contains(*key));
        entries.extend(others.map(|(_, there)| Entry {
            name: there.properties.name.clone(),
            fate: match &there.properties {
                properties if properties.managed => Fate::Kept("a certificate's, kept"),
                properties if properties.content_type.as_deref() == Some(ROTATION_TYPE) => {
                    Fate::Kept("the state of `maskinporten rotate`, kept")
                }
                _ => Fate::Pruned,
            },
            value: None,
        }));
    }
    entries.sort_by_key(|entry| entry.name.to_ascii_lowercase());
    entries
}
