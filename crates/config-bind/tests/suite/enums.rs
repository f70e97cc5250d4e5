//! Enums that serde does not buffer.

use serde::Deserialize;

use crate::{bound, lines, refused};

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Mode {
    Test,
    PreProd,
    Custom(u16),
    Detailed { host_name: String, port: u16 },
    Pair(u8, String),
}

#[derive(Debug, Deserialize)]
struct App {
    mode: Mode,
}

fn mode(value: &str) -> Mode {
    bound::<App>(&format!(r#"{{"Mode": {value}}}"#)).mode
}

#[test]
fn by_name() {
    for name in ["pre_prod", "PreProd", "PREPROD", "pre-prod", " preprod "] {
        assert_eq!(mode(&format!("\"{name}\"")), Mode::PreProd, "{name}");
    }
}

#[test]
fn by_section() {
    assert_eq!(mode(r#"{"CUSTOM": "8080"}"#), Mode::Custom(8080));
    assert_eq!(mode(r#"{"Pair": {"0": "1", "1": 2}}"#), Mode::Pair(1, "2".into()));
    assert_eq!(mode(r#"{"Test": null}"#), Mode::Test);
    let detailed = Mode::Detailed {
        host_name: "h".into(),
        port: 1,
    };
    assert_eq!(mode(r#"{"Detailed": {"HostName": "h", "Port": "1"}}"#), detailed);
}

#[test]
fn refusals() {
    for (value, expected) in [
        (
            r#""hunter2""#,
            "Mode: expected one of `test`, `pre_prod`, `custom`, `detailed`, `pair`, found a text that is none",
        ),
        (
            r#""custom""#,
            "Mode: expected a section with what belongs to this variant, found a text",
        ),
        (r#"{"Test": {"A": 1}}"#, "Mode.Test: expected nothing, found a section"),
        (
            r#"{"A": 1, "B": 2}"#,
            "Mode: expected one of `test`, `pre_prod`, `custom`, `detailed`, `pair`, found a section",
        ),
    ] {
        let error = refused::<App>(&format!(r#"{{"Mode": {value}}}"#));
        assert_eq!(lines(&error), [expected]);
    }
}

#[test]
fn adjacently_tagged() {
    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(tag = "kind", content = "settings", rename_all = "snake_case")]
    enum Store {
        InMemory,
        Redis { host_name: String, port: u16 },
    }
    #[derive(Debug, Deserialize)]
    struct App {
        store: Store,
    }
    let redis = Store::Redis {
        host_name: "h".into(),
        port: 6379,
    };
    let text = r#"{"Store": {"Kind": "REDIS", "Settings": {"HostName": "h", "Port": "6379"}}}"#;
    assert_eq!(bound::<App>(text).store, redis);
    let text = r#"{"Store": {"settings": {"HostName": "h", "Port": "6379"}, "Kind": "redis"}}"#;
    assert_eq!(bound::<App>(text).store, redis);
    assert_eq!(
        bound::<App>(r#"{"Store": {"Kind": "InMemory"}}"#).store,
        Store::InMemory
    );
}
