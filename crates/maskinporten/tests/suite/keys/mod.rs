//! Every spelling of a key that is accepted, and each that is not with its own text.

mod accepted;
#[cfg(feature = "pkcs12")]
mod pkcs12;
mod rejected;
#[cfg(not(feature = "pkcs12"))]
mod without_pkcs12;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use maskinporten::{Error, ErrorKind, KeyOptions, SigningKey, Stage};
use serde_json::{Value, json};

/// Of `vector-2048`, by RFC 7638.
const THUMBPRINT: &str = "rTiIixi3N8fYAlbCoxiF1eqMeZAcQANGtc7uFE0Jqlc";

pub(super) fn jwk(name: &str) -> Value {
    let vectors: Value = serde_json::from_str(include_str!("../../vectors/assertions.json")).unwrap();
    vectors["keys"][name]["jwk"].clone()
}

pub(super) fn encoded(name: &str) -> String {
    let vectors: Value = serde_json::from_str(include_str!("../../vectors/assertions.json")).unwrap();
    vectors["keys"][name]["encoded_jwk"].as_str().unwrap().to_owned()
}

fn read(text: impl AsRef<[u8]>) -> Result<SigningKey, Error> {
    SigningKey::read(text, &KeyOptions::new())
}

fn with_kid(text: impl AsRef<[u8]>) -> Result<SigningKey, Error> {
    SigningKey::read(text, &KeyOptions::new().kid("set"))
}

fn base64(text: impl AsRef<[u8]>) -> String {
    BASE64_STANDARD.encode(text)
}

fn without(mut jwk: Value, names: &[&str]) -> Value {
    for name in names {
        jwk.as_object_mut().unwrap().remove(*name);
    }
    jwk
}

fn with(mut jwk: Value, name: &str, value: impl Into<Value>) -> Value {
    jwk[name] = value.into();
    jwk
}

/// What writers put where they have nothing to say.
fn nothings() -> [Value; 7] {
    [
        json!(null),
        json!(""),
        json!(" "),
        json!([]),
        json!({}),
        json!([null]),
        json!({ "a": "" }),
    ]
}

/// Fails if sixteen characters in a row of the key are in what was shown.
fn assert_tells_nothing(text: &[u8], shown: &str) {
    let text = String::from_utf8_lossy(text);
    let characters: Vec<char> = text.chars().collect();
    for window in characters.windows(16) {
        let piece: String = window.iter().collect();
        assert!(!shown.contains(&piece), "{shown} shows {piece}");
    }
}

/// One line that says what is wrong and what to do, and nothing of the key.
fn check(text: &[u8], result: Result<SigningKey, Error>, expected: &str) {
    let error = result.expect_err(expected);
    assert_eq!(
        (error.kind(), error.stage()),
        (ErrorKind::Key, Stage::Key),
        "{expected}"
    );
    let shown = error.to_string();
    assert!(
        shown.starts_with(&format!("Maskinporten: key failed: {expected}; ")),
        "{shown}\nis not\n{expected}"
    );
    assert!(!shown.contains('\n'));
    assert!(error.remedy().is_some());
    assert_tells_nothing(text, &format!("{shown} {error:?}"));
}
