use config::{Map, Value, ValueKind};
use serde_json::json;

use super::{json as shown, keys, overlay, replaced, row, secret, tree};
use crate::mapping::{Dropped, Entry, Replaced};

#[test]
fn the_newest_wins_then_the_first_listed() {
    // As a custom mapper may do: every name at one path.
    let one_path = |dates: &[Option<i64>]| {
        let entries = dates
            .iter()
            .zip('a'..)
            .map(|(&updated, name)| Entry {
                path: vec!["Db".to_owned(), "Host".to_owned()],
                ..secret(&name.to_string(), name.to_string(), updated)
            })
            .collect();
        let mut cache = tree(&json!({}));
        let placed = overlay(&mut cache, entries);
        assert_eq!(placed.loaded.len(), 1);
        assert_eq!(placed.dropped.len(), dates.len() - 1);
        shown(&cache)["Db"]["Host"].clone()
    };
    assert_eq!(one_path(&[Some(1), Some(2)]), "b");
    assert_eq!(one_path(&[Some(2), Some(1)]), "a");
    assert_eq!(one_path(&[Some(1), Some(1), Some(1)]), "a");
    assert_eq!(one_path(&[None, Some(-5), None]), "b");
    assert_eq!(one_path(&[None, None]), "a");
    assert_eq!(one_path(&[Some(1), Some(3), Some(3), Some(2)]), "b");
}

#[test]
fn a_section_beats_a_value_in_the_vault() {
    for secrets in [["Db", "DB--Password"], ["DB--Password", "Db"]] {
        let placed = row(
            json!({}),
            &secrets,
            json!({"DB": {"Password": "DB--Password"}}),
            &[("Db", "section beside")],
        );
        assert_eq!(replaced(&placed), [""; 0]);
    }
    row(
        json!({}),
        &["a", "a--b", "a--b--c"],
        json!({"a": {"b": {"c": "a--b--c"}}}),
        &[("a", "section beside"), ("a--b", "section beside")],
    );
    // No child is left: no section.
    row(json!({}), &["a", "a--"], json!({"a": "a"}), &[("a--", "empty segment")]);
}

#[test]
fn a_section_beats_a_value_of_an_earlier_source() {
    let placed = row(
        json!({"Db": "file"}),
        &["db--Password"],
        json!({"Db": {"Password": "db--Password"}}),
        &[],
    );
    assert_eq!(keys(&placed), ["Db.Password"]);
    let origin = Some("file".to_owned());
    assert_eq!(
        placed.replaced,
        [Replaced {
            key: "Db".to_owned(),
            origin
        }]
    );
    assert_eq!(
        placed.replaced[0].to_string(),
        "the value of `Db` from file gave way to a section"
    );
}

#[test]
fn an_earlier_section_beats_a_value() {
    let placed = row(
        json!({"Db": {"Password": "file"}}),
        &["DB"],
        json!({"Db": {"Password": "file"}}),
        &[("DB", "section before")],
    );
    let key = "Db".to_owned();
    assert_eq!(placed.dropped, [(0, Dropped::SectionInEarlierSource { key })]);
    let of_null = json!({"Db": {"Password": null}});
    row(of_null.clone(), &["Db"], of_null, &[("Db", "section before")]);
}

/// To .NET it is a key without a value.
#[test]
fn an_empty_earlier_section_or_array_gives_way_to_a_value() {
    for empty in [json!({}), json!([])] {
        let placed = row(json!({"Db": empty}), &["DB"], json!({"Db": "DB"}), &[]);
        assert_eq!((keys(&placed), replaced(&placed)), (vec!["Db"], vec![]));
        row(
            json!({"A": [empty, {"B": empty}]}),
            &["A--0", "A--1--B"],
            json!({"A": ["A--0", {"B": "A--1--B"}]}),
            &[],
        );
    }
    // What is below wins over the value all the same, and says what becomes of it.
    row(
        json!({"A": []}),
        &["A", "A--0"],
        json!({"A": ["A--0"]}),
        &[("A", "section beside")],
    );
    row(
        json!({"A": {}}),
        &["A", "A--0"],
        json!({"A": {"0": "A--0"}}),
        &[("A", "section beside")],
    );
    // Unless it has no place.
    row(
        json!({"A": []}),
        &["A", "A--x"],
        json!({"A": "A"}),
        &[("A--x", "no index")],
    );
}

#[test]
fn reasons_read_as_words() {
    let mut cache = tree(&json!({"Hosts": [1], "Log": {"Level": 1}}));
    let entries = ["a--", "b", "B", "c", "c--d", "hosts--x", "log"]
        .iter()
        .zip(1..)
        .map(|(name, n)| secret(name, "hunter2", Some(n)))
        .chain([secret("c--D", "hunter2", Some(5))])
        .collect();
    let placed = overlay(&mut cache, entries);
    let reasons: Vec<String> = placed.dropped.iter().map(|(_, reason)| reason.to_string()).collect();
    assert_eq!(
        reasons,
        [
            "its name has an empty segment",
            "`B` is the same setting and is newer",
            "`c--d` makes it a section, and a section wins over a value",
            "an earlier source has an array at `Hosts`, and only an index reaches into it",
            "an earlier source has a section at `Log`, and a section wins over a value",
            "`c--d` is the same setting and is listed first",
        ]
    );
    assert!(!format!("{placed:?}").contains("hunter2"));
}

#[test]
fn nil_leaves_what_is_there_and_an_empty_section_takes_nothing_away() {
    let lay = |earlier, entries| {
        let mut cache = tree(&earlier);
        let placed = overlay(&mut cache, entries);
        assert!(placed.dropped.is_empty());
        (shown(&cache), placed.loaded.len())
    };
    let nil = || vec![secret("a--b", ValueKind::Nil, Some(9)), secret("a--B", "x", Some(1))];
    assert_eq!(lay(json!({}), nil()), (json!({"a": {"B": "x"}}), 1));
    let nil = || vec![secret("a--b", ValueKind::Nil, None)];
    assert_eq!(lay(json!({"a": {"b": 1}}), nil()), (json!({"a": {"b": 1}}), 0));
    assert_eq!(lay(json!({}), nil()), (json!({}), 0));
    assert_eq!(lay(json!({"a": 1}), nil()), (json!({"a": 1}), 0));

    let empty = || vec![secret("a", Map::<String, Value>::new(), None)];
    assert_eq!(lay(json!({}), empty()), (json!({"a": {}}), 1));
    assert_eq!(lay(json!({"a": null}), empty()), (json!({"a": {}}), 1));
    assert_eq!(lay(json!({"A": 1}), empty()), (json!({"A": 1}), 0));
    assert_eq!(lay(json!({"A": {"x": 1}}), empty()), (json!({"A": {"x": 1}}), 0));
    let beside = vec![secret("a", Vec::<Value>::new(), Some(2)), secret("A--0", "x", Some(1))];
    assert_eq!(lay(json!({}), beside), (json!({"A": ["x"]}), 1));
}

#[test]
fn every_value_keeps_its_origin_and_its_kind() {
    let mut cache = tree(&json!({"Db": {"Host": "file", "Port": 1}}));
    overlay(
        &mut cache,
        vec![secret("db--host", "x", None), secret("New--A", true, None)],
    );
    let root = cache.into_table().expect("a table");
    assert_eq!(root["Db"].origin(), Some("file"));
    // A section we make says which secret made it.
    assert_eq!(root["New"].origin(), Some("vault `New--A`"));
    let db = root["Db"].clone().into_table().expect("a table");
    assert_eq!(db["Host"].origin(), Some("vault `db--host`"));
    assert_eq!(db["Port"].origin(), Some("file"));
    let new = root["New"].clone().into_table().expect("a table");
    assert_eq!(new["A"].kind, ValueKind::Boolean(true));
    assert_eq!(new["A"].origin(), Some("vault `New--A`"));
}

#[test]
fn a_cache_that_is_no_table_becomes_one() {
    let mut cache = Value::default();
    overlay(&mut cache, vec![secret("a", "x", None)]);
    assert_eq!(shown(&cache), json!({"a": "x"}));
}
