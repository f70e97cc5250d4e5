use serde_json::json;

use super::{json as shown, keys, overlay, row, secret, tree};
use crate::mapping::name::{by_number, is_index};
use crate::mapping::{flatten, split_name};

#[test]
fn a_name_splits_at_the_leftmost_separator() {
    let long = "a".repeat(127);
    let deep = ["a"; 43].join("--");
    let table: &[(&str, &[&str])] = &[
        ("Single", &["Single"]),
        ("MaskinportenSettings--ClientId", &["MaskinportenSettings", "ClientId"]),
        ("a--b--c--d", &["a", "b", "c", "d"]),
        ("a-b", &["a-b"]),
        ("a---b", &["a", "-b"]),
        ("-a", &["-a"]),
        ("a-", &["a-"]),
        ("a---", &["a", "-"]),
        ("-", &["-"]),
        (&long, &[&long]),
        (&deep, &["a"; 43]),
        // Empty segments.
        ("", &[]),
        ("--", &[]),
        ("---", &[]),
        ("--a", &[]),
        ("---a", &[]),
        ("a--", &[]),
        ("a----b", &[]),
        ("a-----b", &[]),
    ];
    for (name, expected) in table {
        assert_eq!(split_name(name).unwrap_or_default(), *expected, "{name}");
        assert_eq!(split_name(name).is_some(), !expected.is_empty(), "{name}");
    }
}

#[test]
fn an_index_has_one_spelling() {
    let hundred = "9".repeat(100);
    for index in ["0", "1", "9", "10", "18446744073709551616", &hundred] {
        assert!(is_index(index), "{index}");
    }
    for key in ["", "00", "01", "-1", "1a", "+1", " 1", "1.0", "١"] {
        assert!(!is_index(key), "{key}");
    }
    let mut sorted = ["100", "9", &hundred, "10", "0"];
    sorted.sort_by(|a, b| by_number(a, b));
    assert_eq!(sorted, ["0", "9", "10", "100", &hundred]);
}

#[test]
fn names_become_sections() {
    let long = "a".repeat(127);
    row(json!({}), &[], json!({}), &[]);
    let placed = row(json!({}), &["Single"], json!({"Single": "Single"}), &[]);
    assert_eq!(keys(&placed), ["Single"]);
    let placed = row(
        json!({"Db": {"Host": "file"}}),
        &["Db--Port", "Db--Tls--Ca--Path", "a---b"],
        json!({
            "Db": {"Host": "file", "Port": "Db--Port", "Tls": {"Ca": {"Path": "Db--Tls--Ca--Path"}}},
            "a": {"-b": "a---b"},
        }),
        &[],
    );
    assert_eq!(keys(&placed), ["Db.Port", "Db.Tls.Ca.Path", "a.-b"]);
    row(json!({}), &[&long], json!({ &long: long }), &[]);
    row(
        json!({"a": "file"}),
        &["--a", "a--", "a----b", "", "--", "ok"],
        json!({"a": "file", "ok": "ok"}),
        &[
            ("--a", "empty segment"),
            ("a--", "empty segment"),
            ("a----b", "empty segment"),
            ("", "empty segment"),
            ("--", "empty segment"),
        ],
    );
}

#[test]
fn as_deep_as_a_name_can_be() {
    let deep = ["a"; 43].join("--");
    assert_eq!(deep.len(), 127);
    let mut cache = tree(&json!({}));
    overlay(&mut cache, vec![secret(&deep, "x", None)]);
    let leaves = flatten(&cache);
    assert_eq!(leaves.len(), 1);
    assert_eq!(leaves[0].0, ["a"; 43]);
}

#[test]
fn an_earlier_spelling_stays() {
    let placed = row(
        json!({"db": {"HOST": "file"}}),
        &["DB--Host", "Db--Port"],
        json!({"db": {"HOST": "DB--Host", "Port": "Db--Port"}}),
        &[],
    );
    assert_eq!(keys(&placed), ["db.HOST", "db.Port"]);

    // Only ASCII folds.
    let mut cache = tree(&json!({"Ås": 1}));
    let mut entry = secret("x", "new", None);
    entry.path = vec!["ås".to_owned()];
    overlay(&mut cache, vec![entry]);
    assert_eq!(shown(&cache), json!({"Ås": 1, "ås": "new"}));
}

#[test]
fn of_several_earlier_spellings_the_exact_one_then_the_smallest() {
    let both = json!({"host": "f", "Host": "f", "HOST": "f"});
    row(
        both.clone(),
        &["Host"],
        json!({"host": "f", "Host": "Host", "HOST": "f"}),
        &[],
    );
    row(both, &["hOsT"], json!({"host": "f", "Host": "f", "HOST": "hOsT"}), &[]);
}

#[test]
fn two_names_that_differ_from_the_files_in_case() {
    row(
        json!({"Db": {"Host": "file"}}),
        &["DB--HOST", "db--host"],
        json!({"Db": {"Host": "db--host"}}),
        &[("DB--HOST", "shadowed by a newer one")],
    );
}

#[test]
fn among_new_keys_the_newest_spells() {
    let placed = row(
        json!({}),
        &["DB--a", "db--b", "Db--B"],
        json!({"Db": {"a": "DB--a", "B": "Db--B"}}),
        &[("db--b", "shadowed by a newer one")],
    );
    assert_eq!(keys(&placed), ["Db.a", "Db.B"]);
    // A value that gave way has no say, however new.
    row(
        json!({}),
        &["db--a", "DB"],
        json!({"db": {"a": "db--a"}}),
        &[("DB", "section beside")],
    );
}

#[test]
fn segments_are_verbatim() {
    let mut cache = tree(&json!({}));
    let mut entry = secret("x", "v", None);
    entry.path = ["a.b", "c[0]", "d e", "å:ø"].map(str::to_owned).into();
    let placed = overlay(&mut cache, vec![entry]);
    assert_eq!(shown(&cache), json!({"a.b": {"c[0]": {"d e": {"å:ø": "v"}}}}));
    assert_eq!(keys(&placed), ["a.b.c[0].d e.å:ø"]);
}

#[test]
fn flatten_lists_every_leaf_in_order() {
    let value = tree(&json!({"b": [1, {"y": 2, "x": []}], "a": {"": null}, "B": {}}));
    let leaves: Vec<_> = flatten(&value)
        .into_iter()
        .map(|(path, leaf)| {
            assert_eq!(leaf.origin(), Some("file"));
            (path.join(":"), shown(&leaf))
        })
        .collect();
    let expected = [
        ("B", json!({})),
        ("a:", json!(null)),
        ("b:0", json!(1)),
        ("b:1:x", json!([])),
        ("b:1:y", json!(2)),
    ];
    assert_eq!(leaves, expected.map(|(path, leaf)| (path.to_owned(), leaf)));

    assert!(flatten(&tree(&json!({}))).is_empty());
    assert!(flatten(&tree(&json!(null))).is_empty());
    assert_eq!(flatten(&tree(&json!("x"))).len(), 1);
}
