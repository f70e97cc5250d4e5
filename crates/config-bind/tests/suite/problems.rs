//! Every problem at once.

use config::{Config, Value, ValueKind};
use config_bind::{BindConfig, Binder, Missing};
use serde::Deserialize;

use crate::{json, lines, refused};

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Settings {
    #[serde(rename = "client_id")]
    client: String,
    port: u16,
    mode: Mode,
    retries: Vec<u8>,
    tokens: Tokens,
    address: std::net::IpAddr,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Tokens {
    issuer_url: String,
    #[serde(flatten)]
    times: Times,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Times {
    life_time: u8,
    clock_skew: u16,
    encoded_jwk: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Test,
    Prod,
}

#[test]
fn all_of_them() {
    let text = r#"{"App": {
        "Port": "hunter2", "Mode": "staging", "Retries": ["1", "2", "many"],
        "Address": "nowhere", "Tokens": {"LifeTime": "300", "ClockSkew": "soon"}}}"#;
    let error = json(text).bind_section::<Settings>("App").expect_err("nothing fits");
    let mut found = lines(&error);
    found.sort();
    assert_eq!(
        found,
        [
            "App.Address: was refused by its type: invalid IP address syntax",
            "App.ClientId: is missing",
            "App.Mode: expected one of `test`, `prod`, found a text that is none",
            "App.Port: expected an integer from 0 to 65535, found a text that is none",
            "App.Retries[2]: expected an integer from 0 to 255, found a text that is none",
            "App.Tokens.ClockSkew: expected an integer from 0 to 65535, found a text that is none",
            "App.Tokens.EncodedJwk: is missing",
            "App.Tokens.IssuerUrl: is missing",
            "App.Tokens.LifeTime: expected an integer from 0 to 255, found an integer outside that range",
        ]
    );
}

#[test]
fn a_missing_section_lists_what_it_would_hold() {
    let error = refused::<Settings>(r#"{"ClientId": "a", "Port": 1, "Mode": "Test", "Retries": [], "Address": "::1"}"#);
    let mut found = lines(&error);
    found.sort();
    assert_eq!(
        found,
        [
            "Tokens.ClockSkew: is missing",
            "Tokens.EncodedJwk: is missing",
            "Tokens.IssuerUrl: is missing",
            "Tokens.LifeTime: is missing",
        ]
    );
}

#[test]
fn null_is_not_a_value() {
    #[derive(Debug, Deserialize)]
    struct One {
        #[serde(rename = "v")]
        _v: String,
    }
    assert_eq!(
        lines(&refused::<One>(r#"{"V": null}"#)),
        ["V: expected a text, found null"]
    );
}

#[test]
fn what_no_stand_in_repairs_comes_last() {
    #[derive(Debug)]
    struct Never;
    impl<'de> Deserialize<'de> for Never {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            String::deserialize(deserializer)?;
            Err(serde::de::Error::custom("never"))
        }
    }
    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Hopeless {
        a: Never,
        b: u8,
        c: Sub,
        d: Never,
    }
    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Sub {
        x: Never,
        y: u8,
    }
    let error = refused::<Hopeless>(r#"{"A": "1", "B": "x", "C": {"X": "1", "Y": "x"}, "D": "1"}"#);
    let mut found = lines(&error);
    found.sort();
    assert_eq!(
        found,
        [
            "A: was refused by its type: never",
            "B: expected an integer from 0 to 255, found a text that is none",
            "C.X: was refused by its type: never",
            "C.Y: expected an integer from 0 to 255, found a text that is none",
            "D: was refused by its type: never",
        ]
    );
}

#[test]
fn the_struct_itself_may_refuse() {
    #[derive(Debug, Deserialize)]
    struct Raw {
        low: u8,
        high: u8,
    }
    #[derive(Debug, Deserialize)]
    #[serde(try_from = "Raw")]
    struct Range;
    impl TryFrom<Raw> for Range {
        type Error = &'static str;
        fn try_from(raw: Raw) -> Result<Self, Self::Error> {
            if raw.low < raw.high {
                Ok(Self)
            } else {
                Err("the low end is above the high one")
            }
        }
    }
    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct App {
        range: Range,
        other: u8,
    }
    let error = refused::<App>(r#"{"Range": {"Low": "9", "High": "2"}, "Other": "x"}"#);
    let mut found = lines(&error);
    found.sort();
    assert_eq!(
        found,
        [
            "Other: expected an integer from 0 to 255, found a text that is none",
            "Range: was refused by its type: the low end is above the high one",
        ]
    );
}

#[test]
fn sixty_missing_fields_under_flatten() {
    macro_rules! wide {
        ($($field:ident)*) => {
            #[derive(Debug, Deserialize)]
            #[allow(dead_code)]
            struct Wide { $($field: u16,)* }
        };
    }
    wide!(
        aa ab ac ad ae af ag ah ai aj ba bb bc bd be bf bg bh bi bj ca cb cc cd ce cf cg ch ci cj
        da db dc dd de df dg dh di dj ea eb ec ed ee ef eg eh ei ej fa fb fc fd fe ff fg fh fi fj
    );
    #[derive(Debug, Deserialize)]
    struct Outer {
        #[serde(flatten)]
        _wide: Wide,
    }
    let error = refused::<Outer>("{}");
    assert_eq!(error.problems().len(), 60);
    assert!(error.problems().iter().all(|p| p.message == "is missing"), "{error}");
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Named<T> {
    name: String,
    #[serde(flatten)]
    rest: T,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Ports<K: std::hash::Hash + Eq> {
    ports: std::collections::HashMap<K, String>,
}

/// serde hands out keys from its buffer as texts, whatever the map wants. It is the type that is to be mended.
#[test]
fn a_map_with_keys_that_are_no_texts_behind_flatten() {
    use std::collections::{BTreeMap, HashMap};

    let words = |keys: &str| {
        format!("its keys are to be {keys}, and behind `flatten`, a tag or `untagged` serde takes only texts for keys")
    };
    let number = "an integer from 0 to 65535";
    let text = r#"{ "Name": "x", "Ports": { "80": "a", "443": "b" } }"#;
    let error = json(text).bind::<Named<Ports<u16>>>().expect_err("it does not fit");
    assert_eq!(lines(&error), [format!("Ports: {}", words(number))]);
    let error = json(text).bind::<Named<Ports<bool>>>().expect_err("it does not fit");
    assert_eq!(lines(&error), [format!("Ports: {}", words("true or false"))]);
    let error = json(text).bind::<Named<HashMap<String, BTreeMap<u16, String>>>>();
    assert_eq!(
        lines(&error.expect_err("it does not fit")),
        [format!("Ports: {}", words(number))]
    );
    let error = json(r#"{ "Name": "x", "80": "a" }"#).bind::<Named<BTreeMap<u16, String>>>();
    assert_eq!(
        lines(&error.expect_err("it does not fit")),
        [format!("(the whole configuration): {}", words(number))]
    );
    // Where nothing is buffered, they are read; texts are, everywhere.
    let config = json(text);
    assert!(config.bind::<Ports<u16>>().is_ok());
    assert!(config.bind::<Named<Ports<String>>>().is_ok());
    assert!(
        config
            .bind::<Named<HashMap<String, HashMap<std::net::IpAddr, String>>>>()
            .is_err()
    );
}

/// Whatever a key, a file's name or a remedy holds: nothing in an error ends its line.
#[test]
fn keys_and_places_of_several_lines() {
    let value = Value::new(Some(&"a\nb.json".to_owned()), ValueKind::String("hunter2".to_owned()));
    let inner = Value::new(None, ValueKind::Table([("port".to_owned(), value.clone())].into()));
    let mut config = Config::default();
    let members = [("a\r\nb".to_owned(), inner), ("c\u{1b}[2J\u{2028}".to_owned(), value)];
    config.cache = Value::new(None, ValueKind::Table(members.into()));

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Port {
        port: u16,
        host: String,
    }
    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Ports {
        #[serde(rename = "a\r\nb")]
        port: Port,
    }
    let remedy = |missing: &Missing| Some(format!("set {}", missing.path.join("__")));
    let error = Binder::new(&config).strict().remedy(remedy).bind::<Ports>();
    assert_eq!(
        error.expect_err("refused").to_string(),
        "configuration does not fit, 3 problems: \
         `a\\r\\nb.port`: expected an integer from 0 to 65535, found a text that is none (from a\\nb.json); \
         `a\\r\\nb.host`: is missing (set a\\r\\nb__host); \
         `c\\u{1b}[2J\\u{2028}`: is a key that nothing reads (from a\\nb.json)"
    );
}
