//! Altinn's exchange.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use maskinporten_emulator::MaskinportenEmulator;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde_json::json;

use crate::support::{Answer, Bench, claims_of, now};

#[tokio::test]
async fn a_token_is_exchanged_for_one_that_lives_longer() {
    let bench = Bench::new().await;
    let token = bench.token().await;
    let request = bench.http.get(bench.emulator.exchange_url()).bearer_auth(&token);
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()[CONTENT_TYPE], "text/plain; charset=utf-8");
    let raw = response.text().await.unwrap();
    let (before, after) = (claims_of(&token), claims_of(&raw));
    for kept in ["client_id", "scope", "consumer", "token_type", "jti"] {
        assert_eq!(after[kept], before[kept], "{kept}");
    }
    for dropped in ["aud", "client_amr"] {
        assert!(after.get(dropped).is_none(), "{dropped}");
    }
    assert_eq!(after["urn:altinn:org"], "digdir");
    assert_eq!(after["urn:altinn:orgNumber"], "991825827");
    assert_eq!(after["urn:altinn:authenticatemethod"], "maskinporten");
    assert_eq!(after["urn:altinn:authlevel"], 3);
    assert_eq!(after["exp"].as_i64().unwrap() - after["iat"].as_i64().unwrap(), 1_800);

    let answer = bench.api(&raw).await;
    assert_eq!(
        (&answer.body["exchanged"], &answer.body["consumer"]),
        (&json!(true), &json!("991825827"))
    );
    assert_eq!(answer.body["altinn_org"], "digdir");
    assert_eq!(
        bench.exchange(&raw).await.status,
        401,
        "Altinn's own is not exchanged again"
    );
    assert_eq!(bench.emulator.counts().exchange_requests, 2);
}

#[tokio::test]
async fn json_is_a_text_in_quotes() {
    let bench = Bench::new().await;
    let request = bench
        .http
        .get(bench.emulator.exchange_url())
        .bearer_auth(bench.token().await)
        .header(ACCEPT, "application/json");
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()[CONTENT_TYPE], "application/json; charset=utf-8");
    let body = response.text().await.unwrap();
    assert!(body.starts_with('"') && body.ends_with('"'));
    assert_eq!(bench.api(body.trim_matches('"')).await.status, 200);
}

#[tokio::test]
async fn the_test_organisation_is_digdirs_to_use() {
    let bench = Bench::new().await;
    let token = bench.token().await;
    let code = |query: &str| {
        let request = bench
            .http
            .get(format!("{}{query}", bench.emulator.exchange_url()))
            .bearer_auth(&token);
        async move {
            let answer = Answer::of(request.send().await.unwrap()).await;
            claims_of(answer.body.as_str().unwrap())["urn:altinn:org"].clone()
        }
    };
    assert_eq!(code("?test=true").await, "ttd");
    assert_eq!(code("?test=false").await, "digdir");
    bench.emulator.set_org_code("991825827", "skd");
    assert_eq!(code("?test=true").await, "skd", "and nobody else's");
}

#[tokio::test]
async fn what_is_refused_is_refused_as_the_service_does() {
    let time = Arc::new(AtomicI64::new(now()));
    let clock = Arc::clone(&time);
    let bench = Bench::of(MaskinportenEmulator::builder().clock(move || clock.load(Ordering::SeqCst))).await;
    let token = bench.token().await;
    let url = bench.emulator.exchange_url();
    assert_eq!(bench.get(&url).await.status, 401);
    assert_eq!(bench.exchange("nonsense").await.status, 401);
    let request = bench.http.get(&url).bearer_auth(&token);
    let gone = request
        .header("X-Altinn-EnterpriseUser-Authentication", "dTpw")
        .send()
        .await
        .unwrap();
    let gone = Answer::of(gone).await;
    assert_eq!((gone.status.as_u16(), &gone.body["status"]), (410, &json!(410)));
    assert_eq!(
        bench.http.post(&url).bearer_auth(&token).send().await.unwrap().status(),
        405
    );

    // Ten seconds of grace, after which the API has long refused it.
    time.fetch_add(125, Ordering::SeqCst);
    assert_eq!(bench.api(&token).await.status, 401);
    assert_eq!(bench.exchange(&token).await.status, 200);
    time.fetch_add(5, Ordering::SeqCst);
    assert_eq!(bench.exchange(&token).await.status, 401);
}

/// `ExchangeExternalSystemToken` in altinn-authentication's `AuthenticationController`: first a token that can be read, then the
/// provider, in its own words.
#[tokio::test]
async fn an_unknown_provider_is_named() {
    let bench = Bench::new().await;
    let token = bench.token().await;
    let ask = |provider: &str, token: &str, accept: &'static str| {
        let url = bench
            .emulator
            .exchange_url()
            .replace("exchange/maskinporten", &format!("exchange/{provider}"));
        let request = bench.http.get(url).header(ACCEPT, accept).bearer_auth(token);
        async move {
            let response = request.send().await.unwrap();
            (response.status().as_u16(), response.text().await.unwrap())
        }
    };
    let message =
        "Invalid token provider: Other. Trusted token providers are 'Maskinporten', 'Id-porten' and 'AltinnStudio'.";
    assert_eq!(ask("Other", &token, "*/*").await, (400, message.to_owned()));
    assert_eq!(
        ask("Other", &token, "application/json").await,
        (400, format!("\"{message}\""))
    );
    assert_eq!(ask("Other", "nonsense", "*/*").await, (401, String::new()));
    for known in ["id-porten", "AltinnStudio"] {
        assert_eq!(ask(known, &token, "*/*").await, (401, String::new()), "{known}");
    }
    assert_eq!(ask("MaskinPorten", &token, "*/*").await.0, 200);
}

#[tokio::test]
async fn its_lifetime_is_a_setting() {
    let bench = Bench::of(MaskinportenEmulator::builder().altinn_token_lifetime(Duration::from_secs(60))).await;
    let token = bench.token().await;
    for lifetime in [60, 5] {
        bench.emulator.set_altinn_token_lifetime(Duration::from_secs(lifetime));
        let claims = claims_of(bench.exchange(&token).await.body.as_str().unwrap());
        assert_eq!(
            claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(),
            lifetime
        );
    }
}
