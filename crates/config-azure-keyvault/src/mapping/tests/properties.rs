//! What holds for any earlier tree and any names.

use std::collections::BTreeMap;

use config::{Value, ValueKind};
use proptest::prelude::*;

use super::model::{earlier, secrets};
use super::{overlay, reason, secret, tree};
use crate::mapping::{Placed, Stray, flatten};

/// Both cases of one letter side by side too, and two letters with and without what may stand between them.
const SEGMENTS: &[&str] = &["a", "A", "b", "0", "1", "a_b", "aB"];

type Secret = (String, String, i64);

fn lay(earlier: &serde_json::Value, secrets: &[Secret]) -> (Value, Placed) {
    let mut cache = tree(earlier);
    let entries = secrets
        .iter()
        .map(|(name, value, updated)| secret(name, value.as_str(), Some(*updated)))
        .collect();
    let placed = overlay(&mut cache, entries);
    (cache, placed)
}

/// What became of each secret, by its date: the one thing that a shuffle leaves.
fn fates(secrets: &[Secret], placed: &Placed) -> BTreeMap<i64, String> {
    let loaded = placed.loaded.iter().map(|(index, key)| (*index, key.clone()));
    let dropped = placed
        .dropped
        .iter()
        .map(|(index, why)| (*index, reason(why).to_owned()));
    loaded
        .chain(dropped)
        .map(|(index, fate)| (secrets[index].2, fate))
        .collect()
}

/// The value at a key such as `A.B[0].C`.
fn at<'a>(root: &'a Value, key: &str) -> Option<&'a Value> {
    key.replace('[', ".[")
        .split('.')
        .try_fold(root, |value, step| match (&value.kind, step.strip_prefix('[')) {
            (ValueKind::Array(array), Some(n)) => array.get(n.strip_suffix(']')?.parse::<usize>().ok()?),
            (ValueKind::Table(table), None) => table.get(step),
            _ => None,
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_replies_changes_nothing(
        earlier in earlier(SEGMENTS),
        (listed, shuffled) in secrets().prop_flat_map(|secrets| (Just(secrets.clone()), Just(secrets).prop_shuffle())),
    ) {
        let (one, placed) = lay(&earlier, &listed);
        let (other, placed_too) = lay(&earlier, &shuffled);
        prop_assert_eq!(one, other);
        prop_assert_eq!(fates(&listed, &placed), fates(&shuffled, &placed_too));
        prop_assert_eq!(placed.replaced, placed_too.replaced);
    }

    #[test]
    fn every_secret_is_at_its_key_or_left_out(earlier in earlier(SEGMENTS), secrets in secrets()) {
        let (cache, placed) = lay(&earlier, &secrets);
        prop_assert_eq!(placed.loaded.len() + placed.dropped.len(), secrets.len());
        prop_assert_eq!(fates(&secrets, &placed).len(), secrets.len());
        for (index, key) in &placed.loaded {
            let (name, value, _) = &secrets[*index];
            let found = at(&cache, key).expect("the key leads to a value");
            prop_assert_eq!(&found.kind, &ValueKind::String(value.clone()));
            let origin = format!("vault `{name}`");
            prop_assert_eq!(found.origin(), Some(origin.as_str()));
        }
        let ours = flatten(&cache)
            .iter()
            .filter(|(_, leaf)| leaf.origin() != Some("file"))
            .count();
        prop_assert_eq!(ours, placed.loaded.len());
    }

    #[test]
    fn what_was_there_stays_or_is_told(earlier in earlier(SEGMENTS), secrets in secrets()) {
        let before = flatten(&tree(&earlier));
        let (mut cache, placed) = lay(&earlier, &secrets);
        let after: BTreeMap<_, _> = flatten(&cache).into_iter().collect();
        let gone = before
            .iter()
            .filter(|(path, leaf)| !matches!(leaf.kind, ValueKind::Table(_) | ValueKind::Array(_)) && !after.contains_key(path))
            .count();
        prop_assert_eq!(gone, placed.replaced.len());

        // A second time the same: nothing moves but what was appended, or was kept out by an empty array that gave way, or has
        // beside it now what differs in nothing but a hyphen.
        let has_given_way = before.iter().any(|(path, leaf)| {
            let is_array = |leaf: &Value| matches!(leaf.kind, ValueKind::Array(_));
            is_array(leaf) && !after.get(path).is_some_and(is_array)
        });
        let has_rivals = placed.stray.iter().any(|(_, why)| matches!(why, Stray::OwnKey { .. }));
        if !has_given_way && !has_rivals && placed.loaded.iter().all(|(_, key)| !key.contains('[')) {
            let first = cache.clone();
            let entries = secrets.iter().map(|(name, value, date)| secret(name, value.as_str(), Some(*date))).collect();
            overlay(&mut cache, entries);
            let values = |tree| flatten(tree).into_iter().map(|(path, leaf)| (path, leaf.kind)).collect::<Vec<_>>();
            prop_assert_eq!(values(&first), values(&cache));
        }
    }

    #[test]
    fn its_own_leaves_make_a_tree_again(earlier in earlier(&["a", "B", "x"])) {
        let source = tree(&earlier);
        let entries = flatten(&source)
            .into_iter()
            .map(|(path, leaf)| crate::mapping::Entry {
                name: path.join(":"),
                path,
                value: leaf.kind,
                origin: "file".to_owned(),
                updated: None,
            })
            .collect();
        let mut cache = Value::default();
        overlay(&mut cache, entries);
        prop_assert_eq!(flatten(&cache), flatten(&source));
        prop_assert_eq!(super::json(&cache), earlier);
    }
}
