//! Case, `_` and `-` do not matter against an earlier source's keys.

use serde_json::json;

use super::{json as shown, keys, overlay, row, secret, tree};
use crate::mapping::{Placed, Stray};

fn beside<'p>(placed: &'p Placed, secrets: &[&'p str]) -> Vec<(&'p str, &'p str)> {
    let earlier = |why: &'p Stray| match why {
        Stray::OwnKey { earlier } => earlier.as_str(),
        Stray::BesideIndexes { .. } => "indexes",
    };
    let strays = placed.stray.iter();
    strays.map(|(index, why)| (secrets[*index], earlier(why))).collect()
}

#[test]
fn any_spelling_of_an_earlier_key_is_that_key() {
    for earlier in [
        "max_connections",
        "max-connections",
        "MaxConnections",
        "MAXCONNECTIONS",
        "MAX_CONNECTIONS",
        "_maxConnections-",
    ] {
        for name in ["MaxConnections", "Max-Connections", "max-connections", "MAXCONNECTIONS"] {
            let name = format!("Data-Base--{name}");
            let placed = row(
                json!({"data_base": {earlier: "file", "x": "file"}}),
                &[&name],
                json!({"data_base": {earlier: name, "x": "file"}}),
                &[],
            );
            assert_eq!(keys(&placed), [format!("data_base.{earlier}")]);
            assert!(placed.stray.is_empty());
        }
    }
    // Nothing but a separator is a name too.
    row(json!({"_": "file"}), &["-"], json!({"_": "-"}), &[]);
    // Into a section, an array, over a null, over what is empty.
    row(
        json!({"my_hosts": ["a"], "my_log": {"log_level": 1}, "my_null": null, "my_table": {}}),
        &["MyHosts--0", "My-Log--LogLevel", "MyNull", "MyTable--X"],
        json!({
            "my_hosts": ["MyHosts--0"], "my_log": {"log_level": "My-Log--LogLevel"}, "my_null": "MyNull",
            "my_table": {"X": "MyTable--X"},
        }),
        &[],
    );
}

#[test]
fn an_index_has_no_separators() {
    row(
        json!({"A": {"1-0": "file", "1": "file", "0_1": "file"}}),
        &["A--10", "A---1", "A--01"],
        json!({"A": {"1-0": "file", "1": "file", "0_1": "A--01", "10": "A--10", "-1": "A---1"}}),
        &[],
    );
    row(
        json!({"10": "file"}),
        &["1-0"],
        json!({"10": "file", "1-0": "1-0"}),
        &[],
    );
}

#[test]
fn the_nearest_spelling_counts() {
    let all = json!({"maxconn": "f", "maxConn": "f", "max_conn": "f", "max-conn": "f"});
    let with = |key: &str, value: &str| {
        let mut all = all.clone();
        all[key] = json!(value);
        all
    };
    for (name, taken) in [
        ("maxConn", "maxConn"),
        ("MAXCONN", "maxConn"),
        ("max-conn", "max-conn"),
        ("Max-Conn", "max-conn"),
    ] {
        row(all.clone(), &[name], with(taken, name), &[]);
    }
    // Two fit, and neither is nearer: it is neither.
    let two = json!({"max_conn": "f", "max-conn": "f"});
    row(
        two,
        &["MaxConn"],
        json!({"max_conn": "f", "max-conn": "f", "MaxConn": "MaxConn"}),
        &[],
    );
    row(
        json!({"max_conn": "f", "MAX_CONN": "f"}),
        &["MaxConn"],
        json!({"max_conn": "f", "MAX_CONN": "f", "MaxConn": "MaxConn"}),
        &[],
    );
}

#[test]
fn two_secrets_that_differ_in_a_hyphen_are_two_keys() {
    let placed = row(json!({}), &["A-B", "AB"], json!({"A-B": "A-B", "AB": "AB"}), &[]);
    assert!(placed.stray.is_empty());
    row(
        json!({"a-b": "f", "ab": "f"}),
        &["A-B", "AB"],
        json!({"a-b": "A-B", "ab": "AB"}),
        &[],
    );

    // One of them is the earlier key: the nearer, however old, ...
    for secrets in [["A-B", "AB"], ["AB", "A-B"]] {
        let placed = row(json!({"a-b": "f"}), &secrets, json!({"a-b": "A-B", "AB": "AB"}), &[]);
        assert_eq!(beside(&placed, &secrets), [("AB", "a-b")]);
    }
    // ... or of equals the newer. Here that is the last.
    let secrets = ["S--A-B", "S--AB", "S--A-B-"];
    let placed = row(
        json!({"s": {"a_b": "f"}}),
        &secrets,
        json!({"s": {"a_b": "S--A-B-", "A-B": "S--A-B", "AB": "S--AB"}}),
        &[],
    );
    assert_eq!(beside(&placed, &secrets), [("S--A-B", "s.a_b"), ("S--AB", "s.a_b")]);
    assert_eq!(
        placed.stray[0].1.to_string(),
        "it fits `s.a_b` of an earlier source, but another one that differs from it in nothing but `-` and `_` is nearer or newer"
    );
    // A value that gives way to a section has no say, however new.
    row(
        json!({"a_b": "f"}),
        &["A-B--x", "AB", "A-B"],
        json!({"a_b": "AB", "A-B": {"x": "A-B--x"}}),
        &[("A-B", "section beside")],
    );
}

#[test]
fn an_earlier_section_takes_whatever_fits_it() {
    let secrets = [
        "My-Section--A",
        "MySection--B",
        "mysection--C-D",
        "MY_SECTION--CD",
        "MySection",
    ];
    let placed = row(
        json!({"my-section": {"a": "f", "b": "f", "c_d": "f"}}),
        &secrets,
        json!({"my-section": {"a": "My-Section--A", "b": "MySection--B", "c_d": "MY_SECTION--CD", "C-D": "mysection--C-D"}}),
        &[("MySection", "section beside")],
    );
    assert_eq!(beside(&placed, &secrets), [("mysection--C-D", "my-section.c_d")]);
    // The same key in both is one setting: the newest.
    row(
        json!({"my_section": {"a": "f"}}),
        &[
            "My-Section--A",
            "MySection--a",
            "My-Section",
            "My-Section--A--x",
            "MySection--A-",
        ],
        json!({"my_section": {"a": {"x": "My-Section--A--x"}, "A-": "MySection--A-"}}),
        &[
            ("My-Section--A", "shadowed by a newer one"),
            ("MySection--a", "section beside"),
            ("My-Section", "section beside"),
        ],
    );
    row(
        json!({"my_hosts": ["f", "f"]}),
        &["My-Hosts--0", "MyHosts--1", "MyHosts--5", "My-Hosts--5"],
        json!({"my_hosts": ["My-Hosts--0", "MyHosts--1", "My-Hosts--5"]}),
        &[("MyHosts--5", "shadowed by a newer one")],
    );
    // Over nothing there is no spelling to agree on.
    row(
        json!({}),
        &["My-Section--A", "MySection--B"],
        json!({"My-Section": {"A": "My-Section--A"}, "MySection": {"B": "MySection--B"}}),
        &[],
    );
}

#[test]
fn many_keys_and_many_secrets_are_no_matter() {
    let file = (0..5000).map(|n| (format!("key_{n}"), json!("f"))).collect();
    let mut cache = tree(&serde_json::Value::Object(file));
    let names: Vec<String> = (0..5000).map(|n| format!("KEY-{n}")).collect();
    let placed = overlay(
        &mut cache,
        names.iter().map(|name| secret(name, name.as_str(), None)).collect(),
    );
    assert_eq!((placed.loaded.len(), placed.dropped.len()), (5000, 0));
    assert_eq!(shown(&cache)["key_4999"], "KEY-4999");
    assert_eq!(shown(&cache).as_object().map(serde_json::Map::len), Some(5000));
}
