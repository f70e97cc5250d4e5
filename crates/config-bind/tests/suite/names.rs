//! Which key a field takes.

use std::collections::HashMap;

use config::Config;
use config_bind::BindConfig;
use serde::Deserialize;

use crate::{bound, json, lines, refused};

#[derive(Debug, Deserialize, PartialEq)]
struct Client {
    client_id: String,
    #[serde(default, alias = "encodedJwk")]
    jwk: Option<String>,
}

#[test]
fn a_field_takes_any_spelling_of_its_name() {
    for key in [
        "client_id",
        "ClientId",
        "clientId",
        "CLIENT_ID",
        "client-id",
        "clientid",
        "CLIENTID",
    ] {
        let client: Client = bound(&format!(r#"{{"{key}": "x"}}"#));
        assert_eq!(client.client_id, "x", "{key}");
    }
}

#[test]
fn an_alias_folds_too() {
    for key in ["jwk", "Jwk", "encodedJwk", "EncodedJwk", "encoded_jwk"] {
        let client: Client = bound(&format!(r#"{{"ClientId": "x", "{key}": "y"}}"#));
        assert_eq!(client.jwk.as_deref(), Some("y"), "{key}");
    }
}

#[test]
fn the_exact_spelling_wins() {
    let client: Client = bound(r#"{"ClientId": "a", "client_id": "b", "CLIENT_ID": "c"}"#);
    assert_eq!(client.client_id, "b");
}

#[test]
fn neither_spelling_exact_names_both() {
    let error = refused::<Client>(r#"{"ClientId": "a", "clientId": "b"}"#);
    assert_eq!(
        lines(&error),
        ["ClientId: is set under more than one name: `ClientId` and `clientId`; keep one of them"]
    );
}

#[test]
fn an_override_beats_the_exact_spelling() {
    let file = r#"{"client_id": "file", "Jwk": "file"}"#;
    let config = Config::builder()
        .add_source(Origin(file))
        .set_override("CLIENTID", "override")
        .expect("a key")
        .build()
        .expect("a configuration");
    let client: Client = config.bind().expect("bound");
    assert_eq!(client.client_id, "override");
}

/// A file's text with an origin, as a file on disk has.
#[derive(Debug, Clone)]
struct Origin(&'static str);

impl config::Source for Origin {
    fn clone_into_box(&self) -> Box<dyn config::Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<config::Map<String, config::Value>, config::ConfigError> {
        let origin = "appsettings.json".to_owned();
        let table = json(self.0).cache.into_table()?;
        Ok(table
            .into_iter()
            .map(|(key, value)| (key, config::Value::new(Some(&origin), value.kind)))
            .collect())
    }
}

#[test]
fn an_alias_and_its_name_follow_the_same_rule() {
    let client: Client = bound(r#"{"client_id": "x", "jwk": "main", "encodedJwk": "alias"}"#);
    assert_eq!(client.jwk.as_deref(), Some("main"));
    let error = refused::<Client>(r#"{"client_id": "x", "JWK": "main", "EncodedJwk": "alias"}"#);
    let lines = lines(&error);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(
        lines[0].contains("`JWK`") && lines[0].contains("`EncodedJwk`"),
        "{lines:?}"
    );
}

#[test]
fn two_spellings_of_a_section_are_one() {
    #[derive(Debug, Deserialize)]
    struct App {
        maskinporten_settings: Client,
    }
    let app: App = bound(r#"{"MaskinportenSettings": {"ClientId": "a"}, "maskinportensettings": {"encodedjwk": "b"}}"#);
    assert_eq!(app.maskinporten_settings.client_id, "a");
    assert_eq!(app.maskinporten_settings.jwk.as_deref(), Some("b"));
}

#[test]
fn a_map_keeps_its_keys() {
    let map: HashMap<String, u16> = bound(r#"{"Client_Id": "1", "clientId": 2, "client-id": "3"}"#);
    assert_eq!(map["Client_Id"], 1);
    assert_eq!(map["clientId"], 2);
    assert_eq!(map["client-id"], 3);
}

#[test]
fn a_section_by_any_spelling_of_its_path() {
    let config =
        json(r#"{"Api": {"Maskinporten": {"ClientId": "x"}}, "Clients": [{"client_id": "0"}, {"client_id": "1"}]}"#);
    for path in ["Api.Maskinporten", "api:maskinporten", "API--MASKINPORTEN"] {
        let client: Client = config.bind_section(path).expect(path);
        assert_eq!(client.client_id, "x", "{path}");
    }
    for path in ["Clients.1", "clients[1]", "clients:1", "Clients--1"] {
        let client: Client = config.bind_section(path).expect(path);
        assert_eq!(client.client_id, "1", "{path}");
    }
}

#[test]
fn a_section_that_is_not_there_lists_what_it_would_need() {
    #[derive(Debug, Deserialize)]
    struct Settings {
        #[serde(rename = "ClientId")]
        _client_id: String,
        #[serde(rename = "encoded_jwk")]
        _encoded_jwk: String,
    }
    let error = json("{}")
        .bind_section::<Settings>("MaskinportenSettings")
        .expect_err("nothing is there");
    let keys: Vec<_> = error.problems().iter().map(|p| p.key.as_str()).collect();
    assert_eq!(
        keys,
        ["MaskinportenSettings.ClientId", "MaskinportenSettings.EncodedJwk"]
    );
    assert!(
        error.to_string().contains("the whole section `MaskinportenSettings`"),
        "{error}"
    );
}
