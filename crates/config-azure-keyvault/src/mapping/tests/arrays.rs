use config::ValueKind;
use serde_json::json;

use super::{json as shown, keys, overlay, replaced, row, secret, tree};

#[test]
fn over_nothing() {
    let placed = row(
        json!({}),
        &["A--1", "A--0", "A--2"],
        json!({"A": ["A--0", "A--1", "A--2"]}),
        &[],
    );
    assert_eq!(keys(&placed), ["A[1]", "A[0]", "A[2]"]);
    row(json!({}), &["A--0"], json!({"A": ["A--0"]}), &[]);
    // A null is nothing.
    row(json!({"A": null}), &["A--0"], json!({"A": ["A--0"]}), &[]);
    // A gap, a start past 0, a key beside: a section.
    row(
        json!({}),
        &["A--0", "A--2"],
        json!({"A": {"0": "A--0", "2": "A--2"}}),
        &[],
    );
    row(json!({}), &["A--1"], json!({"A": {"1": "A--1"}}), &[]);
    row(
        json!({}),
        &["A--0", "A--x"],
        json!({"A": {"0": "A--0", "x": "A--x"}}),
        &[],
    );
    row(json!({}), &["A--00"], json!({"A": {"00": "A--00"}}), &[]);
    row(json!({}), &["A---1"], json!({"A": {"-1": "A---1"}}), &[]);
    // The root is a section whatever is in it.
    row(json!({}), &["0"], json!({"0": "0"}), &[]);
    // Ten sorts after nine.
    let names: Vec<String> = (0..12).map(|n| format!("A--{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    row(json!({}), &names, json!({ "A": names }), &[]);
}

#[test]
fn over_nothing_arrays_nest() {
    let placed = row(
        json!({}),
        &["A--0--1", "A--0--0", "A--1--Name", "A--1--Tags--0"],
        json!({"A": [["A--0--0", "A--0--1"], {"Name": "A--1--Name", "Tags": ["A--1--Tags--0"]}]}),
        &[],
    );
    assert_eq!(keys(&placed), ["A[0][1]", "A[0][0]", "A[1].Name", "A[1].Tags[0]"]);
}

#[test]
fn over_a_files_array() {
    let file = json!({"Hosts": ["f0", "f1"]});
    let placed = row(file.clone(), &["hosts--1"], json!({"Hosts": ["f0", "hosts--1"]}), &[]);
    assert_eq!(keys(&placed), ["Hosts[1]"]);
    // Past the end: in numeric order, without gaps.
    let placed = row(
        file.clone(),
        &["Hosts--100", "Hosts--20", "Hosts--3"],
        json!({"Hosts": ["f0", "f1", "Hosts--3", "Hosts--20", "Hosts--100"]}),
        &[],
    );
    assert_eq!(keys(&placed), ["Hosts[4]", "Hosts[3]", "Hosts[2]"]);
    let huge = format!("Hosts--{}", "9".repeat(100));
    row(file.clone(), &[&huge], json!({"Hosts": ["f0", "f1", huge]}), &[]);
    row(json!({}), &[&huge], json!({"Hosts": {"9".repeat(100): huge}}), &[]);
    // No index: the array stays.
    let placed = row(
        file.clone(),
        &["HOSTS--x", "Hosts--00", "Hosts--01--a", "Hosts---1", "Hosts"],
        file,
        &[
            ("HOSTS--x", "no index"),
            ("Hosts--00", "no index"),
            ("Hosts--01--a", "no index"),
            ("Hosts---1", "no index"),
            ("Hosts", "section before"),
        ],
    );
    assert_eq!(keys(&placed), [""; 0]);
    // Nor is what was dropped a section, though another one is.
    row(
        json!({"A": [1]}),
        &["0--x", "A", "A--x"],
        json!({"0": {"x": "0--x"}, "A": [1]}),
        &[("A", "section before"), ("A--x", "no index")],
    );
    row(json!({"A": []}), &["A--7"], json!({"A": ["A--7"]}), &[]);
    row(json!({"A": []}), &["A"], json!({"A": "A"}), &[]);
    row(json!({"A": []}), &["A--x"], json!({"A": []}), &[("A--x", "no index")]);
}

#[test]
fn into_the_elements_of_a_files_array() {
    let file = json!({"A": ["text", {"Name": "n"}, [0, 1], null]});
    let placed = row(
        file.clone(),
        &["A--0--x", "A--1--NAME", "A--2--1", "A--3--y", "A--4--z"],
        json!({"A": [
            {"x": "A--0--x"},
            {"Name": "A--1--NAME"},
            [0, "A--2--1"],
            {"y": "A--3--y"},
            {"z": "A--4--z"},
        ]}),
        &[],
    );
    assert_eq!(keys(&placed), ["A[0].x", "A[1].Name", "A[2][1]", "A[3].y", "A[4].z"]);
    assert_eq!(replaced(&placed), ["A[0]"]);

    row(
        file.clone(),
        &["A--1", "A--2", "A--2--x"],
        file,
        &[
            ("A--1", "section before"),
            ("A--2", "section before"),
            ("A--2--x", "no index"),
        ],
    );
}

#[test]
fn over_a_files_table() {
    row(
        json!({"A": {"0": "f", "k": "f"}}),
        &["A--0", "A--1"],
        json!({"A": {"0": "A--0", "1": "A--1", "k": "f"}}),
        &[],
    );
    row(json!({"A": {}}), &["A--0"], json!({"A": {"0": "A--0"}}), &[]);
}

#[test]
fn over_a_files_text() {
    let placed = row(
        json!({"A": "x,y"}),
        &["a--0", "a--1"],
        json!({"A": ["a--0", "a--1"]}),
        &[],
    );
    assert_eq!(replaced(&placed), ["A"]);
    assert_eq!(placed.replaced[0].origin.as_deref(), Some("file"));
}

#[test]
fn nulls_hold_places_in_a_new_array_only() {
    let null = |name| secret(name, ValueKind::Nil, None);
    let lay = |earlier, entries| {
        let mut cache = tree(&earlier);
        let placed = overlay(&mut cache, entries);
        assert!(placed.dropped.is_empty());
        (shown(&cache), placed.loaded.len())
    };
    let entries = || vec![secret("A--0", "0", None), null("A--1"), secret("A--2", "2", None)];
    assert_eq!(lay(json!({}), entries()), (json!({"A": ["0", null, "2"]}), 2));
    assert_eq!(lay(json!({"A": [7]}), entries()), (json!({"A": ["0", "2"]}), 2));
    assert_eq!(lay(json!({"A": [7, 8]}), entries()), (json!({"A": ["0", 8, "2"]}), 2));
    assert_eq!(
        lay(
            json!({}),
            vec![null("A--0--x"), null("A--1--0"), secret("A--2--x", "2", None)]
        ),
        (json!({"A": [{}, [null], {"x": "2"}]}), 1)
    );
    assert_eq!(lay(json!({}), vec![null("A--0"), null("A--1")]), (json!({}), 0));
    assert_eq!(lay(json!({"A": "x"}), vec![null("A--0")]), (json!({"A": "x"}), 0));
}
