//! What a token says, how long it lives, who signed it.

use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use maskinporten_emulator::{ClientSpec, MaskinportenEmulator};
use serde_json::{Value, json};

use crate::support::{Bench, SCOPE, claims_of, now};

/// Verifies as an API would: with the published keys.
async fn verified(bench: &Bench, url: &str, issuer: &str, token: &str) -> Option<Value> {
    let keys = bench.get(url).await.body;
    let kid = decode_header(token).unwrap().kid.unwrap();
    let key = keys["keys"].as_array()?.iter().find(|key| key["kid"] == json!(kid))?;
    let key = DecodingKey::from_rsa_components(key["n"].as_str()?, key["e"].as_str()?).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&[issuer]);
    validation.validate_aud = false;
    Some(decode::<Value>(token, &key, &validation).unwrap().claims)
}

#[tokio::test]
async fn it_says_who_may_do_what_until_when() {
    let bench = Bench::new().await;
    let answer = bench.ask_with(json!({ "pid": "12345678901" })).await;
    let token = answer.token().to_owned();
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(
        (&answer.body["token_type"], &answer.body["scope"]),
        (&json!("Bearer"), &json!(SCOPE))
    );
    assert_eq!(answer.body["expires_in"], json!(120));
    assert_eq!(answer.body.as_object().unwrap().len(), 4);

    let header = decode_header(&token).unwrap();
    assert_eq!(header.alg, Algorithm::RS256);
    let (url, issuer) = (bench.emulator.jwks_url(), bench.emulator.issuer());
    let claims = verified(&bench, &url, &issuer, &token).await.unwrap();
    let expected = json!({
        "iss": issuer,
        "client_id": bench.client.client_id(),
        "client_amr": "private_key_jwt",
        "consumer": { "authority": "iso6523-actorid-upis", "ID": "0192:991825827" },
        "scope": SCOPE,
        "token_type": "Bearer",
        "pid": "12345678901",
        "iat": claims["iat"],
        "exp": claims["iat"].as_i64().unwrap() + 120,
        "jti": claims["jti"],
    });
    assert_eq!(claims, expected, "and no more");
    assert!((now() - claims["iat"].as_i64().unwrap()).abs() <= 1);
}

#[tokio::test]
async fn lifetimes_are_the_clients_or_the_emulators_and_a_scope_shortens_them() {
    let spec = ClientSpec::new("long")
        .scopes([SCOPE, "short:scope"])
        .token_lifetime(Duration::from_secs(7_200));
    let builder = MaskinportenEmulator::builder()
        .client(spec)
        .token_lifetime(Duration::from_secs(599));
    let bench = Bench::of(builder).await;
    let other = bench.emulator.register(ClientSpec::new("other").scopes([SCOPE]));
    bench.emulator.set_scope_max_age("short:scope", Duration::from_secs(30));
    let lifetime = |assertion: String| {
        let bench = &bench;
        async move {
            let answer = bench.send(&assertion).await;
            let claims = claims_of(answer.token());
            let lifetime = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
            assert_eq!(answer.body["expires_in"], json!(lifetime));
            lifetime
        }
    };
    let ask = |client: &_, scope: &str| lifetime(bench.emulator.assertion(client, scope));
    assert_eq!(ask(&bench.client, SCOPE).await, 7_200);
    assert_eq!(ask(&bench.client, &format!("{SCOPE} short:scope")).await, 30);
    assert_eq!(ask(&other, SCOPE).await, 599);
    bench.emulator.set_token_lifetime(Duration::from_secs(10));
    assert_eq!(ask(&other, SCOPE).await, 10);
}

#[tokio::test]
async fn signing_keys_rotate_and_old_tokens_stay_good_for_a_while() {
    let bench = Bench::new().await;
    let (url, issuer) = (bench.emulator.jwks_url(), bench.emulator.issuer());
    let old = bench.token().await;
    bench.emulator.rotate_signing_key();
    let new = bench.token().await;
    assert_ne!(decode_header(&old).unwrap().kid, decode_header(&new).unwrap().kid);
    for token in [&old, &new] {
        assert!(verified(&bench, &url, &issuer, token).await.is_some());
        assert_eq!(bench.api(token).await.status, 200);
        assert_eq!(bench.exchange(token).await.status, 200);
    }
    bench.emulator.rotate_signing_key();
    bench.emulator.rotate_signing_key();
    assert_eq!(bench.api(&old).await.status, 401, "its key is gone");
    assert_eq!(bench.api(&new).await.status, 200);
}

#[tokio::test]
async fn altinn_signs_its_own() {
    let bench = Bench::new().await;
    let token = bench
        .exchange(&bench.token().await)
        .await
        .body
        .as_str()
        .unwrap()
        .to_owned();
    let issuer = format!("{}/authentication/api/v1/openid/", bench.emulator.exchange_base());
    let url = bench.emulator.altinn_jwks_url();
    assert!(verified(&bench, &url, &issuer, &token).await.is_some());
    let openid = bench.get(&format!("{issuer}.well-known/openid-configuration")).await;
    assert_eq!(
        (&openid.body["issuer"], &openid.body["jwks_uri"]),
        (&json!(issuer), &json!(url))
    );
}
