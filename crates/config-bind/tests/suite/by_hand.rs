//! Whatever a type holds: written as operators write it (any style of keys, texts for everything), it is bound to the same.

use std::collections::BTreeMap;
use std::net::IpAddr;

use config_bind::BindConfig;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Service {
    service_name: String,
    port_number: u16,
    #[serde(default)]
    dry_run: bool,
    #[serde(flatten)]
    limits: Limits,
    #[serde(flatten)]
    login: Login,
    #[serde(default)]
    stores: Vec<Store>,
    by_name: BTreeMap<String, Endpoint>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Limits {
    max_connections: Option<u32>,
    time_out_seconds: f64,
    org_no: String,
    retry_codes: Vec<u16>,
    end_point: Option<Endpoint>,
    more_stores: Vec<Store>,
    numbers: BTreeMap<String, i32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "login_kind", rename_all = "snake_case")]
enum Login {
    NoLogin,
    ByKey {
        key_id: String,
        key_size: u16,
        is_rsa: bool,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "store_kind", rename_all = "kebab-case")]
enum Store {
    InMemory {
        max_items: u32,
    },
    OnDisk(Disk),
    RedisCluster {
        host_names: Vec<String>,
        end_points: Vec<Endpoint>,
        port: String,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Disk {
    root_path: String,
    max_items: Option<u64>,
    level: Level,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Level {
    Low,
    VeryHigh,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Endpoint {
    base_url: String,
    address: Option<IpAddr>,
    weight: Option<i16>,
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("name".to_owned()),
        Just("17".to_owned()),
        Just("true".to_owned()),
        Just("1.5".to_owned()),
        Just("https://x.example".to_owned()),
        (0u32..400_000).prop_map(|n| n.to_string()),
    ]
}

fn endpoint() -> impl Strategy<Value = Endpoint> {
    let address = prop::option::of(any::<[u8; 4]>().prop_map(IpAddr::from));
    (text(), address, any::<Option<i16>>()).prop_map(|(base_url, address, weight)| Endpoint {
        base_url,
        address,
        weight,
    })
}

fn store() -> impl Strategy<Value = Store> {
    let level = prop_oneof![Just(Level::Low), Just(Level::VeryHigh)];
    let lists = (
        prop::collection::vec(text(), 0..3),
        prop::collection::vec(endpoint(), 0..3),
        text(),
    );
    prop_oneof![
        any::<u32>().prop_map(|max_items| Store::InMemory { max_items }),
        (text(), any::<Option<u64>>(), level).prop_map(|(root_path, max_items, level)| Store::OnDisk(Disk {
            root_path,
            max_items,
            level
        })),
        lists.prop_map(|(host_names, end_points, port)| Store::RedisCluster {
            host_names,
            end_points,
            port
        }),
    ]
}

fn limits() -> impl Strategy<Value = Limits> {
    let stores = prop::collection::vec(store(), 0..5);
    let numbers = prop::collection::btree_map("[A-Z][a-z]{2,4}", any::<i32>(), 0..4);
    let codes = prop::collection::vec(any::<u16>(), 0..4);
    let end_point = prop::option::of(endpoint());
    (
        any::<Option<u32>>(),
        0u32..9000,
        text(),
        codes,
        end_point,
        stores,
        numbers,
    )
        .prop_map(
            |(max_connections, millis, org_no, retry_codes, end_point, more_stores, numbers)| Limits {
                max_connections,
                time_out_seconds: f64::from(millis) / 8.0,
                org_no,
                retry_codes,
                end_point,
                more_stores,
                numbers,
            },
        )
}

fn service() -> impl Strategy<Value = Service> {
    let login = prop_oneof![
        Just(Login::NoLogin),
        (text(), any::<u16>(), any::<bool>()).prop_map(|(key_id, key_size, is_rsa)| Login::ByKey {
            key_id,
            key_size,
            is_rsa
        }),
    ];
    let stores = prop::collection::vec(store(), 0..5);
    let by_name = prop::collection::btree_map("[A-Z][a-z]{2,4}", endpoint(), 0..4);
    (text(), any::<u16>(), any::<bool>(), limits(), login, stores, by_name).prop_map(
        |(service_name, port_number, dry_run, limits, login, stores, by_name)| Service {
            service_name,
            port_number,
            dry_run,
            limits,
            login,
            stores,
            by_name,
        },
    )
}

fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in name.chars() {
        if c == '_' || c == '-' || c.is_ascii_uppercase() {
            words.push(String::new());
        }
        if c != '_' && c != '-' {
            words.last_mut().expect("there is one").push(c.to_ascii_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn capitals(words: &[String]) -> String {
    words.iter().map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

fn restyled(name: &str, style: usize) -> String {
    let words = words(name);
    match style % 5 {
        0 => capitals(&words),
        1 => words.join("_"),
        2 => words.join("-"),
        3 => words.join("_").to_uppercase(),
        _ => words[0].clone() + &capitals(&words[1..]),
    }
}

/// As an operator writes it. What stands under `by_name` and `numbers` are a map's keys: they stay.
fn by_hand(value: Value, style: usize, map: bool, tables: bool) -> Value {
    match value {
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "OFF".into(),
        Value::Number(n) => format!(" {n} ").into(),
        Value::Array(items) => {
            let items = items.into_iter().map(|item| by_hand(item, style, false, tables));
            if tables {
                items.enumerate().map(|(n, item)| (n.to_string(), item)).collect()
            } else {
                items.collect()
            }
        }
        Value::Object(object) => object
            .into_iter()
            .enumerate()
            .map(|(n, (key, value))| {
                let of_map = matches!(key.as_str(), "by_name" | "numbers");
                let style = style + n;
                let key = if map { key } else { restyled(&key, style) };
                (key, by_hand(value, style, of_map, tables))
            })
            .collect(),
        Value::String(text)
            if matches!(
                text.as_str(),
                "no_login" | "by_key" | "in-memory" | "on-disk" | "redis-cluster" | "low" | "very_high"
            ) =>
        {
            restyled(&text, style).into()
        }
        other => other,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn it_is_bound_to_the_same(service in service(), style in 0usize..5, tables in any::<bool>()) {
        let value = serde_json::to_value(&service).expect("JSON");
        let text = by_hand(value, style, false, tables).to_string();
        match json(&text).bind::<Service>() {
            Ok(bound) => prop_assert_eq!(bound, service, "{}", text),
            Err(error) => prop_assert!(false, "{error} for {text}"),
        }
        if let Err(error) = json(&text).bind_strict::<Service>() {
            prop_assert!(false, "{error} for {text}");
        }
    }
}
