//! Typed settings, with the secret that would set what is missing.

use config::{Config, File, FileFormat};
use config_azure_keyvault::{AzureKeyVault, BindConfig, Error, ErrorKind, Stage};
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

/// `fn main() -> Result<(), Error>` prints an error's `Debug`, and so does `unwrap`: one line, of words.
#[test]
fn debug_is_the_line_that_display_writes() {
    #[derive(Debug, Deserialize)]
    struct Settings {
        #[serde(rename = "port")]
        _port: u16,
    }
    let bound = json(r#"{"Port": "hunter2"}"#).bind::<Settings>().expect_err("no port");
    let refused = AzureKeyVault::new("http://my-app.vault.azure.net").environment("Production");
    let built = Config::builder().add_source(refused).build().expect_err("not https");
    let found = Error::find(&built).expect("ours");
    for (line, debug) in [
        (bound.to_string(), format!("{bound:?}")),
        (bound.to_string(), format!("{bound:#?}")),
        (found.to_string(), format!("{found:?}")),
        (built.to_string(), format!("{built:?}")),
    ] {
        assert_eq!(debug, line);
        assert_eq!(debug.lines().count(), 1, "{debug}");
    }
    let boxed: Box<dyn std::error::Error> = Box::new(bound);
    assert_eq!(format!("{boxed:?}"), boxed.to_string());
}
