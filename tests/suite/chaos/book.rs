//! What is in the vault and in the file beside it, and what was there when: what a load may have seen.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use keyvault_emulator::{SecretSeed, Vault};

use super::case::{Change, SCOPE, SECRETS, Turn, Writing};
use crate::support::leaks;

/// Keys with their values.
pub(super) type Tree = BTreeMap<String, String>;

/// From one instant to another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) begun: Instant,
    pub(super) ended: Instant,
}

/// What was there since some instant between these two.
struct Past {
    begun: Instant,
    done: Instant,
    /// Nothing where it is gone, disabled or, for the file, not whole.
    value: Option<String>,
}

struct Entry {
    key: String,
    /// Of a secret, disabled or not.
    value: Option<String>,
    past: Vec<Past>,
}

/// Every change of the vault and of the file goes through it.
#[derive(Clone)]
pub(super) struct Book(Arc<Mutex<Inner>>);

struct Inner {
    vault: Vault,
    path: PathBuf,
    file: Entry,
    /// By their numbers.
    secrets: Vec<Entry>,
    /// Never changed: the client's own settings.
    fixed: Tree,
    changes: i64,
}

/// The scope of this number is the client's to ask for.
pub(super) fn scope(number: usize) -> String {
    format!("chaos:{number}")
}

/// So many scopes there are.
pub(super) const SCOPES: usize = 40;

/// A day before what the vault says of seeded secrets: later changes come behind it, and all of them are long ago.
const LONG_AGO: i64 = 1_500_000_000;

pub(super) fn name_of(secret: usize) -> String {
    match secret {
        SCOPE => "MaskinportenSettings--Scope".to_owned(),
        secret => format!("Section{}--Key{secret:02}", secret % 4),
    }
}

impl Book {
    /// The file is there and so are most secrets, since long.
    pub(super) fn of(vault: Vault, path: PathBuf, secrets: usize, fixed: &[(&str, String)]) -> Self {
        let secrets = 0..SECRETS + secrets;
        let mut inner = Inner {
            vault,
            path,
            file: Entry::of("File.Value".to_owned()),
            secrets: secrets.clone().map(|secret| Entry::of(key(&name_of(secret)))).collect(),
            fixed: Tree::new(),
            changes: 0,
        };
        for (name, value) in fixed {
            let name = format!("MaskinportenSettings--{name}");
            inner.vault.seed(SecretSeed::new(&name, value));
            inner.fixed.insert(key(&name), value.clone());
        }
        inner.change(Change::File(Writing::Whole));
        for secret in secrets.filter(|secret| secret % 9 != 7) {
            inner.change(Change::Secret(secret, Turn::SetLongAgo));
        }
        Self(Arc::new(Mutex::new(inner)))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn change(&self, change: Change) {
        self.inner().change(change);
    }

    pub(super) fn file(&self) -> PathBuf {
        self.inner().path.clone()
    }

    /// The names of all secrets that there ever were.
    pub(super) fn names(&self) -> Vec<String> {
        let inner = self.inner();
        let fixed = inner.fixed.keys().map(|key| key.replace('.', "--"));
        fixed.chain((0..inner.secrets.len()).map(name_of)).collect()
    }

    /// Panics where a configuration is not what there was at some instant of the window, for each key, and nothing else.
    pub(super) fn check(&self, tree: &Tree, window: Window) {
        let inner = self.inner();
        for (key, value) in &inner.fixed {
            assert!(tree.get(key) == Some(value), "`{key}` is not what it always was");
        }
        // A load without it is no load.
        assert!(tree.contains_key(&inner.file.key), "the file is not there");
        let entries = || inner.secrets.iter().chain([&inner.file]);
        for entry in entries() {
            entry.check(tree.get(&entry.key), window);
        }
        let keys = inner.fixed.len() + entries().filter(|entry| tree.contains_key(&entry.key)).count();
        assert_eq!(tree.len(), keys, "there is a key that was never in the vault");
    }
}

fn key(name: &str) -> String {
    name.replace("--", ".")
}

impl Entry {
    fn of(key: String) -> Self {
        let now = Instant::now();
        let nothing = Past {
            begun: now,
            done: now,
            value: None,
        };
        Self {
            key,
            value: None,
            past: vec![nothing],
        }
    }

    fn check(&self, found: Option<&String>, window: Window) {
        let allowed: Vec<usize> = (0..self.past.len()).filter(|n| self.may_be_seen(*n, window)).collect();
        // Numbers of changes, since values are secrets.
        let seen = self.past.iter().rposition(|past| past.value.as_ref() == found);
        assert!(
            allowed.iter().any(|n| self.past[*n].value.as_ref() == found),
            "`{}` is as of change {seen:?} of {}, and not as of any of {allowed:?}",
            self.key,
            self.past.len()
        );
    }

    fn may_be_seen(&self, n: usize, window: Window) -> bool {
        let until = self.past.get(n + 1).map(|next| next.done);
        self.past[n].begun <= window.ended && until.is_none_or(|until| until >= window.begun)
    }
}

impl Inner {
    fn change(&mut self, change: Change) {
        self.changes += 1;
        let begun = Instant::now();
        let value = match change {
            Change::File(writing) => self.write(writing),
            Change::Secret(secret, turn) => self.turn(secret, turn),
        };
        let done = Instant::now();
        let entry = match change {
            Change::File(_) => &mut self.file,
            Change::Secret(secret, _) => &mut self.secrets[secret],
        };
        entry.past.push(Past { begun, done, value });
    }

    /// What is to be seen of it from now on.
    fn turn(&mut self, secret: usize, turn: Turn) -> Option<String> {
        let name = name_of(secret);
        let new = match secret {
            SCOPE => scope(usize::try_from(self.changes).unwrap_or_default() % SCOPES),
            _ => leaks::marker(),
        };
        let value = &mut self.secrets[secret].value;
        match turn {
            Turn::Set => {
                self.vault.set(&name, &new);
                *value = Some(new);
            }
            Turn::SetLongAgo => {
                let seed = SecretSeed::new(&name, &new);
                self.vault.seed(seed.updated(LONG_AGO + self.changes));
                *value = Some(new);
            }
            Turn::Disable => {
                self.vault.disable(&name);
                return None;
            }
            Turn::Enable => {
                self.vault.set_enabled(&name, true);
            }
            Turn::Delete => {
                self.vault.delete(&name);
                *value = None;
            }
            Turn::Purge => {
                self.vault.purge(&name);
                *value = None;
            }
        }
        value.clone()
    }

    fn write(&self, writing: Writing) -> Option<String> {
        let new = leaks::marker();
        let whole = format!(r#"{{"File":{{"Value":"{new}"}}}}"#);
        let write = |text: &str| std::fs::write(&self.path, text).expect("the file is written");
        match writing {
            Writing::Whole => {
                write(&whole);
                return Some(new);
            }
            Writing::Half => write(&whole[..whole.len() / 2]),
            Writing::Empty => write(""),
            Writing::Gone => {
                // It may be gone already.
                let _ = std::fs::remove_file(&self.path);
            }
        }
        None
    }
}
