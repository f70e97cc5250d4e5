//! Texts into types.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};

use crate::{bound, lines, refused};

#[derive(Debug, Deserialize, PartialEq)]
struct One<T> {
    v: T,
}

fn one<T: serde::de::DeserializeOwned>(value: &str) -> T {
    bound::<One<T>>(&format!(r#"{{"v": {value}}}"#)).v
}

fn message<T: serde::de::DeserializeOwned>(value: &str) -> String {
    let error = refused::<One<T>>(&format!(r#"{{"v": {value}}}"#));
    let mut lines = lines(&error);
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines.remove(0)
}

#[test]
fn scalars() {
    assert!(one::<bool>(r#"" TRUE ""#));
    assert!(one::<bool>("1"));
    assert!(!one::<bool>(r#""off""#));
    assert_eq!(one::<u8>(r#"" 255 ""#), 255);
    assert_eq!(one::<i64>(r#""-5""#), -5);
    assert_eq!(one::<u128>(&format!("\"{}\"", u128::MAX)), u128::MAX);
    assert_eq!(one::<i128>(&format!("\"{}\"", i128::MIN)), i128::MIN);
    assert!((one::<f64>(r#""1.5e3""#) - 1500.0).abs() < f64::EPSILON);
    assert_eq!(one::<char>(r#"" x ""#), 'x');
    assert_eq!(one::<char>(r#"" ""#), ' ');
    one::<()>(r#""""#);
    assert_eq!(one::<String>("8080"), "8080");
    assert_eq!(one::<String>("true"), "true");
    assert_eq!(one::<String>(r#"" as it is ""#), " as it is ");
}

#[test]
fn types_of_others() {
    assert_eq!(one::<IpAddr>(r#""10.0.0.1""#), IpAddr::from([10, 0, 0, 1]));
    assert_eq!(one::<SocketAddr>(r#""10.0.0.1:80""#).port(), 80);
    assert_eq!(one::<PathBuf>(r#""/srv/x""#), PathBuf::from("/srv/x"));
    assert_eq!(one::<NonZeroU16>(r#""7""#).get(), 7);
    assert_eq!(one::<SecretString>(r#""8080""#).expose_secret(), "8080");
    assert_eq!(one::<SecretString>("8080").expose_secret(), "8080");
    assert_eq!(
        one::<serde_json::Value>(r#"{"A": ["1", 2, null]}"#),
        serde_json::json!({"A": ["1", 2, null]})
    );
    assert_eq!(one::<serde_json::Value>("null"), serde_json::Value::Null);
    let value: config::Value = one(r#"{"A": [1]}"#);
    assert!(matches!(value.kind, config::ValueKind::Table(_)));
}

#[test]
fn refusals_name_the_type_and_no_value() {
    for (message, expected) in [
        (
            message::<u8>(r#""300""#),
            "v: expected an integer from 0 to 255, found an integer outside that range",
        ),
        (
            message::<u8>("300"),
            "v: expected an integer from 0 to 255, found an integer outside that range",
        ),
        (
            message::<u16>(r#""many""#),
            "v: expected an integer from 0 to 65535, found a text that is none",
        ),
        (
            message::<u16>(r#""1_000""#),
            "v: expected an integer from 0 to 65535, found a text that is none",
        ),
        (
            message::<u16>(r#"" ""#),
            "v: expected an integer from 0 to 65535, found a blank text",
        ),
        (
            message::<u16>("{}"),
            "v: expected an integer from 0 to 65535, found a section",
        ),
        (message::<bool>("2"), "v: expected true or false, found an integer"),
        (
            message::<f64>(r#""1,5""#),
            "v: expected a number, found a text that is none",
        ),
        (
            message::<NonZeroU16>(r#""0""#),
            "v: expected an integer from 1 to 65535, found an integer outside that range",
        ),
        (message::<String>("[]"), "v: expected a text, found a list"),
        (
            message::<Vec<u8>>(r#""1,2""#),
            "v: expected a list, found a text that is none",
        ),
        (
            message::<(u8, u8)>("[1]"),
            "v: expected a list of 2 values, found one of 1",
        ),
        (
            message::<IpAddr>(r#""here""#),
            "v: was refused by its type: invalid IP address syntax",
        ),
    ] {
        assert_eq!(message, expected);
    }
}

#[test]
fn option_and_blank() {
    assert_eq!(one::<Option<u16>>(r#""  ""#), None);
    assert_eq!(one::<Option<u16>>("null"), None);
    assert_eq!(one::<Option<u16>>(r#"" 7""#), Some(7));
    assert_eq!(one::<Option<String>>(r#""""#), Some(String::new()));
    assert_eq!(one::<Option<IpAddr>>(r#""""#), None);
    assert_eq!(one::<Option<Vec<u8>>>(r#""""#), None);
    assert_eq!(bound::<One<Option<u16>>>("{}").v, None);
}

#[test]
fn defaults() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Defaults {
        #[serde(default)]
        text: String,
        #[serde(default = "seven")]
        number: u8,
    }
    fn seven() -> u8 {
        7
    }
    let expected = Defaults {
        text: String::new(),
        number: 7,
    };
    assert_eq!(bound::<Defaults>("{}"), expected);
    assert_eq!(bound::<Defaults>(r#"{"Text": null, "NUMBER": null}"#), expected);
}

#[test]
fn lists_and_maps() {
    assert_eq!(one::<Vec<u8>>(r#"["1", 2, " 3 "]"#), [1, 2, 3]);
    assert_eq!(one::<Vec<u8>>(r#"{"10": "3", "0": "1", "2": "2"}"#), [1, 2, 3]);
    assert_eq!(one::<(u8, String)>(r#"{"0": "1", "1": 2}"#), (1, "2".to_owned()));
    assert_eq!(one::<BTreeSet<u8>>(r#"["1", "1", "2"]"#), BTreeSet::from([1, 2]));
    assert_eq!(
        one::<BTreeMap<String, u8>>(r#"["4", "5"]"#),
        BTreeMap::from([("0".into(), 4), ("1".into(), 5)])
    );
    assert_eq!(one::<BTreeMap<u16, String>>(r#"{"10": "a", "2": "b"}"#)[&10], "a");
    let error = refused::<One<Vec<u8>>>(r#"{"v": ["1", "x", "300"]}"#);
    assert_eq!(
        lines(&error),
        [
            "v[1]: expected an integer from 0 to 255, found a text that is none",
            "v[2]: expected an integer from 0 to 255, found an integer outside that range",
        ]
    );
    assert_eq!(
        message::<Vec<u8>>(r#"{"x": "2", "01": "3"}"#),
        "v: expected a list, found a section: its key `01` is no index"
    );
}

#[derive(Debug, PartialEq)]
struct Timeout(Duration);

impl<'de> Deserialize<'de> for Timeout {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Seconds;
        impl serde::de::Visitor<'_> for Seconds {
            type Value = Timeout;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a duration such as 30s, or seconds")
            }
            fn visit_u64<E>(self, seconds: u64) -> Result<Timeout, E> {
                Ok(Timeout(Duration::from_secs(seconds)))
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Timeout, E> {
                let seconds = text.strip_suffix('s').and_then(|n| n.parse().ok());
                let seconds = seconds.ok_or_else(|| E::custom(format!("{text:?} is no duration")))?;
                Ok(Timeout(Duration::from_secs(seconds)))
            }
        }
        deserializer.deserialize_any(Seconds)
    }
}

fn humane<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    let minutes = text.strip_suffix("min").and_then(|n| n.trim().parse::<u64>().ok());
    let minutes = minutes.ok_or_else(|| serde::de::Error::custom(format!("bad duration {text}")))?;
    Ok(Duration::from_secs(minutes * 60))
}

#[test]
fn durations_of_the_user() {
    assert_eq!(one::<Timeout>(r#""30s""#), Timeout(Duration::from_secs(30)));
    assert_eq!(one::<Timeout>("30"), Timeout(Duration::from_secs(30)));
    assert_eq!(one::<Timeout>(r#""30""#), Timeout(Duration::from_secs(30)));
    assert_eq!(one::<Option<Timeout>>(r#""""#), None);
    assert_eq!(message::<Timeout>(r#""soon""#), "v: was refused by its type");

    #[derive(Debug, Deserialize)]
    struct Humane {
        #[serde(deserialize_with = "humane")]
        v: Duration,
    }
    assert_eq!(bound::<Humane>(r#"{"V": "5 min"}"#).v, Duration::from_secs(300));
    assert_eq!(
        lines(&refused::<Humane>(r#"{"V": "hunter"}"#)),
        ["V: was refused by its type"]
    );
}
