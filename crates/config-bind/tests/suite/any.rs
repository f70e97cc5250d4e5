//! Whatever the configuration holds: what serde itself accepts is bound to the same, and nothing is ever printed.

use std::collections::BTreeMap;
use std::fmt::Debug;

use config_bind::BindConfig;
use proptest::prelude::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{everything, json as config};

const MARKER: &str = "hunter2";

#[derive(Debug, Deserialize, PartialEq)]
struct Plain {
    name: String,
    port: Option<u8>,
    #[serde(default)]
    list: Vec<i16>,
    kind: Kind,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Name,
    Port(u8),
    List { name: Option<String> },
}

#[derive(Debug, Deserialize, PartialEq)]
struct Flat {
    name: String,
    #[serde(flatten)]
    inner: FlatInner,
    #[serde(flatten)]
    rest: BTreeMap<String, Loose>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct FlatInner {
    port: Option<u8>,
    #[serde(default)]
    list: Vec<Loose>,
    inner: Option<Tagged>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(untagged)]
enum Loose {
    Bool(bool),
    Number(u8),
    Tagged(Box<Tagged>),
    Text(String),
    List(Vec<Loose>),
    Map(BTreeMap<String, Loose>),
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Tagged {
    Name { name: String, port: Option<u8> },
    Port(Box<FlatInner>),
    List,
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3i64..300).prop_map(Value::from),
        Just(json!(1.5)),
        prop_oneof![
            Just("name"),
            Just("port"),
            Just("list"),
            Just(""),
            Just("7"),
            Just(MARKER),
            Just("true"),
        ]
        .prop_map(Value::from),
    ];
    let key = prop_oneof![
        Just("name".to_owned()),
        Just("port".to_owned()),
        Just("list".to_owned()),
        Just("kind".to_owned()),
        Just("inner".to_owned()),
        Just("other".to_owned()),
        Just("0".to_owned()),
    ];
    leaf.prop_recursive(4, 24, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn section() -> impl Strategy<Value = Value> {
    let keys = ["name", "port", "list", "kind", "inner", "other"];
    prop::collection::vec(prop::option::weighted(0.7, value()), keys.len()).prop_map(move |values| {
        let pairs = keys.iter().zip(values);
        Value::Object(
            pairs
                .filter_map(|(key, value)| Some(((*key).to_owned(), value?)))
                .collect(),
        )
    })
}

fn check<T: DeserializeOwned + Debug + PartialEq>(value: &Value) -> Result<(), TestCaseError> {
    let config = config(&value.to_string());
    let bound = config.bind::<T>();
    if let Err(error) = &bound {
        prop_assert!(!everything(error).contains(MARKER), "{error}");
        prop_assert!(!error.problems().is_empty());
    }
    if let Ok(expected) = serde_json::from_value::<T>(value.clone()) {
        match bound {
            Ok(found) => prop_assert_eq!(found, expected),
            Err(error) => prop_assert!(false, "{} for {:?}", error, expected),
        }
    }
    if let Err(error) = config.bind_strict::<T>() {
        prop_assert!(!everything(&error).contains(MARKER), "{error}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn plain(value in section()) {
        check::<Plain>(&value)?;
    }

    #[test]
    fn flat(value in section()) {
        check::<Flat>(&value)?;
    }

    #[test]
    fn tagged(value in section()) {
        check::<Tagged>(&value)?;
    }

    #[test]
    fn loose(value in section()) {
        check::<Loose>(&value)?;
    }
}

/// A text that is a tag to one variant of an untagged enum and a plain text to another.
#[test]
fn a_tag_that_is_none() {
    let value = json!({"list": {"0": [], "inner": "", "kind": "name"}});
    check::<Loose>(&value).expect("bound as serde has it");
}
