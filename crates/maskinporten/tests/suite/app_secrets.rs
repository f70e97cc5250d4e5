//! The file that Altinn Studio mounts into an app, beside the app's own settings.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use config::{Config, File, FileFormat};
use maskinporten::{AppSecrets, Environment, Error, ExposeSecret as _, MaskinportenClient, MaskinportenSettings};
use maskinporten_emulator::MaskinportenEmulator;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::watch;
use tracing::Level;

use crate::keys::{encoded, jwk};
use crate::log::capture_at;

/// As Studio's operator writes it, Go's names and all: a private `Jwk`, and the public ones of the client.
fn file(authority: &str, client_id: &str, private: Value) -> Value {
    let pascal = |jwk: Value| -> Value {
        let members = jwk.as_object().unwrap().clone().into_iter();
        members
            .map(|(name, value)| (format!("{}{}", name[..1].to_uppercase(), &name[1..]), value))
            .collect()
    };
    let public: Value = private
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| ["kty", "use", "kid", "alg", "n", "e"].contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    json!({ "MaskinportenSettings": {
        "Authority": authority, "ClientId": client_id, "Jwk": pascal(private), "Jwks": { "Keys": [pascal(public)] },
    }})
}

struct Mounted(TempDir);

impl Mounted {
    fn with(text: impl AsRef<[u8]>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("maskinporten-settings.json"), text).unwrap();
        Self(folder)
    }

    fn source(&self) -> AppSecrets {
        AppSecrets::at(self.0.path().join("maskinporten-settings.json"))
    }
}

fn appsettings(section: &Value) -> File<config::FileSourceString, FileFormat> {
    File::from_str(
        &json!({ "MaskinportenSettings": section }).to_string(),
        FileFormat::Json,
    )
}

fn own() -> Value {
    json!({
        "Environment": "test", "ClientId": "own", "EncodedJwk": encoded("vector-2048"), "Scope": "altinn:serviceowner",
        "Kid": "own-kid", "ExhangeToAltinnToken": true,
    })
}

fn read(config: config::ConfigBuilder<config::builder::DefaultState>) -> Result<MaskinportenSettings, Error> {
    MaskinportenSettings::from_config(&config.build().unwrap(), "MaskinportenSettings")
}

fn kid(settings: &MaskinportenSettings) -> String {
    settings.signing_key().unwrap().kid().unwrap().to_owned()
}

#[tokio::test]
async fn the_mounted_file_makes_a_client() {
    let emulator = MaskinportenEmulator::start().await.unwrap();
    let client = emulator.client();
    let private = serde_json::from_str(&client.jwk_json()).unwrap();
    let text = file(&emulator.issuer(), client.client_id(), private).to_string();
    // As an editor of Windows saves it.
    let mounted = Mounted::with(format!("\u{feff}{text}"));
    let own = json!({ "Environment": "prod", "ClientId": "", "EncodedJwk": "", "Scope": crate::world::SCOPE });
    let settings = read(
        Config::builder()
            .add_source(appsettings(&own))
            .add_source(mounted.source()),
    )
    .unwrap();
    let client = MaskinportenClient::builder(settings)
        .ca_pem(emulator.ca_pem())
        .build()
        .unwrap();
    client.check().await.unwrap();
}

/// After the app's own settings, whole in itself; the rest of the section stays.
#[test]
fn the_file_takes_the_place_of_the_apps_own_client() {
    let mounted = Mounted::with(file("https://maskinporten.no/", "studio", jwk("vector-4096")).to_string());
    let spelt_otherwise: Value = own()
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (format!("{}{}", name[..1].to_lowercase(), &name[1..]), value.clone()))
        .collect();
    let altinn_app = json!({
        "authority": "https://test.maskinporten.no", "clientId": "own", "jwkBase64": encoded("vector-2048"), "scope": "altinn:serviceowner",
    });
    for own in [own(), spelt_otherwise, altinn_app] {
        let settings = read(
            Config::builder()
                .add_source(appsettings(&own))
                .add_source(mounted.source()),
        )
        .unwrap();
        assert_eq!(
            (settings.client_id(), settings.environment()),
            ("studio", &Environment::Prod)
        );
        assert_eq!(kid(&settings), "vector-4096");
        assert_eq!(settings.default_scope(), Some("altinn:serviceowner"));
        assert_eq!(settings.warnings(), [""; 0]);
    }
}

/// A source after it that says another client with a key of its own, such as a vault.
#[test]
fn a_client_of_a_later_source_has_its_own_key() {
    let (log, _guard) = capture_at(Level::INFO);
    let mounted = Mounted::with(file("https://maskinporten.no/", "studio", jwk("vector-4096")).to_string());
    let settings = read(
        Config::builder()
            .add_source(mounted.source())
            .add_source(appsettings(&own())),
    )
    .unwrap();
    assert_eq!(
        (settings.client_id(), settings.environment()),
        ("own", &Environment::Test)
    );
    assert_eq!(kid(&settings), "own-kid");
    let told = "`MaskinportenSettings.ClientId` is not that of Altinn Studio's file, whose key is left aside";
    assert!(log.text().contains(told), "{}", log.text());

    let vault = json!({ "ClientId": "vault", "EncodedJwk": encoded("vector-2048") });
    let sources = Config::builder()
        .add_source(appsettings(&json!({ "Environment": "prod", "Scope": "a:b" })))
        .add_source(mounted.source())
        .add_source(appsettings(&vault));
    let settings = read(sources).unwrap();
    assert_eq!(
        (settings.client_id(), kid(&settings).as_str()),
        ("vault", "vector-2048")
    );
    // The file's authority is the only one that is left.
    assert_eq!(settings.environment(), &Environment::Prod);

    // Without a key of its own it is no other client, but a slip or a key in another place.
    let half = Config::builder()
        .add_source(mounted.source())
        .add_source(appsettings(&json!({ "EncodedJwk": encoded("vector-2048") })));
    let error = read(half).unwrap_err().to_string();
    assert!(
        error.contains("more than one key is set: `EncodedJwk`, `Jwk`, `Jwks`"),
        "{error}"
    );
}

#[test]
fn where_nothing_is_mounted_nothing_is_said() {
    let nowhere = || AppSecrets::at("/nowhere/maskinporten-settings.json");
    let settings = read(Config::builder().add_source(nowhere()).add_source(appsettings(&own()))).unwrap();
    assert_eq!(settings.client_id(), "own");
    read(Config::builder().add_source(appsettings(&own())).add_source(nowhere())).unwrap();
    // A template is no file of anybody's.
    for blank in [
        json!({ "MaskinportenSettings": { "Authority": "", "ClientId": null, "Jwk": "" } }),
        json!({ "MaskinportenSettings": null }),
        json!({ "MaskinportenSettings": "" }),
        json!({ "MaskinportenSettings": {} }),
        json!({}),
    ] {
        let mounted = Mounted::with(blank.to_string());
        let settings = read(
            Config::builder()
                .add_source(appsettings(&own()))
                .add_source(mounted.source()),
        )
        .unwrap();
        assert_eq!((settings.client_id(), kid(&settings).as_str()), ("own", "own-kid"));
    }
}

/// Studio's operator rotates the key: the file is another, and whoever builds the configuration again has it.
#[tokio::test]
async fn a_client_that_watches_has_the_key_of_a_file_that_was_replaced() {
    let mounted = Mounted::with(file("https://maskinporten.no/", "studio", jwk("vector-2048")).to_string());
    let sources = || {
        let sources = Config::builder().add_source(appsettings(&own()));
        Arc::new(sources.add_source(mounted.source()).build().unwrap())
    };
    let (sender, receiver) = watch::channel(sources());
    let client = MaskinportenClient::watching(receiver, "MaskinportenSettings").unwrap();
    let header = async || {
        let assertion = client.assertion(client.default_request()).await.unwrap();
        let header = assertion.expose_secret().split('.').next().unwrap().to_owned();
        String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap()
    };
    assert!(header().await.contains("vector-2048"));

    let next = file("https://maskinporten.no/", "studio", jwk("vector-4096")).to_string();
    std::fs::write(mounted.0.path().join("maskinporten-settings.json"), next).unwrap();
    sender.send_replace(sources());
    assert!(header().await.contains("vector-4096"));

    // Half of it is there.
    std::fs::write(mounted.0.path().join("maskinporten-settings.json"), "{").unwrap();
    let broken = Config::builder().add_source(mounted.source()).build();
    broken.expect_err("nothing to send");
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_without_what_is_in_it() {
    for (text, expected) in [
        (
            &b"{ \"MaskinportenSettings\": { \"Jwk\": \"hunter2"[..],
            "it is not JSON: it breaks off or goes wrong at line 1, column",
        ),
        (b"[\"hunter2\"]", "it holds no JSON object"),
    ] {
        let mounted = Mounted::with(text);
        let error = Config::builder()
            .add_source(mounted.source())
            .build()
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(expected) && error.contains("maskinporten-settings.json"),
            "{error}"
        );
        assert!(!error.contains("hunter2"), "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let is_folder: &Path = folder.path();
    let error = Config::builder()
        .add_source(AppSecrets::at(is_folder))
        .build()
        .unwrap_err();
    assert!(error.to_string().contains("cannot be read"), "{error}");
}
