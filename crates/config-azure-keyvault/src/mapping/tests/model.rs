//! What .NET does, written the naive way: one flat dictionary of `a:b:0`, in which what comes later wins; then our four
//! documented differences. It knows nothing of trees.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use config::{Value, ValueKind};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::{overlay, secret, tree};

/// `a:b:0` in lower case and the value there; for a container its kind. .NET knows no containers, only keys that begin alike; an
/// empty one is a key without a value.
type Flat = BTreeMap<String, String>;

const ARRAY: &str = "[]";
const TABLE: &str = "{}";

/// A tree as the dictionary sees it, containers included.
fn dictionary(value: &Value, path: &str, flat: &mut Flat) {
    let mut below = |segment: &str, value: &Value| {
        let path = if path.is_empty() {
            segment.to_lowercase()
        } else {
            format!("{path}:{}", segment.to_lowercase())
        };
        dictionary(value, &path, flat);
    };
    let text = match &value.kind {
        ValueKind::Table(members) => {
            members.iter().for_each(|(name, member)| below(name, member));
            TABLE.to_owned()
        }
        ValueKind::Array(elements) => {
            (0..)
                .zip(elements)
                .for_each(|(n, element)| below(&n.to_string(), element));
            ARRAY.to_owned()
        }
        _ => value.to_string(),
    };
    if !path.is_empty() {
        flat.insert(path.to_owned(), text);
    }
}

fn is_container(text: &str) -> bool {
    text == ARRAY || text == TABLE
}

/// The prefixes of `a:b:c`, longest last: `a`, `a:b`.
fn parents(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices(':').map(|(at, _)| &path[..at])
}

fn index(segment: &str) -> Option<usize> {
    segment.parse().ok().filter(|n: &usize| n.to_string() == segment)
}

/// What is left of a segment without `-` and `_`; of an index nothing.
fn letters(segment: &str) -> Option<String> {
    index(segment).is_none().then(|| segment.replace(['-', '_'], ""))
}

/// The secrets' paths in the spelling of the earlier keys, level by level.
fn respelt(earlier: &Flat, secrets: &[Dated]) -> Vec<Vec<String>> {
    let split = |name: &String| name.to_lowercase().split("--").map(str::to_owned).collect();
    let mut paths: Vec<Vec<String>> = secrets.iter().map(|(name, ..)| split(name)).collect();
    let deepest = paths.iter().map(Vec::len).max().unwrap_or(0);
    for level in 0..deepest {
        let before = paths.clone();
        // A value that gives way to a section has no say in who is newest.
        let has_say = |n: usize| {
            !before
                .iter()
                .any(|other| other.len() > before[n].len() && other.starts_with(&before[n]))
        };
        for n in (0..paths.len()).filter(|n| before[*n].len() > level) {
            let (parent, segment) = (&before[n][..level], &before[n][level]);
            let depth_of = |key: &str| key.matches(':').count();
            let siblings = earlier
                .keys()
                .filter(|key| depth_of(key) == level && key.starts_with(&parent.join(":")));
            let siblings = siblings.filter(|key| level == 0 || key[parent.join(":").len()..].starts_with(':'));
            let siblings: Vec<&str> = siblings.map(|key| key.rsplit(':').next().unwrap_or_default()).collect();
            if siblings.contains(&segment.as_str()) {
                continue;
            }
            let fits = |sibling: &str| letters(sibling).is_some() && letters(sibling) == letters(segment);
            let fitting: Vec<&str> = siblings.into_iter().filter(|sibling| fits(sibling)).collect();
            let [only] = fitting[..] else { continue };
            let prefix = [parent, &[only.to_owned()]].concat().join(":") + ":";
            let is_section = earlier.keys().any(|key| key.starts_with(&prefix));
            let beside: Vec<usize> = (0..before.len())
                .filter(|m| before[*m].len() > level && before[*m][..level] == *parent)
                .collect();
            let is_taken = beside.iter().any(|m| before[*m][level] == only);
            let newest = beside
                .into_iter()
                .filter(|m| has_say(*m) && fits(&before[*m][level]))
                .min_by_key(|m| (Reverse(secrets[*m].2), *m));
            if is_section || (!is_taken && newest.is_some_and(|m| before[m][level] == *segment)) {
                paths[n][level] = only.to_owned();
            }
        }
    }
    paths
}

fn model(earlier: &Flat, secrets: &[Dated]) -> Flat {
    // First difference: `-` and `_` do not matter against earlier keys.
    let paths = respelt(earlier, secrets);

    // .NET: what comes later wins, case does not matter. The oldest come first, those without a date before all, and of those of
    // one date the last listed.
    let mut oldest_first: Vec<(usize, &Dated)> = secrets.iter().enumerate().collect();
    oldest_first.sort_by_key(|(listed, (_, _, updated))| (*updated, Reverse(*listed)));
    let mut vault = Flat::new();
    for (listed, (_, value, _)) in oldest_first {
        vault.insert(paths[listed].join(":"), value.clone());
    }

    // Second: an earlier section beats a value, an earlier array takes nothing but indexes. A section is a key under
    // which there are others; what is empty has a value like any other key, and gives way.
    let earlier_sections: BTreeSet<&str> = earlier.keys().flat_map(|path| parents(path)).collect();
    vault.retain(|path, _| {
        let over_array = parents(path).any(|parent| {
            let segment = path[parent.len() + 1..].split(':').next().unwrap_or_default();
            earlier.get(parent).is_some_and(|kind| kind == ARRAY) && index(segment).is_none()
        });
        !over_array && !earlier_sections.contains(path.as_str())
    });

    // Third: within the vault, and over earlier values, a section beats a value.
    let sections: BTreeSet<String> = vault.keys().flat_map(|path| parents(path)).map(str::to_owned).collect();
    vault.retain(|path, _| !sections.contains(path));
    let mut flat = earlier.clone();
    flat.retain(|path, text| is_container(text) || !sections.contains(path));

    // Fourth: what is past the end of an earlier array closes up. The last of the elements to move is the first in
    // number, so that none lands on another.
    for (array, _) in earlier.iter().filter(|(_, kind)| *kind == ARRAY) {
        let prefix = format!("{array}:");
        let number = |path: &String| index(path.strip_prefix(&prefix)?.split(':').next()?);
        let length = earlier.keys().filter_map(number).map(|n| n + 1).max().unwrap_or(0);
        let new: BTreeSet<usize> = vault.keys().filter_map(number).filter(|n| *n >= length).collect();
        for (place, n) in (length..).zip(new) {
            let moved: Vec<String> = vault.keys().filter(|path| number(path) == Some(n)).cloned().collect();
            for path in moved {
                let rest = &path[prefix.len() + n.to_string().len()..];
                let value = vault.remove(&path).expect("it was there");
                vault.insert(format!("{prefix}{place}{rest}"), value);
            }
        }
    }
    flat.extend(vault);

    // A new container is an array where its children are 0, 1, 2…
    let containers: BTreeSet<String> = flat.keys().flat_map(|path| parents(path)).map(str::to_owned).collect();
    for container in containers {
        let prefix = format!("{container}:");
        let children: BTreeSet<&str> = flat
            .keys()
            .filter_map(|path| path.strip_prefix(&prefix)?.split(':').next())
            .collect();
        let sequence = (0..children.len()).all(|n| children.contains(n.to_string().as_str()));
        flat.entry(container)
            .or_insert_with(|| if sequence { ARRAY } else { TABLE }.to_owned());
    }
    flat
}

/// Few, so that they clash; of each letter two cases, and two letters with and without what may stand between them.
pub(super) fn name() -> impl Strategy<Value = String> {
    let segment = prop::sample::select(vec![
        "a", "A", "b", "0", "1", "2", "3", "7", "00", "ab", "a-b", "A-B", "A_b", "0-",
    ]);
    vec(segment, 1..=4).prop_map(|segments| segments.join("--"))
}

/// Names with dates, no two alike, and a value that tells them apart.
pub(super) fn secrets() -> impl Strategy<Value = Vec<(String, String, i64)>> {
    vec(name(), 0..10)
        .prop_flat_map(|names| {
            let dates: Vec<i64> = (0..).take(names.len()).collect();
            (Just(names), Just(dates).prop_shuffle())
        })
        .prop_map(|(names, dates)| {
            let secret = |(name, updated)| (name, format!("secret {updated}"), updated);
            names.into_iter().zip(dates).map(secret).collect()
        })
}

/// A name, a value and a date.
pub(super) type Dated = (String, String, Option<i64>);

/// As [`secrets`], with dates that tie or are absent.
fn dated() -> impl Strategy<Value = Vec<Dated>> {
    let date = prop::sample::select(vec![None, Some(-1), Some(0), Some(1), Some(2)]);
    vec((name(), date), 0..10).prop_map(|secrets| {
        let secret = |(n, (name, updated))| (name, format!("secret {n}"), updated);
        secrets.into_iter().enumerate().map(secret).collect()
    })
}

/// An earlier tree whose keys are `segments`.
pub(super) fn earlier(segments: &'static [&'static str]) -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![Just(serde_json::json!("file")), Just(serde_json::json!(1))];
    let table = move |inner| {
        btree_map(prop::sample::select(segments), inner, 0..4).prop_map(|members| {
            members
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()
        })
    };
    let below = leaf.prop_recursive(3, 24, 4, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(serde_json::Value::Array),
            table(inner.boxed()).prop_map(serde_json::Value::Object),
        ]
    });
    table(below.boxed()).prop_map(serde_json::Value::Object)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn equals_the_model_of_dotnet(
        earlier in prop_oneof![earlier(&["a", "B", "0", "1", "a_B"]), earlier(&["a", "0", "a_b", "A-b", "aB", "b-"])],
        secrets in dated(),
    ) {
        let mut cache = tree(&earlier);
        let mut before = Flat::new();
        dictionary(&cache, "", &mut before);

        let entries = secrets
            .iter()
            .map(|(name, value, updated)| secret(name, value.as_str(), *updated))
            .collect();
        overlay(&mut cache, entries);

        let mut after = Flat::new();
        dictionary(&cache, "", &mut after);
        prop_assert_eq!(after, model(&before, &secrets));
    }
}
