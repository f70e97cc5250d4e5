//! What serde buffers: `flatten`, internally tagged and untagged enums.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::num::NonZeroU16;

use serde::Deserialize;

use crate::{bound, lines, refused};

#[derive(Debug, Deserialize, PartialEq)]
struct Network {
    host_name: String,
    port: u16,
    #[serde(default)]
    use_tls: bool,
    timeout_seconds: Option<f64>,
    bind_address: Option<IpAddr>,
    #[serde(flatten)]
    limits: Limits,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Limits {
    max_connections: Option<NonZeroU16>,
    #[serde(default)]
    nick_names: Vec<String>,
    #[serde(default)]
    codes: Vec<i32>,
    inner: Option<Inner>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Inner {
    deep_value: u8,
    level: Level,
}

#[derive(Debug, Deserialize, PartialEq)]
enum Level {
    Low,
    VeryHigh,
}

#[derive(Debug, Deserialize, PartialEq)]
struct App {
    app_name: String,
    #[serde(flatten)]
    network: Network,
}

#[test]
fn flatten_in_flatten() {
    let app: App = bound(
        r#"{"AppName": 5, "HostName": "1", "Port": " 8080 ", "USE_TLS": "yes", "timeoutSeconds": "1.5",
            "BindAddress": "", "MaxConnections": "", "NickNames": ["1", 2], "Codes": {"0": "-1", "1": "2"},
            "Inner": {"DeepValue": "9", "LEVEL": " very_high"}}"#,
    );
    let expected = App {
        app_name: "5".into(),
        network: Network {
            host_name: "1".into(),
            port: 8080,
            use_tls: true,
            timeout_seconds: Some(1.5),
            bind_address: None,
            limits: Limits {
                max_connections: None,
                nick_names: vec!["1".into(), "2".into()],
                codes: vec![-1, 2],
                inner: Some(Inner {
                    deep_value: 9,
                    level: Level::VeryHigh,
                }),
            },
        },
    };
    assert_eq!(app, expected);
}

#[test]
fn flatten_with_names_whose_words_are_lost() {
    let app: App = bound(
        r#"{"appname": "a", "hostname": "h", "port": "1", "usetls": "1", "timeoutseconds": "2", "maxconnections": "3"}"#,
    );
    assert!(app.network.use_tls);
    assert_eq!(app.network.timeout_seconds, Some(2.0));
    assert_eq!(app.network.limits.max_connections.map(NonZeroU16::get), Some(3));
}

#[test]
fn flatten_into_a_map() {
    #[derive(Debug, Deserialize)]
    struct Rest {
        client_id: String,
        #[serde(flatten)]
        scopes: Scopes,
        #[serde(flatten)]
        rest: BTreeMap<String, String>,
    }
    #[derive(Debug, Deserialize)]
    struct Scopes {
        scope_count: Option<u8>,
    }
    let rest: Rest = bound(r#"{"ClientId": "x", "Other_Key": "1", "other-key": 2, "ScopeCount": "3"}"#);
    assert_eq!(rest.client_id, "x");
    assert_eq!(rest.scopes.scope_count, Some(3));
    let expected = BTreeMap::from([("Other_Key".into(), "1".into()), ("other-key".into(), "2".into())]);
    assert_eq!(rest.rest, expected);
}

#[test]
fn flatten_into_a_map_of_numbers() {
    #[derive(Debug, Deserialize)]
    struct Rest {
        #[serde(flatten)]
        rest: HashMap<String, u16>,
    }
    let rest: Rest = bound(r#"{"A": "1", "b_c": "2", "d-e": 3}"#);
    assert_eq!(
        rest.rest,
        HashMap::from([("A".into(), 1), ("b_c".into(), 2), ("d-e".into(), 3)])
    );
    let error = refused::<Rest>(r#"{"A": "1", "b_c": "x", "d-e": 70000}"#);
    assert_eq!(
        lines(&error),
        [
            "b_c: expected an integer from 0 to 65535, found a text that is none",
            "d-e: expected an integer from 0 to 65535, found an integer outside that range",
        ]
    );
}

#[test]
fn flatten_and_defaults_and_null() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Outer {
        #[serde(flatten)]
        inner: WithDefaults,
    }
    #[derive(Debug, Deserialize, PartialEq)]
    struct WithDefaults {
        #[serde(default)]
        text: String,
        number: Option<u8>,
        blank_text: Option<String>,
    }
    let expected = Outer {
        inner: WithDefaults {
            text: String::new(),
            number: None,
            blank_text: Some(String::new()),
        },
    };
    let text = r#"{"Text": null, "Number": null, "BlankText": ""}"#;
    assert_eq!(bound::<Outer>(text), expected);
}

#[test]
fn flatten_of_an_option() {
    #[derive(Debug, Deserialize)]
    struct Outer {
        name: String,
        #[serde(flatten)]
        proxy: Option<Proxy>,
    }
    #[derive(Debug, Deserialize, PartialEq)]
    struct Proxy {
        proxy_host: String,
        proxy_port: u16,
    }
    let outer: Outer = bound(r#"{"Name": "n", "ProxyHost": "h", "ProxyPort": "80"}"#);
    assert_eq!(outer.name, "n");
    let proxy = Proxy {
        proxy_host: "h".into(),
        proxy_port: 80,
    };
    assert_eq!(outer.proxy, Some(proxy));
    assert_eq!(bound::<Outer>(r#"{"Name": "n"}"#).proxy, None);
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(tag = "store_kind", rename_all = "snake_case")]
enum Store {
    InMemory,
    Redis {
        host_name: String,
        port: u16,
        #[serde(default)]
        use_tls: bool,
    },
    Blob(Blob),
}

#[derive(Debug, Deserialize, PartialEq)]
struct Blob {
    container_name: Option<String>,
    retries: u8,
}

#[derive(Debug, Deserialize)]
struct WithStore {
    store: Store,
}

#[test]
fn internally_tagged() {
    let redis = |port, use_tls| Store::Redis {
        host_name: "h".into(),
        port,
        use_tls,
    };
    for (text, expected) in [
        (r#"{"StoreKind": "InMemory"}"#, Store::InMemory),
        (r#"{"StoreKind": " IN-MEMORY "}"#, Store::InMemory),
        (
            r#"{"Port": "1", "HostName": "h", "storeKind": "Redis"}"#,
            redis(1, false),
        ),
        (
            r#"{"STORE_KIND": "REDIS", "host-name": "h", "PORT": 1, "UseTls": "on"}"#,
            redis(1, true),
        ),
        (
            r#"{"StoreKind": "Blob", "ContainerName": "8080", "Retries": "3"}"#,
            Store::Blob(Blob {
                container_name: Some("8080".into()),
                retries: 3,
            }),
        ),
    ] {
        let text = format!(r#"{{"Store": {text}}}"#);
        assert_eq!(bound::<WithStore>(&text).store, expected, "{text}");
    }
}

#[test]
fn internally_tagged_refusals() {
    for (text, expected) in [
        (
            r#"{"StoreKind": "hunter2", "Port": "x"}"#,
            vec!["Store.StoreKind: expected one of `in_memory`, `redis`, `blob`, found a text that is none"],
        ),
        (r#"{"Port": "1"}"#, vec!["Store.StoreKind: is missing"]),
        (
            r#"{"StoreKind": "redis", "Port": "x"}"#,
            vec![
                "Store.Port: expected an integer from 0 to 65535, found a text that is none",
                "Store.HostName: is missing",
            ],
        ),
    ] {
        let error = refused::<WithStore>(&format!(r#"{{"Store": {text}}}"#));
        assert_eq!(lines(&error), expected);
    }
}

#[test]
fn internally_tagged_and_flattened() {
    #[derive(Debug, Deserialize)]
    struct Outer {
        app_name: String,
        #[serde(flatten)]
        store: Store,
    }
    let outer: Outer = bound(r#"{"AppName": "a", "StoreKind": "REDIS", "HostName": "h", "Port": "1", "UseTls": "1"}"#);
    assert_eq!(outer.app_name, "a");
    let expected = Store::Redis {
        host_name: "h".into(),
        port: 1,
        use_tls: true,
    };
    assert_eq!(outer.store, expected);
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(untagged)]
enum Loose {
    Number(u16),
    Text(String),
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(untagged)]
enum Shape {
    Circle { radius_mm: u16 },
    Square { side_mm: u16, name_tag: Option<String> },
    Many(Vec<u16>),
    On(bool),
}

#[test]
fn untagged() {
    #[derive(Debug, Deserialize)]
    struct Outer {
        loose: Loose,
        shape: Shape,
    }
    for (value, expected) in [(r#""8080""#, Loose::Text("8080".into())), ("8080", Loose::Number(8080))] {
        let outer: Outer = bound(&format!(r#"{{"Loose": {value}, "Shape": {{"RadiusMm": "5"}}}}"#));
        assert_eq!(outer.loose, expected);
        assert_eq!(outer.shape, Shape::Circle { radius_mm: 5 });
    }
    for (value, expected) in [
        (
            r#"{"SideMm": "3", "NameTag": "4"}"#,
            Shape::Square {
                side_mm: 3,
                name_tag: Some("4".into()),
            },
        ),
        (r#"["1", 2]"#, Shape::Many(vec![1, 2])),
        (r#""yes""#, Shape::On(true)),
    ] {
        let outer: Outer = bound(&format!(r#"{{"Loose": 1, "Shape": {value}}}"#));
        assert_eq!(outer.shape, expected);
    }
}

#[test]
fn untagged_under_flatten() {
    #[derive(Debug, Deserialize)]
    struct Outer {
        #[serde(flatten)]
        inner: WithLoose,
    }
    #[derive(Debug, Deserialize)]
    struct WithLoose {
        loose_value: Loose,
        strict_value: u16,
    }
    let outer: Outer = bound(r#"{"LooseValue": "8080", "StrictValue": "8080"}"#);
    assert_eq!(outer.inner.loose_value, Loose::Text("8080".into()));
    assert_eq!(outer.inner.strict_value, 8080);
}

#[test]
fn flattened_enum_by_key() {
    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Backend {
        LocalDisk { root_path: String },
        Remote(u16),
    }
    #[derive(Debug, Deserialize)]
    struct Outer {
        #[serde(flatten)]
        backend: Backend,
    }
    let outer: Outer = bound(r#"{"LocalDisk": {"RootPath": "/x"}}"#);
    assert_eq!(outer.backend, Backend::LocalDisk { root_path: "/x".into() });
    assert_eq!(bound::<Outer>(r#"{"Remote": "7"}"#).backend, Backend::Remote(7));
}

#[test]
fn two_hundred_fields() {
    let fields: Vec<String> = (0..200).map(|n| format!(r#""KeyNumber{n}": "{n}""#)).collect();
    #[derive(Debug, Deserialize)]
    struct Outer {
        #[serde(flatten)]
        all: HashMap<String, u32>,
    }
    let outer: Outer = bound(&format!("{{{}}}", fields.join(",")));
    assert_eq!(outer.all["KeyNumber199"], 199);
}

#[derive(Debug, Deserialize, PartialEq)]
struct Endpoint {
    base_url: String,
    retry_count: Option<u8>,
    #[serde(default)]
    tags: Vec<Loose>,
}

#[test]
fn sections_in_lists_and_maps_under_flatten() {
    #[derive(Debug, Deserialize)]
    struct Outer {
        #[serde(flatten)]
        inner: WithEndpoints,
    }
    #[derive(Debug, Deserialize)]
    struct WithEndpoints {
        end_points: Vec<Endpoint>,
        by_name: BTreeMap<String, Endpoint>,
    }
    let text = |retry: &str| {
        format!(
            r#"{{"EndPoints": [{{"BaseUrl": "a", "RetryCount": "1"}}, {{"base_url": "b", "Tags": {{"0": "1", "1": 2}}}}],
                 "ByName": {{"First_One": {{"baseUrl": "c", "RETRY_COUNT": "{retry}"}}, "first-one": {{"BaseUrl": "d"}}}}}}"#
        )
    };
    let outer: Outer = bound(&text("3"));
    let counts: Vec<_> = outer.inner.end_points.iter().map(|e| e.retry_count).collect();
    assert_eq!(counts, [Some(1), None]);
    assert_eq!(
        outer.inner.end_points[1].tags,
        [Loose::Text("1".into()), Loose::Number(2)]
    );
    assert_eq!(outer.inner.by_name["First_One"].retry_count, Some(3));
    assert_eq!(outer.inner.by_name["first-one"].base_url, "d");
    let error = refused::<Outer>(&text("many"));
    assert_eq!(
        lines(&error),
        ["ByName.First_One.RETRY_COUNT: expected an integer from 0 to 255, found a text that is none"]
    );
}

#[test]
fn the_right_spelling_wins_behind_the_buffer_too() {
    let store = |text: &str| bound::<WithStore>(&format!(r#"{{"Store": {text}}}"#)).store;
    assert_eq!(
        store(r#"{"StoreKind": "nonsense", "store_kind": "Redis", "HostName": "no", "host_name": "h", "Port": 1}"#),
        Store::Redis {
            host_name: "h".into(),
            port: 1,
            use_tls: false,
        }
    );
    let error =
        refused::<WithStore>(r#"{"Store": {"store_kind": "redis", "HostName": "a", "hostName": "b", "Port": 1}}"#);
    let lines = lines(&error);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("`Store.HostName` and `Store.hostName`"), "{lines:?}");
}

/// A type that takes bytes takes a probe, too: it must not get to keep it.
#[test]
fn bytes() {
    #[derive(Debug, PartialEq)]
    struct Bytes(Vec<u8>);
    impl<'de> Deserialize<'de> for Bytes {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Visitor;
            impl serde::de::Visitor<'_> for Visitor {
                type Value = Bytes;
                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("bytes")
                }
                fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                    Ok(Bytes(bytes.to_vec()))
                }
                fn visit_str<E>(self, text: &str) -> Result<Bytes, E> {
                    Ok(Bytes(text.into()))
                }
            }
            deserializer.deserialize_byte_buf(Visitor)
        }
    }
    #[derive(Debug, Deserialize)]
    struct Inner {
        raw: Bytes,
        all: Vec<Bytes>,
    }
    #[derive(Debug, Deserialize)]
    struct Outer {
        #[serde(flatten)]
        inner: Inner,
    }
    let outer: Outer = bound(r#"{"Raw": "x", "ALL": ["y"]}"#);
    assert_eq!(outer.inner.raw, Bytes(b"x".to_vec()));
    assert_eq!(outer.inner.all, [Bytes(b"y".to_vec())]);
}

#[test]
fn enums_by_key_in_a_list() {
    #[derive(Debug, Deserialize, PartialEq)]
    enum Size {
        Small(u8),
        Large { max_size: u8 },
        Default,
    }
    #[derive(Debug, Deserialize)]
    struct Outer {
        #[serde(flatten)]
        sizes: Sizes,
    }
    #[derive(Debug, Deserialize)]
    struct Sizes {
        all_sizes: Vec<Size>,
    }
    let text = r#"{"AllSizes": [{"SMALL": "1"}, {"large": {"MaxSize": "3"}}, "DEFAULT", {"Small": "7"}]}"#;
    let expected = [
        Size::Small(1),
        Size::Large { max_size: 3 },
        Size::Default,
        Size::Small(7),
    ];
    assert_eq!(bound::<Outer>(text).sizes.all_sizes, expected);
    assert_eq!(
        lines(&refused::<Outer>(
            r#"{"AllSizes": [{"SMALL": "1"}, {"Lagre": {"MaxSize": "3"}}]}"#
        )),
        ["AllSizes[1]: expected one of `Small`, `Large`, `Default`, found a section"]
    );
}

#[test]
fn variants_that_refuse_other_keys_in_a_list() {
    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(tag = "kind", deny_unknown_fields)]
    enum Closed {
        Host { host_name: String },
        Port { port_number: u8, use_tls: Option<bool> },
    }
    let text = |key: &str| {
        format!(
            r#"{{"0": {{"Kind": "host", "HostName": "h"}}, "1": {{"Kind": "Port", "PortNumber": "1", "{key}": "1"}}}}"#
        )
    };
    let host = Closed::Host { host_name: "h".into() };
    let port = Closed::Port {
        port_number: 1,
        use_tls: Some(true),
    };
    assert_eq!(bound::<Vec<Closed>>(&text("UseTls")), [host, port]);
    assert_eq!(
        lines(&refused::<Vec<Closed>>(&text("UseTsl"))),
        ["1.UseTsl: is not a setting of this section; did you mean `UseTls`?"]
    );
}
