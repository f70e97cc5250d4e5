//! No password of an address is taken, and none is shown; nor is what an error of somebody else's holds.

use std::time::Duration;

use async_trait::async_trait;
use config::Config;
use maskinporten::{
    AltinnEnvironment, Environment, ErrorKind, FileKey, KeyOptions, MaskinportenClient, MaskinportenRequest,
    MaskinportenSettings, StoreError, SystemUser, TokenRequest, TokenStore,
};
use reqwest::Url;
use serde_json::json;

use crate::world::{World, request};

/// As they are written, and as they are mistyped.
const ADDRESSES: [&str; 6] = [
    "https://bruker:hemmelig@example.no/",
    "https://hemmelig@example.no/",
    "https://:hemmelig@example.no/a/b",
    "https://bruker:hem/melig@example.no/",
    "https://bruker:hemmelig@exa mple.no/",
    "bruker:hemmelig@example.no",
];

fn assert_shows_none(text: &str) {
    assert!(!text.contains("hem") && !text.contains("melig"), "{text}");
}

fn assert_refused(error: &maskinporten::Error) {
    assert_eq!(error.kind(), ErrorKind::Settings);
    assert_shows_none(&format!("{error} {error:?} {error:#?}"));
}

#[test]
fn settings_refuse_a_password_in_an_address_and_do_not_repeat_it() {
    let vectors: serde_json::Value = serde_json::from_str(include_str!("../vectors/assertions.json")).unwrap();
    let key = vectors["keys"]["vector-2048"]["encoded_jwk"].as_str().unwrap();
    for address in ADDRESSES {
        for setting in ["Environment", "Authority", "TokenExchangeEnvironment"] {
            let mut builder = Config::builder()
                .set_override("M.ClientId", "client")
                .and_then(|config| config.set_override("M.EncodedJwk", key))
                .and_then(|config| config.set_override(format!("M.{setting}"), address))
                .unwrap();
            if setting == "TokenExchangeEnvironment" {
                builder = builder.set_override("M.Environment", "test").unwrap();
            }
            let error = MaskinportenSettings::from_config(&builder.build().unwrap(), "M").unwrap_err();
            assert_refused(&error);
            assert!(error.to_string().contains(&format!("`M.{setting}`")), "{error}");
            if address == ADDRESSES[0] {
                assert!(
                    error.to_string().contains("must hold no user name and no password"),
                    "{error}"
                );
            }
        }
        assert_refused(&Environment::parse(address).unwrap_err());
        assert_refused(&address.parse::<AltinnEnvironment>().unwrap_err());
        // In code it is checked when the client is built; until then it is shown without.
        let settings = MaskinportenSettings::new("client", Environment::Test)
            .key(key, KeyOptions::new())
            .resource(address)
            .token_exchange_environment(address);
        let builder = MaskinportenClient::builder(settings.clone());
        assert_shows_none(&format!("{settings:?} {settings:#?} {builder:?}"));
        assert_refused(&builder.build().unwrap_err());
        let request = TokenRequest::new(["a"]).resource(address);
        let wish = MaskinportenRequest::new().resource(address);
        assert_shows_none(&format!("{request:?} {wish:?}"));
        assert_shows_none(
            &request
                .validate()
                .map_or_else(|error| error.to_string(), |()| String::new()),
        );
        let fragment = TokenRequest::new(["a"]).resource(format!("{address}#a"));
        assert_shows_none(&fragment.validate().unwrap_err().to_string());
    }
}

#[test]
fn a_client_refuses_one_that_was_made_in_code() {
    let vectors: serde_json::Value = serde_json::from_str(include_str!("../vectors/assertions.json")).unwrap();
    let key = vectors["keys"]["vector-2048"]["encoded_jwk"].as_str().unwrap();
    let url: Url = "https://bruker:hemmelig@example.no/?sig=hemmelig".parse().unwrap();
    let plain: Url = "https://example.no/token".parse().unwrap();
    let fixed = |issuer: &str, token_endpoint: &Url| Environment::Fixed {
        issuer: issuer.to_owned(),
        token_endpoint: token_endpoint.clone(),
    };
    for environment in [
        Environment::Other(url.clone()),
        fixed("https://example.no", &url),
        fixed(url.as_str(), &plain),
    ] {
        let settings = MaskinportenSettings::new("client", environment.clone()).key(key, KeyOptions::new());
        let builder = MaskinportenClient::builder(settings.clone());
        let shown = format!("{environment} {environment:?} {settings:?} {builder:?}");
        assert_shows_none(&shown);
        assert!(shown.contains("https://example.no"), "{shown}");
        assert_refused(&builder.build().unwrap_err());
    }
    let altinn = AltinnEnvironment::Custom(url);
    let settings = MaskinportenSettings::new("client", Environment::Test).key(key, KeyOptions::new());
    let builder = MaskinportenClient::builder(settings).altinn(altinn.clone());
    assert_shows_none(&format!("{altinn} {altinn:?} {builder:?}"));
    assert_eq!(altinn.to_string(), "https://example.no/");
    assert_refused(&builder.build().unwrap_err());
}

/// `fn main() -> Result<(), maskinporten::Error>` prints `Debug`.
#[test]
fn debug_of_an_error_is_its_one_line() {
    let error = Environment::parse("ver2").unwrap_err();
    assert_eq!(format!("{error:?}"), error.to_string());
    assert_eq!(format!("{error:#?}"), error.to_string());
}

/// As a claim it would be sent, and logged with the others.
#[test]
fn a_resource_holds_no_password_either() {
    let error = TokenRequest::new(["a"]).resource(ADDRESSES[0]).validate().unwrap_err();
    assert_eq!(
        error.to_string(),
        "Maskinporten: token failed: the request is not valid: the resource `https://example.no/` must hold no user name and no \
         password"
    );
    TokenRequest::new(["a"]).resource("urn:example:a@b").validate().unwrap();
}

#[test]
fn a_key_sources_error_is_shown_without_what_looks_like_a_secret() {
    let error = maskinporten::Error::key_source(std::io::Error::other(SAYS));
    assert_eq!(
        error.to_string(),
        "Maskinporten: key failed: the key cannot be had: redis://(a secret)@example.no/0 refused (a secret)"
    );
}

/// Nor by what is behind it, which whoever prints the chain prints, too.
#[test]
fn a_key_sources_error_is_kept_unless_it_tells() {
    let chain = |error: std::io::Error| {
        let error = maskinporten::Error::key_source(error);
        let chain = std::iter::successors(Some(&error as &dyn std::error::Error), |&error| error.source());
        chain.map(|error| format!("{error} {error:?}")).collect::<Vec<_>>()
    };
    assert_eq!(chain(std::io::Error::other("no such secret")).len(), 2);
    let behind = std::io::Error::other(maskinporten::Error::key_source(std::io::Error::other("nothing")));
    assert_eq!(chain(behind).len(), 3);
    let wrapped = std::io::Error::other(Behind(std::io::Error::other(SAYS)));
    for error in [std::io::Error::other(SAYS), wrapped] {
        let chain = chain(error);
        assert_eq!(chain.len(), 1);
        assert!(
            !chain[0].contains("hemmelig") && !chain[0].contains("eyJqdGki"),
            "{chain:?}"
        );
    }
}

#[derive(Debug)]
struct Behind(std::io::Error);

impl std::fmt::Display for Behind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the vault gave no key")
    }
}

impl std::error::Error for Behind {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

/// Whatever was given where something else was asked for, `Debug` shows none of it.
#[test]
fn debug_shows_what_was_meant_and_no_more() {
    let vectors: serde_json::Value = serde_json::from_str(include_str!("../vectors/assertions.json")).unwrap();
    let key = &vectors["keys"]["vector-2048"];
    let encoded = key["encoded_jwk"].as_str().unwrap().to_owned();
    let pem = include_str!("../vectors/keys/pkcs8.pem").to_owned();
    let wrapped: String = pem
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect::<Vec<_>>()
        .join("\n");
    let texts = [
        encoded,
        key["jwk"].to_string(),
        pem,
        wrapped,
        "https://u:hemmelig@h/x".to_owned(),
    ];
    for text in &texts {
        for given in [text.clone(), format!("a:b {text}"), format!("{text} a:b")] {
            let settings = MaskinportenSettings::new(text, Environment::Test)
                .scope(&given)
                .resource(text)
                .consumer_org(text)
                .token_exchange_environment(text)
                .key_file(text, KeyOptions::new().kid(text));
            let request = TokenRequest::new([&given])
                .resource(text)
                .consumer_org(text)
                .on_behalf_of(text)
                .system_user(SystemUser::of(text).external_ref(text));
            let wish = MaskinportenRequest::new()
                .scopes([&given])
                .resource(text)
                .consumer_org(text)
                .system_user(SystemUser::of(text));
            let options = KeyOptions::new().kid(text).password(text.as_str());
            let file = FileKey::new(text, options.clone());
            let shown = format!("{settings:?} {request:?} {request:#?} {wish:?} {options:?} {file:?}");
            let mut lines = text.lines().filter(|line| line.len() > 20);
            assert!(
                !lines.any(|line| shown.contains(line) || shown.contains(&line[..20])),
                "{shown}"
            );
            assert_shows_none(&shown);
        }
    }
    // A person's number, where an organisation's was asked for.
    let request = TokenRequest::new(["a"])
        .consumer_org("010170 12343")
        .on_behalf_of("01017012343")
        .system_user(SystemUser::of("01017012343").external_ref("01017012343"));
    let within = TokenRequest::new(["a"])
        .on_behalf_of("urn:of:01017012343")
        .system_user(SystemUser::of("310000000").external_ref("kunde-01017012343"));
    let other = MaskinportenRequest::new().authorization_details(json!({ "type": "urn:of:01017012343" }));
    let settings = MaskinportenSettings::new("c", Environment::Test).consumer_org("01017012343");
    let shown = format!("{request:?} {within:?} {other:?} {settings:?}");
    assert!(!shown.contains("010170"), "{shown}");
    // What is meant is there.
    let request = TokenRequest::new(["b:c", "a:b"])
        .resource("https://api.example.no/v1")
        .consumer_org("0192:991825827")
        .on_behalf_of("other")
        .system_user(SystemUser::of("310000000").external_ref("customer-123"));
    let options = KeyOptions::new().kid("2026-1");
    let shown = format!("{request:?} {:?}", FileKey::new("/mnt/key.pem", options));
    for meant in [
        "[\"a:b\", \"b:c\"]",
        "https://api.example.no/v1",
        "991825827",
        "other",
        "310000000",
        "customer-123",
        "2026-1",
        "/mnt/key.pem",
    ] {
        assert!(shown.contains(meant), "{shown}");
    }
}

/// It was told more than it should have been, and tells it.
#[derive(Debug)]
struct Talkative;

const SAYS: &str =
    "redis://bruker:hemmelig@example.no/0 refused eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiJoZW1tZWxpZyJ9.aGVtbWVsaWc";

#[async_trait]
impl TokenStore for Talkative {
    async fn get(&self, _: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Err(SAYS.into())
    }

    async fn set(&self, _: &str, _: Vec<u8>, _: Duration) -> Result<(), StoreError> {
        Err(SAYS.into())
    }
}

#[tokio::test]
async fn a_stores_error_is_logged_without_what_looks_like_a_secret() {
    let world = World::start().await;
    let client = world.builder(world.settings()).token_store(Talkative).build().unwrap();
    let (log, guard) = crate::log::capture();
    client.token(&request()).await.unwrap();
    drop(guard);
    let log = log.text();
    assert!(
        log.contains("redis://(a secret)@example.no/0 refused (a secret)"),
        "{log}"
    );
    assert!(!log.contains("hemmelig") && !log.contains("eyJqdGki"), "{log}");
}
