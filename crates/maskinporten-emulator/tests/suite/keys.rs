//! Keys in and out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maskinporten_emulator::{ClientKey, KeyError};
use serde_json::{Value, json};

use crate::support::Bench;

#[tokio::test]
async fn the_default_key_is_the_guides_setting() {
    let bench = Bench::new().await;
    let decoded = STANDARD.decode(bench.client.encoded_jwk()).unwrap();
    let jwk: Value = serde_json::from_slice(&decoded).unwrap();
    for member in ["kty", "use", "kid", "alg", "n", "e", "d", "p", "q", "qi", "dp", "dq"] {
        assert!(jwk[member].as_str().is_some_and(|text| !text.is_empty()), "{member}");
    }
    let public = bench.client.key().public_jwk();
    assert!(public.get("d").is_none() && public["n"] == jwk["n"] && public["kid"] == jwk["kid"]);
    let again = ClientKey::from_jwk(&jwk.to_string()).unwrap();
    assert_eq!(again.private_key_pem(), bench.client.key().private_key_pem());
    assert!(
        again
            .private_key_pem()
            .unwrap()
            .starts_with("-----BEGIN PRIVATE KEY-----\n")
    );
    assert_eq!(again.certificate_pem(), "");
}

#[test]
fn what_is_no_key_says_why() {
    let good: Value = serde_json::from_str(&ClientKey::generate().jwk_json().unwrap()).unwrap();
    let with = |member: &str, value: Value| {
        let mut jwk = good.clone();
        jwk[member] = value;
        ClientKey::from_jwk(&jwk.to_string()).unwrap_err()
    };
    assert!(matches!(ClientKey::from_jwk("marker").unwrap_err(), KeyError::NotJson));
    assert!(matches!(ClientKey::from_jwk("[]").unwrap_err(), KeyError::NotJson));
    assert!(matches!(with("kty", json!("EC")), KeyError::NotRsa));
    assert!(matches!(with("alg", json!("PS256")), KeyError::NotRsa));
    assert!(matches!(with("n", json!("AQAB")), KeyError::TooShort));
    assert!(matches!(with("e", Value::Null), KeyError::Member("e")));
    assert!(matches!(with("p", json!("marker!")), KeyError::Member("p")));
    assert!(matches!(with("p", good["q"].clone()), KeyError::Inconsistent));
    assert!(ClientKey::from_certificates([b"marker"]).is_err());
    assert!(ClientKey::from_certificates(Vec::<Vec<u8>>::new()).is_err());
}

#[test]
fn a_public_key_verifies_and_does_not_sign() {
    let private = ClientKey::generate();
    let public = ClientKey::from_jwk(&private.public_jwk().to_string()).unwrap();
    assert_eq!(public.kid(), private.kid());
    assert!(public.sign(&json!({})).is_none() && public.jwk_json().is_none() && public.private_key_pem().is_none());
    assert!(private.sign(&json!({})).is_some());
}

#[test]
fn certificates_belong_to_their_key() {
    let key = ClientKey::generate_certificate("991825827");
    let chain: Vec<_> = key.x5c().iter().map(|text| STANDARD.decode(text).unwrap()).collect();
    assert_eq!(chain.len(), 2, "the leaf and its authority");
    assert_eq!(
        key.certificate_pem().matches("-----BEGIN CERTIFICATE-----\n").count(),
        2
    );
    let public = ClientKey::from_certificates(&chain).unwrap();
    assert_eq!(public.public_jwk()["n"], key.public_jwk()["n"]);
    let error = ClientKey::generate().certified(&chain).unwrap_err();
    assert!(matches!(error, KeyError::Inconsistent));
}

#[test]
fn nothing_shows_a_key() {
    let key = ClientKey::generate();
    let jwk: Value = serde_json::from_str(&key.jwk_json().unwrap()).unwrap();
    let spec = maskinporten_emulator::ClientSpec::new("id").key(key.clone());
    let builder = maskinporten_emulator::MaskinportenEmulator::builder().client(spec.clone());
    let shown = format!("{key:?} {spec:?} {builder:?}");
    for member in ["d", "p", "q"] {
        assert!(!shown.contains(jwk[member].as_str().unwrap()), "{shown}");
    }
}
