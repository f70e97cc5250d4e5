//! No value in any error; and what `try_deserialize` prints, so that the warning in the docs stays true.

use std::collections::HashMap;

use config_bind::BindConfig;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use crate::{everything, json};

const MARKER: &str = "hunter2-Sup3rSecret";

#[derive(Debug, Deserialize)]
enum Unit {
    A,
    B,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
#[serde(untagged)]
enum Untagged {
    Number(u16),
    List(Vec<u8>),
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
#[serde(tag = "v")]
enum Tagged {
    A { w: u8 },
}

#[derive(Debug)]
struct Tactless;

impl<'de> Deserialize<'de> for Tactless {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Err(serde::de::Error::custom(format!("cannot use {text:?}")))
    }
}

#[derive(Debug)]
struct Sly;

impl<'de> Deserialize<'de> for Sly {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let expected = format!("something better than {}", text.to_uppercase());
        Err(serde::de::Error::invalid_value(
            serde::de::Unexpected::Str(&text),
            &expected.as_str(),
        ))
    }
}

#[derive(Debug)]
struct Partial;

impl<'de> Deserialize<'de> for Partial {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Err(serde::de::Error::custom(format!(
            "it begins with {}",
            text.get(..5).unwrap_or_default()
        )))
    }
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Direct<T> {
    v: T,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Flat<T> {
    #[serde(flatten)]
    flat: Direct<T>,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct FlatMap<T> {
    #[serde(flatten)]
    flat: HashMap<String, T>,
}

fn check<T: DeserializeOwned>(value: &str, markers: &[&str]) {
    let text = format!(r#"{{"v": {value}, "other": "{MARKER}"}}"#);
    let config = json(&text);
    for strict in [false, true] {
        let results = if strict {
            [
                config.bind_strict::<Direct<T>>().err(),
                config.bind_strict::<Flat<T>>().err(),
                config.bind_strict::<FlatMap<T>>().err(),
            ]
        } else {
            [
                config.bind::<Direct<T>>().err(),
                config.bind::<Flat<T>>().err(),
                config.bind::<FlatMap<T>>().err(),
            ]
        };
        for error in results {
            let error = error.expect("it does not fit");
            assert!(
                error.problems().iter().any(|p| p.key.starts_with('v')),
                "{} for {}",
                error,
                std::any::type_name::<T>()
            );
            let printed = everything(&error).to_lowercase();
            for marker in markers {
                assert!(!printed.contains(&marker.to_lowercase()), "{printed}");
            }
        }
    }
}

#[test]
fn no_error_shows_a_value() {
    let text = format!("\"{MARKER}\"");
    let own = [MARKER, "hunter2", "Sup3r"];
    check::<u16>(&text, &own);
    check::<bool>(&text, &own);
    check::<f64>(&text, &own);
    check::<char>(&text, &own);
    check::<()>(&text, &own);
    check::<Unit>(&text, &own);
    check::<Vec<u8>>(&text, &own);
    check::<Vec<u8>>(&format!("[{text}]"), &own);
    check::<(u8, u8)>(&format!("[1, {text}]"), &own);
    check::<HashMap<String, u8>>(&format!("{{\"a\": {text}}}"), &own);
    check::<HashMap<String, u8>>(&text, &own);
    check::<Direct<u8>>(&text, &own);
    check::<Untagged>(&text, &own);
    check::<Untagged>(&format!("[{text}]"), &own);
    check::<Tagged>(&format!("{{\"v\": {text}}}"), &own);
    check::<Tagged>(&format!("{{\"v\": \"A\", \"w\": {text}}}"), &own);
    check::<Tactless>(&text, &own);
    check::<Sly>(&text, &own);
    check::<Partial>(&text, &["hunte"]);
    check::<std::net::IpAddr>(&text, &own);
    check::<u8>("\"47119\"", &["47119"]);
    check::<u8>("47119", &["47119"]);
    check::<i8>("-47119", &["47119"]);
    check::<std::num::NonZeroI8>("47119", &["47119"]);
    check::<Unit>("\"47119\"", &["47119"]);
}

/// The docs warn of this; it is why `bind` is there.
#[test]
fn what_try_deserialize_shows() {
    let shows = |value: &str, result: Result<(), config::ConfigError>| {
        let error = result.expect_err("it does not fit");
        assert!(error.to_string().contains(value), "{error}");
        assert!(format!("{error:?}").contains(value), "{error:?}");
    };
    let scalar = json(&format!(r#"{{"v": "{MARKER}"}}"#));
    shows(MARKER, scalar.clone().try_deserialize::<Direct<u16>>().map(drop));
    shows(MARKER, scalar.clone().try_deserialize::<Direct<Unit>>().map(drop));
    shows(MARKER, scalar.clone().try_deserialize::<Direct<Vec<u8>>>().map(drop));
    shows(MARKER, scalar.clone().try_deserialize::<Flat<u16>>().map(drop));
    shows(
        "47119",
        json(r#"{"v": "47119"}"#).try_deserialize::<Direct<u8>>().map(drop),
    );
    assert!(format!("{scalar:?}").contains(MARKER));
}
