//! Keys that nothing reads.

use std::collections::HashMap;

use config_bind::BindConfig;
use serde::Deserialize;

use crate::{json, lines, refused};

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct App {
    client_id: Option<String>,
    log_level: Option<String>,
    nested: Option<Nested>,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Nested {
    port_number: Option<u16>,
    #[serde(flatten)]
    more: More,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct More {
    time_out: Option<u16>,
    labels: Option<HashMap<String, String>>,
}

fn strict<T: serde::de::DeserializeOwned>(text: &str) -> Vec<String> {
    match json(text).bind_strict::<T>() {
        Ok(_) => Vec::new(),
        Err(error) => lines(&error),
    }
}

#[test]
fn what_is_read_is_fine() {
    let text = r#"{"ClientId": "x", "LogLevel": null, "Nested":
        {"PortNumber": "1", "TimeOut": "2", "Labels": {"Any": "x", "Thing": "y"}}}"#;
    assert_eq!(strict::<App>(text), Vec::<String>::new());
}

#[test]
fn what_is_not_is_named() {
    let text = r#"{"ClintId": "x", "Unrelated": {"A": 1}, "Nested": {"PortNumbr": "1", "TimOut": 1, "TimeOut": 1}}"#;
    assert_eq!(
        strict::<App>(text),
        [
            "ClintId: is a key that nothing reads; did you mean `ClientId`?",
            "Nested.PortNumbr: is a key that nothing reads",
            "Nested.TimOut: is a key that nothing reads",
            "Unrelated: is a key that nothing reads",
        ]
    );
    assert!(json(text).bind::<App>().is_ok());
}

#[test]
fn beside_other_problems() {
    #[derive(Debug, Deserialize)]
    struct Required {
        #[serde(rename = "client_id")]
        _client_id: String,
    }
    let text = r#"{"ClintId": "x", "Other": 1}"#;
    let mut found = strict::<Required>(text);
    found.sort();
    assert_eq!(
        found,
        [
            "ClientId: is missing",
            "ClintId: is a key that nothing reads; did you mean `ClientId`?",
            "Other: is a key that nothing reads",
        ]
    );
}

#[test]
fn types_that_deny_unknown_fields() {
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Closed {
        #[serde(rename = "client_id")]
        _client_id: Option<String>,
    }
    assert_eq!(
        lines(&refused::<Closed>(r#"{"ClintId": "x", "B": 1}"#)),
        [
            "B: is not a setting of this section",
            "ClintId: is not a setting of this section; did you mean `ClientId`?",
        ]
    );
    #[derive(Debug, Deserialize)]
    struct Outer {
        #[serde(flatten)]
        _map: HashMap<String, Closed>,
    }
    assert_eq!(
        lines(&refused::<Outer>(r#"{"A": {"ClientId": "x"}, "B": {"ClintId": "x"}}"#)),
        ["B.ClintId: is not a setting of this section; did you mean `ClientId`?"]
    );
}

/// A field that is missing may be meant; one that is set beside the key is not.
#[test]
fn what_is_set_is_not_meant() {
    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Names {
        client_id_number: String,
        client_id_numbers: Option<String>,
    }
    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Outer {
        #[serde(flatten)]
        names: Names,
    }
    let strict = |text: &str| lines(&json(text).bind_strict::<Outer>().expect_err("refused"));
    assert_eq!(
        strict(r#"{"client_id_numbr": "x", "b": "y"}"#),
        [
            "client_id_number: is missing",
            "b: is a key that nothing reads",
            "client_id_numbr: is a key that nothing reads; did you mean `client_id_number`?",
        ]
    );
    assert_eq!(
        strict(r#"{"client_id_number": "x", "client_id_numbr": "y"}"#),
        ["client_id_numbr: is a key that nothing reads"]
    );
}
