//! What is said of the key that was refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;

use super::{key, tokens};
use crate::error::{Error, Retry};
use crate::fake::Server;
use crate::key::{KeyOptions, KeySource, SigningKey};
use crate::request::TokenRequest;
use crate::token::TokenProvider as _;

/// A certificate and its key, which send no `kid`.
fn certified() -> SigningKey {
    SigningKey::read(
        [
            include_str!("../../../../tests/vectors/keys/pkcs8.pem"),
            include_str!("../../../../tests/vectors/keys/certificate.pem"),
        ]
        .concat(),
        &KeyOptions::new(),
    )
    .unwrap()
}

/// Of no refusal is the remedy a `kid` that was not sent.
#[tokio::test]
async fn a_certificate_is_named_where_it_was_sent() {
    let codes = [
        "MP-100", "MP-110", "MP-120", "MP-121", "MP-122", "MP-123", "MP-124", "MP-130", "MP-999",
    ];
    let coded =
        codes.map(|code| format!(r#"{{"error":"invalid_grant","error_uri":"https://maskinporten.no/errors/{code}"}}"#));
    let texts = [
        r#"{"error":"invalid_grant"}"#,
        r#"{"error":"invalid_client"}"#,
        r#"{"error":"invalid_grant","error_description":"The client requires pre-registered jwk and no key identifier (kid) provided"}"#,
    ];
    for body in coded.into_iter().chain(texts.map(str::to_owned)) {
        let server = Server::start(move |_| (400, "", body.clone())).await;
        let error = tokens(&server, Arc::new(certified()))
            .token(&TokenRequest::new(["a"]))
            .await
            .unwrap_err();
        let remedy = error.remedy().unwrap();
        assert!(!remedy.contains("kid") && !remedy.contains("EncodedJwk"), "{remedy}");
        if matches!(error.mp_code(), Some("MP-121" | "MP-124"))
            || error.oauth_error() == Some("invalid_grant") && error.mp_code().is_none()
        {
            assert!(remedy.contains("certificate"), "{remedy}");
        }
        let error = tokens(&server, Arc::new(key("vector-2048")))
            .token(&TokenRequest::new(["a"]))
            .await
            .unwrap_err();
        assert!(!error.remedy().unwrap().contains("use the one that replaced it"));
    }
}

/// In Hydra's words, for which there is no code.
#[tokio::test]
async fn a_signature_that_does_not_fit_is_the_keys_or_the_certificates() {
    let body =
        r#"{"error":"invalid_grant","error_description":"Unable to verify the integrity of the 'assertion' value."}"#;
    for (key, remedy) in [
        (
            key("vector-2048"),
            "check that the private key is the one registered under this `kid`",
        ),
        (
            certified(),
            "check that the certificate is the one registered with this client",
        ),
    ] {
        let server = Server::start(move |_| (400, "", body.to_owned())).await;
        let asked = tokens(&server, Arc::new(key)).token(&TokenRequest::new(["a"])).await;
        assert_eq!(asked.unwrap_err().remedy(), Some(remedy));
    }
}

/// A `kid` beside a certificate may be a left-over: .NET does not read it.
#[tokio::test]
async fn a_kid_in_a_certificates_place_is_what_is_looked_at() {
    let pem = [
        include_str!("../../../../tests/vectors/keys/pkcs8.pem"),
        include_str!("../../../../tests/vectors/keys/certificate.pem"),
    ];
    let named = SigningKey::read(pem.concat(), &KeyOptions::new().kid("registered")).unwrap();
    for body in [
        r#"{"error":"invalid_grant","error_description":"Unknown key identifier (kid) for client"}"#,
        r#"{"error":"invalid_grant"}"#,
    ] {
        let server = Server::start(move |_| (400, "", body.to_owned())).await;
        let error = tokens(&server, Arc::new(named.clone()))
            .token(&TokenRequest::new(["a"]))
            .await
            .unwrap_err();
        assert_eq!(
            error.remedy(),
            Some(
                "check that the certificate's key is registered with this client under this `kid`; without a `kid` the certificate \
                 itself is sent"
            )
        );
    }
}

/// A source whose second key is another.
#[derive(Debug, Default)]
struct Rotating(AtomicUsize);

#[async_trait]
impl KeySource for Rotating {
    async fn load(&self) -> Result<SigningKey, Error> {
        Ok(match self.0.fetch_add(1, Ordering::SeqCst) {
            0 => key("vector-2048"),
            _ => key("vector-4096"),
        })
    }
}

#[tokio::test]
async fn a_key_that_was_rotated_is_worth_one_more_try() {
    for body in [
        r#"{"error":"invalid_grant","error_description":"Invalid assertion. Expired key.","error_uri":"https://maskinporten.no/errors/MP-121"}"#,
        r#"{"error":"invalid_grant","error_description":"Unknown key identifier (kid) for client"}"#,
    ] {
        let server = Server::start(move |_| (400, "", body.to_owned())).await;
        let tokens = tokens(&server, Arc::new(Rotating::default()));
        let error = tokens.token(&TokenRequest::new(["a"])).await.unwrap_err();
        assert_eq!(error.retry(), Retry::Once);
        assert_eq!(tokens.keys.current().unwrap().kid(), Some("vector-4096"));
        let error = tokens.token(&TokenRequest::new(["a"])).await.unwrap_err();
        assert_eq!(error.retry(), Retry::Never);
    }
}
