//! The protected API.

use std::time::Duration;

use maskinporten_emulator::MaskinportenEmulator;
use reqwest::header::WWW_AUTHENTICATE;
use serde_json::{Value, json};

use crate::support::{Answer, Bench, SCOPE};

#[tokio::test]
async fn it_says_whose_token_it_was_shown() {
    let bench = Bench::new().await;
    let token = bench.token().await;
    let request = bench
        .http
        .post(format!("{}/some/where", bench.emulator.api_url()))
        .bearer_auth(&token)
        .body("twelve bytes");
    let answer = Answer::of(request.send().await.unwrap()).await;
    assert_eq!(answer.status, 200);
    let expires = answer.body["expires_in_s"].as_i64().unwrap();
    assert!((115..=120).contains(&expires), "{expires}");
    for (member, value) in [
        ("method", json!("POST")),
        ("path", json!("/api/some/where")),
        ("body_bytes", json!(12)),
        ("client_id", json!(bench.client.client_id())),
        ("consumer", json!("991825827")),
        ("supplier", Value::Null),
        ("scope", json!(SCOPE)),
        ("system_user", Value::Null),
        ("exchanged", json!(false)),
    ] {
        assert_eq!(answer.body[member], value, "{member}");
    }
    assert_eq!(bench.emulator.counts().api_requests, 1);
}

#[tokio::test]
async fn it_refuses_what_is_no_token_of_ours() {
    let bench = Bench::new().await;
    let answer = bench.get(&bench.emulator.api_url()).await;
    assert_eq!(answer.status, 401);
    assert_eq!(
        answer.headers[WWW_AUTHENTICATE],
        r#"Bearer realm="maskinporten-emulator""#
    );

    let foreign = MaskinportenEmulator::start().await.unwrap();
    let theirs = Bench {
        client: foreign.client(),
        http: foreign.http_client(),
        emulator: foreign,
    };
    let token = bench.token().await;
    let (message, _) = token.rsplit_once('.').unwrap();
    for token in ["nonsense".to_owned(), theirs.token().await, format!("{message}.AAAA")] {
        let answer = bench.api(&token).await;
        assert_eq!(answer.status, 401);
        assert!(
            answer.headers[WWW_AUTHENTICATE]
                .to_str()
                .unwrap()
                .ends_with(r#"error="invalid_token""#)
        );
    }
    assert_eq!(bench.api(&token).await.status, 200);
}

#[tokio::test]
async fn revoked_and_expired_tokens_are_refused() {
    let bench = Bench::new().await;
    let token = bench.token().await;
    let altinn = bench.exchange(&token).await.body.as_str().unwrap().to_owned();
    bench.emulator.revoke_tokens();
    assert_eq!(bench.api(&token).await.status, 401);
    assert_eq!(bench.api(&altinn).await.status, 401);
    assert_eq!(bench.api(&bench.token().await).await.status, 200);

    bench.emulator.set_token_lifetime(Duration::ZERO);
    assert_eq!(bench.api(&bench.token().await).await.status, 401);
}
