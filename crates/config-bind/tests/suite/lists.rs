//! Lists: from arrays, and from tables with indexes for keys.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use crate::{bound, json, lines, refused};
use config_bind::BindConfig;

#[derive(Debug, Deserialize)]
struct App {
    hosts: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Flat {
    #[serde(flatten)]
    app: App,
}

#[test]
fn a_stray_key_stops_nobody() {
    for stray in ["01", "x", "-1"] {
        let text = format!(r#"{{"Hosts": {{"0": "a", "1": "b", "{stray}": "c"}}}}"#);
        assert_eq!(bound::<App>(&text).hosts, ["a", "b"], "{stray}");
        assert_eq!(bound::<Flat>(&text).app.hosts, ["a", "b"], "{stray} behind flatten");
        let map: HashMap<String, BTreeMap<String, String>> = bound(&text);
        assert_eq!(map["Hosts"].len(), 3);
        let error = json(&text).bind_strict::<App>().expect_err("a key nothing reads");
        assert_eq!(lines(&error), [format!("Hosts.{stray}: is a key that nothing reads")]);
    }
}

#[test]
fn without_an_index_it_is_no_list() {
    assert_eq!(
        lines(&refused::<App>(r#"{"Hosts": {"first": "a"}}"#)),
        ["Hosts: expected a list, found a section: its key `first` is no index"]
    );
    assert_eq!(bound::<App>(r#"{"Hosts": {}}"#).hosts, Vec::<String>::new());
}

/// `Microsoft.Extensions.Configuration` leaves `null` out of a list it binds.
#[test]
fn null_is_no_element() {
    assert_eq!(bound::<App>(r#"{"Hosts": ["a", null, "b"]}"#).hosts, ["a", "b"]);
    assert_eq!(bound::<Flat>(r#"{"Hosts": ["a", null, "b"]}"#).app.hosts, ["a", "b"]);
    assert_eq!(bound::<(u8, Option<u8>)>(r#"{"0": 1, "1": null}"#), (1, None));
}

#[test]
fn indexes_sort_as_numbers_however_long() {
    let text = r#"{"Hosts": {"100000000000000000000000": "d", "99999999999999999999999": "c", "10": "b", "9": "a"}}"#;
    assert_eq!(bound::<App>(text).hosts, ["a", "b", "c", "d"]);
}
