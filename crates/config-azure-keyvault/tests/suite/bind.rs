//! Typed settings, with the secret that would set what is missing.

use config::{Config, File, FileFormat};
use config_azure_keyvault::{BindConfig, Error, ErrorKind, Stage};
use serde::Deserialize;

fn json(text: &str) -> Config {
    Config::builder()
        .add_source(File::from_str(text, FileFormat::Json))
        .build()
        .expect("the test's own JSON")
}

fn secrets(error: &Error) -> Vec<Option<&str>> {
    error.problems().iter().map(|p| p.secret.as_deref()).collect()
}

#[test]
fn a_section_that_is_not_there_names_its_secrets() {
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
    assert_eq!((error.kind(), error.stage()), (ErrorKind::Bind, Stage::Bind));
    assert_eq!(
        secrets(&error),
        [
            Some("MaskinportenSettings--ClientId"),
            Some("MaskinportenSettings--EncodedJwk")
        ]
    );
    assert!(
        error.to_string().contains("the whole section `MaskinportenSettings`"),
        "{error}"
    );
}

#[test]
fn only_what_is_missing_names_a_secret() {
    #[derive(Debug, Deserialize)]
    struct Settings {
        #[serde(rename = "client_id")]
        _client_id: String,
        #[serde(rename = "port")]
        _port: u16,
    }
    let error = json(r#"{"App": {"Port": "hunter2"}}"#)
        .bind_section::<Settings>("App")
        .expect_err("nothing fits");
    let mut found = secrets(&error);
    found.sort_unstable();
    assert_eq!(found, [None, Some("App--ClientId")]);
}
