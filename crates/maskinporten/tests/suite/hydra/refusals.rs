//! The server itself: what it grants, what it refuses, and what is said of it.

use std::time::{Duration, SystemTime};

use maskinporten::{ErrorKind, ExposeSecret as _, MaskinportenClientBuilder, Retry};
use maskinporten_emulator::ClientKey;
use serde_json::{Value, json};

use super::front::{Act, Front};
use super::one_line;
use super::server::Hydra;
use crate::world::request;

#[tokio::test]
#[ignore = "needs the server that .ci/hydra/run starts"]
async fn a_token_is_given_and_the_server_knows_it() {
    let hydra = Hydra::known().await;
    let client = hydra.client_at(&hydra.token_endpoint()).build().unwrap();
    let token = client.token(&request()).await.unwrap();
    let said = hydra.introspect(&token).await;
    assert_eq!(said["active"], true, "{said}");
    assert_eq!(said["client_id"], hydra.client_id.as_str());
    let left = token.remaining().unwrap();
    assert!(
        (Duration::from_secs(600)..=Duration::from_secs(3_600)).contains(&left),
        "{left:?}"
    );

    // The cache's, and another one for who insists.
    assert_eq!(client.token(&request()).await.unwrap().secret(), token.secret());
    let fresh = client.token(&request().fresh()).await.unwrap();
    assert_ne!(fresh.secret(), token.secret());
    assert_eq!(client.stats().token_requests, 2);
}

/// The server checks: without this nothing here would mean anything.
#[tokio::test]
#[ignore = "needs the server that .ci/hydra/run starts"]
async fn no_assertion_serves_twice() {
    let hydra = Hydra::known().await;
    let client = hydra.client_at(&hydra.token_endpoint()).build().unwrap();
    let assertion = client.assertion(&request()).await.unwrap();
    let (status, said) = hydra.send(assertion.expose_secret()).await;
    assert_eq!(status, 200, "{said}");
    let (status, said) = hydra.send(assertion.expose_secret()).await;
    assert_eq!((status, &said["error"]), (400, &json!("jti_known")), "{said}");
}

/// A proxy that sends everything twice. One that does it once costs another assertion.
#[tokio::test]
#[ignore = "needs the server that .ci/hydra/run starts"]
async fn an_assertion_that_somebody_sends_again_is_told_as_that() {
    let hydra = Hydra::known().await;
    let front = Front::before(hydra.token_endpoint(), [], Act::SendTwice).await;
    let client = hydra.client_at(&front.token_endpoint()).build().unwrap();
    let error = client.token(&request()).await.unwrap_err();
    let line = one_line(&error);
    assert_eq!(
        (error.kind(), error.retry()),
        (ErrorKind::Refused, Retry::Once),
        "{line}"
    );
    assert!(line.contains("400 jti_known: "), "{line}");
    assert!(
        line.contains("make sure that nothing on the way sends the request again"),
        "{line}"
    );
    assert_eq!(front.all_different(), 2);
}

/// The client is asked for a token, and the error is to be of this kind: what the server said, and what to do.
async fn refused(client: MaskinportenClientBuilder, said: &str, remedy: &str) {
    let client = client.build().unwrap();
    let error = client.token(&request()).await.unwrap_err();
    let line = one_line(&error);
    assert_eq!(
        (error.kind(), error.retry()),
        (ErrorKind::Refused, Retry::Never),
        "{line}"
    );
    assert_eq!(
        (error.status(), error.oauth_error()),
        (Some(400), Some("invalid_grant")),
        "{line}"
    );
    assert!(line.contains(said), "{line}");
    assert!(error.remedy().is_some_and(|shown| shown.contains(remedy)), "{line}");
    assert_eq!(client.stats().token_requests, 1, "{line}");
}

#[tokio::test]
#[ignore = "needs the server that .ci/hydra/run starts"]
async fn a_wrong_audience() {
    let hydra = Hydra::known().await;
    let other = hydra.client_with(json!({ "Issuer": "https://maskinporten.no/" }));
    refused(
        other,
        "MUST contain an 'aud' (audience) claim",
        "so that `aud` is its issuer",
    )
    .await;
}

#[tokio::test]
#[ignore = "needs the server that .ci/hydra/run starts"]
async fn a_key_that_it_does_not_know() {
    let hydra = Hydra::known().await;
    let other = hydra.client_with(json!({ "EncodedJwk": ClientKey::generate().jwk_json() }));
    refused(other, "No public JWK was registered", "the key's `kid`").await;
}

#[tokio::test]
#[ignore = "needs the server that .ci/hydra/run starts"]
async fn another_key_under_the_name_of_one_that_it_knows() {
    let hydra = Hydra::known().await;
    let other = hydra.client_with(json!({ "EncodedJwk": named_as(&hydra.key) }));
    refused(
        other,
        "Unable to verify the integrity",
        "the one registered under this `kid`",
    )
    .await;
}

#[tokio::test]
#[ignore = "needs the server that .ci/hydra/run starts"]
async fn a_client_that_it_does_not_know() {
    let hydra = Hydra::known().await;
    let other = hydra.client_with(json!({ "ClientId": "somebody-else" }));
    refused(
        other,
        "No public JWK was registered for issuer 'somebody-else'",
        "check the client id",
    )
    .await;
}

/// A key that was rotated and that the server has not heard of, in the server's own words.
#[tokio::test]
#[ignore = "needs the server that .ci/hydra/run starts"]
async fn the_second_key_serves_while_the_first_is_refused() {
    let hydra = Hydra::known().await;
    let keys = [ClientKey::generate().jwk_json().unwrap(), named_as(&hydra.key)];
    for key in keys {
        let both = hydra.client_with(json!({ "EncodedJwk": key, "SecondEncodedJwk": hydra.key.jwk_json() }));
        let client = both.build().unwrap();
        let token = client.token(&request()).await.unwrap();
        assert_eq!(hydra.introspect(&token).await["active"], true);
        assert_eq!(client.stats().token_requests, 2);
    }
}

/// Another key of the same `kid`.
fn named_as(known: &ClientKey) -> String {
    let mut key: Value = serde_json::from_str(&ClientKey::generate().jwk_json().unwrap()).unwrap();
    key["kid"] = known.kid().into();
    key.to_string()
}

/// Its assertions have expired when they are made.
#[tokio::test]
#[ignore = "needs the server that .ci/hydra/run starts"]
async fn a_clock_that_is_behind() {
    let hydra = Hydra::known().await;
    let endpoint = hydra.token_endpoint();
    let behind = hydra.client_at(&endpoint).clock(|| now() - Duration::from_secs(150));
    let client = behind.build().unwrap();
    let error = client.token(&request()).await.unwrap_err();
    let line = one_line(&error);
    assert_eq!(error.kind(), ErrorKind::Refused, "{line}");
    assert!(line.contains("correct this machine's clock"), "{line}");
    let measured = [149, 150, 151].map(|off| format!("it is {off} s behind the server's"));
    assert!(measured.iter().any(|off| line.contains(off)), "{line}");
    assert_eq!(client.stats().token_requests, 1, "{line}");

    // What is off by less serves: an assertion lives for two minutes.
    let nearly = hydra.client_at(&endpoint).clock(|| now() - Duration::from_secs(100));
    nearly.build().unwrap().token(&request()).await.unwrap();
}

#[allow(clippy::disallowed_methods, reason = "the server's clock is the machine's")]
fn now() -> SystemTime {
    SystemTime::now()
}
