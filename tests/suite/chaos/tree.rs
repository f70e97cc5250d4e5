//! A configuration as keys and values, and what differs.

use std::collections::BTreeSet;

use config::Config;
use config_azure_keyvault::Change;

use super::book::Tree;

/// The configuration as keys and values.
pub(super) fn tree(config: &Config) -> Tree {
    let all: serde_json::Value = Config::clone(config).try_deserialize().expect("a tree");
    let mut tree = Tree::new();
    flatten(String::new(), &all, &mut tree);
    tree
}

fn flatten(key: String, value: &serde_json::Value, tree: &mut Tree) {
    match value {
        serde_json::Value::Object(members) => {
            for (name, value) in members {
                let key = if key.is_empty() {
                    name.clone()
                } else {
                    format!("{key}.{name}")
                };
                flatten(key, value, tree);
            }
        }
        serde_json::Value::String(text) => {
            tree.insert(key, text.clone());
        }
        _ => panic!("`{key}` is no text"),
    }
}

/// The keys that differ.
pub(super) fn differing(old: &Tree, new: &Tree) -> BTreeSet<String> {
    let keys = old.keys().chain(new.keys());
    keys.filter(|key| old.get(*key) != new.get(*key)).cloned().collect()
}

pub(super) fn keys(change: &Change) -> BTreeSet<String> {
    change.keys.iter().map(|changed| changed.key.clone()).collect()
}
