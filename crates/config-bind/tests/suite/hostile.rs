//! Whatever stands in a configuration, under whatever key: it is bound, or the error is one line that a log can bear.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use config::{Config, Map, Value, ValueKind};
use config_bind::BindConfig;
use proptest::prelude::*;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::json;

/// Asks for every form that serde knows.
#[derive(Deserialize)]
#[allow(dead_code)]
struct Everything {
    bool: Option<bool>,
    i8: Option<i8>,
    u64: Option<u64>,
    i128: Option<i128>,
    u128: Option<u128>,
    f32: Option<f32>,
    char: Option<char>,
    text: Option<String>,
    unit: Option<()>,
    tuple: Option<(u8, String)>,
    array: Option<[u16; 2]>,
    list: Option<Vec<i64>>,
    map: Option<BTreeMap<String, i64>>,
    numbers: Option<HashMap<u8, Duration>>,
    kind: Option<Kind>,
    #[serde(flatten)]
    rest: BTreeMap<String, IgnoredAny>,
}

#[derive(Deserialize)]
#[allow(dead_code)]
enum Kind {
    Unit,
    One(Box<Kind>),
    Two(u8, u8),
    Section { list: Vec<Kind> },
}

const KEYS: [&str; 20] = [
    "bool", "i8", "u64", "i128", "u128", "f32", "char", "text", "unit", "tuple", "array", "list", "map", "numbers",
    "kind", "Unit", "One", "Two", "0", "1",
];

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(&KEYS[..]).prop_map(str::to_owned),
        1 => prop::sample::select(&KEYS[..]).prop_map(|key| format!("{}_", key.to_uppercase())),
        1 => any::<String>(),
        1 => anything(),
        1 => "[0-9]{1,40}",
    ]
}

/// With line breaks, and what moves a cursor.
fn anything() -> impl Strategy<Value = String> {
    prop::collection::vec(any::<char>(), 0..8).prop_map(String::from_iter)
}

fn value() -> impl Strategy<Value = Value> {
    let kind = prop_oneof![
        Just(ValueKind::Nil),
        any::<bool>().prop_map(ValueKind::Boolean),
        any::<i64>().prop_map(ValueKind::I64),
        any::<i128>().prop_map(ValueKind::I128),
        any::<u64>().prop_map(ValueKind::U64),
        any::<u128>().prop_map(ValueKind::U128),
        any::<f64>().prop_map(ValueKind::Float),
        any::<String>().prop_map(ValueKind::String),
        "[ +-]?[0-9]{0,40}(\\.[0-9]*)?(e[0-9]{1,4})?".prop_map(ValueKind::String),
    ];
    let leaf = (prop::option::of(anything()), kind).prop_map(|(origin, kind)| Value::new(origin.as_ref(), kind));
    leaf.prop_recursive(5, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            table(inner),
        ]
    })
}

fn table(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    prop::collection::vec((key(), inner), 0..12)
        .prop_map(|members| Value::new(None, members.into_iter().collect::<Map<String, Value>>()))
}

fn bind<T: DeserializeOwned>(config: &Config) -> Result<(), TestCaseError> {
    for error in [config.bind::<T>().err(), config.bind_strict::<T>().err()]
        .into_iter()
        .flatten()
    {
        let line = error.to_string();
        prop_assert!(
            !line.contains(char::is_control),
            "several lines, or what moves a cursor: {:?}",
            line
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: ProptestConfig::default().cases / 16, ..ProptestConfig::default() })]

    #[test]
    fn anything_is_bound_or_refused(value in table(value())) {
        let mut config = Config::default();
        config.cache = value;
        bind::<Everything>(&config)?;
        bind::<BTreeMap<String, Kind>>(&config)?;
        bind::<Kind>(&config)?;
        bind::<IgnoredAny>(&config)?;
    }
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Few {
    end: String,
    other: Option<String>,
}

/// A type whose own words say what is wrong, of which nothing may be shown that stands anywhere else.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Odd;

impl TryFrom<String> for Odd {
    type Error = &'static str;

    fn try_from(_: String) -> Result<Self, Self::Error> {
        Err("it is no odd number")
    }
}

/// Eight times as many problems take eight times the time, or less than sixteen; what takes the square of it takes sixty-four.
#[test]
#[ignore = "it measures time: cargo test --release -p config-bind --test suite hostile::time -- --ignored --nocapture"]
#[allow(clippy::print_stdout)]
fn time_is_no_square() {
    type Case = (&'static str, fn(&Config), fn(&mut String, usize));
    fn bound<T: DeserializeOwned>(config: &Config) {
        drop(config.bind::<T>());
        drop(config.bind_strict::<T>());
    }
    let cases: [Case; 7] = [
        ("keys", bound::<Everything>, |text, n| _ = write!(text, "\"k{n}\":{n},")),
        ("spellings", bound::<Everything>, |text, n| {
            let bits = (0..16).map(|bit| if n >> bit & 1 == 1 { '_' } else { '-' });
            _ = write!(text, "\"text{}\":{n},", String::from_iter(bits));
        }),
        ("numbers", bound::<HashMap<u8, u8>>, |text, n| {
            _ = write!(text, "\"{n}\":{n},")
        }),
        ("texts", bound::<BTreeMap<String, u8>>, |text, n| {
            _ = write!(text, "\"k{n}\":\"a\",")
        }),
        ("unread ones", bound::<Few>, |text, n| _ = write!(text, "\"k{n}\":{n},")),
        ("incomplete ones", bound::<BTreeMap<String, Few>>, |text, n| {
            _ = write!(text, "\"k{n}\":{{}},")
        }),
        ("odd ones", bound::<BTreeMap<String, Odd>>, |text, n| {
            _ = write!(text, "\"k{n}\":\"value {n}\",")
        }),
    ];
    for (name, bind, write) in cases {
        let time = |length: usize| {
            let mut text = "{".to_owned();
            (0..length).for_each(|n| write(&mut text, n));
            let config = json(&format!("{text}\"end\":\"end\"}}"));
            let run = || {
                let started = Instant::now();
                bind(&config);
                started.elapsed()
            };
            (0..3).map(|_| run()).min().unwrap_or_default()
        };
        let (short, long) = (time(1_000), time(8_000));
        println!("{name}: {short:?}, then {long:?}");
        assert!(
            long < short.max(Duration::from_millis(1)) * 16,
            "{name}: {short:?}, then {long:?}"
        );
    }
}
