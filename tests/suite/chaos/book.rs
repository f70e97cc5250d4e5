//! What is in the vault and in the file beside it, and what was there when: what a load may have seen.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use keyvault_emulator::{SecretSeed, Vault};

use super::case::{Change, FILE, SCOPE, SECRETS};
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
    /// Of the secret.
    name: String,
    key: String,
    /// Disabled or not.
    value: Option<String>,
    past: Vec<Past>,
}

/// Every change of the vault and of the file goes through it.
#[derive(Clone)]
pub(super) struct Book(Arc<Mutex<Inner>>);

struct Inner {
    vault: Vault,
    file: PathBuf,
    entries: Vec<Entry>,
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

pub(super) fn name_of(what: usize) -> String {
    match what {
        FILE => "File".to_owned(),
        SCOPE => "MaskinportenSettings--Scope".to_owned(),
        secret => format!("Section{}--Key{secret:02}", secret % 4),
    }
}

impl Book {
    /// The file is there and so are most secrets, since long.
    pub(super) fn of(vault: Vault, file: PathBuf, secrets: usize, fixed: &[(&str, String)]) -> Self {
        let mut inner = Inner {
            vault,
            file,
            entries: Vec::new(),
            fixed: Tree::new(),
            changes: 0,
        };
        for (name, value) in fixed {
            let name = format!("MaskinportenSettings--{name}");
            inner.vault.seed(SecretSeed::new(&name, value));
            inner.fixed.insert(name.replace("--", "."), value.clone());
        }
        for what in 0..SECRETS + secrets {
            let name = name_of(what);
            let key = match what {
                FILE => "File.Value".to_owned(),
                _ => name.replace("--", "."),
            };
            let now = Instant::now();
            let nothing = Past {
                begun: now,
                done: now,
                value: None,
            };
            inner.entries.push(Entry {
                name,
                key,
                value: None,
                past: vec![nothing],
            });
            if what % 9 != 8 {
                inner.change(what, Change::SetLongAgo);
            }
        }
        Self(Arc::new(Mutex::new(inner)))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn change(&self, what: usize, to: Change) {
        self.inner().change(what, to);
    }

    pub(super) fn file(&self) -> PathBuf {
        self.inner().file.clone()
    }

    /// The file is whole again.
    pub(super) fn mend(&self) {
        self.inner().change(FILE, Change::Set);
    }

    /// The names of all secrets that there ever were.
    pub(super) fn names(&self) -> Vec<String> {
        let inner = self.inner();
        let fixed = inner.fixed.keys().map(|key| key.replace('.', "--"));
        let entries = inner.entries.iter().skip(SCOPE).map(|entry| entry.name.clone());
        fixed.chain(entries).collect()
    }

    /// Panics where a configuration is not what there was at some instant of the window, for each key, and nothing else.
    pub(super) fn check(&self, tree: &Tree, window: Window) {
        let inner = self.inner();
        for (key, value) in &inner.fixed {
            assert!(tree.get(key) == Some(value), "`{key}` is not what it always was");
        }
        for (what, entry) in inner.entries.iter().enumerate() {
            let found = tree.get(&entry.key);
            let allowed: Vec<usize> = (0..entry.past.len())
                .filter(|n| entry.may_be_seen(*n, window))
                .collect();
            let fits = |n: &usize| entry.past[*n].value.as_ref() == found && !(what == FILE && found.is_none());
            // Numbers of changes, since values are secrets.
            let seen = entry.past.iter().position(|past| past.value.as_ref() == found);
            assert!(
                allowed.iter().any(fits),
                "`{}` is as of change {seen:?} of {}, and not as of any of {allowed:?}",
                entry.key,
                entry.past.len()
            );
        }
        let keys = inner.fixed.len()
            + inner
                .entries
                .iter()
                .filter(|entry| tree.contains_key(&entry.key))
                .count();
        assert_eq!(tree.len(), keys, "there is a key that was never in the vault");
    }
}

impl Entry {
    fn may_be_seen(&self, n: usize, window: Window) -> bool {
        let until = self.past.get(n + 1).map(|next| next.done);
        self.past[n].begun <= window.ended && until.is_none_or(|until| until >= window.begun)
    }
}

impl Inner {
    fn change(&mut self, what: usize, to: Change) {
        self.changes += 1;
        let begun = Instant::now();
        let value = match what {
            FILE => self.write(to),
            _ => self.set(what, to),
        };
        let done = Instant::now();
        self.entries[what].past.push(Past { begun, done, value });
    }

    fn set(&mut self, what: usize, to: Change) -> Option<String> {
        let new = match what {
            SCOPE => scope(usize::try_from(self.changes).unwrap_or_default() % SCOPES),
            _ => leaks::marker(),
        };
        let entry = &mut self.entries[what];
        let visible = |past: &[Past]| past.last().and_then(|past| past.value.clone());
        match to {
            Change::Set => {
                self.vault.set(&entry.name, &new);
                entry.value = Some(new);
                entry.value.clone()
            }
            Change::SetLongAgo => {
                let seed = SecretSeed::new(&entry.name, &new);
                self.vault.seed(seed.updated(LONG_AGO + self.changes));
                entry.value = Some(new);
                entry.value.clone()
            }
            Change::Disable => {
                self.vault.disable(&entry.name);
                None
            }
            Change::Enable => {
                self.vault.set_enabled(&entry.name, true);
                entry.value.clone()
            }
            Change::Delete => {
                self.vault.delete(&entry.name);
                entry.value = None;
                None
            }
            Change::Purge => {
                self.vault.purge(&entry.name);
                entry.value = None;
                None
            }
            // Of the file.
            Change::Half | Change::Empty | Change::Gone => visible(&entry.past),
        }
    }

    fn write(&self, to: Change) -> Option<String> {
        let new = leaks::marker();
        let whole = format!(r#"{{"File":{{"Value":"{new}"}}}}"#);
        let write = |text: &str| std::fs::write(&self.file, text).expect("the file is written");
        match to {
            Change::Half => write(&whole[..whole.len() / 2]),
            Change::Empty => write(""),
            Change::Gone | Change::Delete | Change::Purge | Change::Disable => {
                // It may be gone already.
                let _ = std::fs::remove_file(&self.file);
            }
            Change::Set | Change::SetLongAgo | Change::Enable => {
                write(&whole);
                return Some(new);
            }
        }
        None
    }
}
