//! From a request without a token to a value.

use reqwest::header::WWW_AUTHENTICATE;
use serde_json::json;

use crate::support::{Answer, Bench, RESOURCE};

#[tokio::test]
async fn a_challenge_leads_to_a_token_and_the_token_to_the_value() {
    let bench = Bench::new().await;
    let emulator = &bench.emulator;
    emulator.default_vault().set("Database--Password", "marker");

    let url = bench.url("/secrets/Database--Password/");
    let refused = Answer::of(bench.http.get(&url).send().await.unwrap()).await;
    assert_eq!(refused.error(), (401, "Unauthorized", ""));
    assert_eq!(refused.message(), "AKV10000: Request is missing a Bearer or PoP token.");
    let challenge = format!(
        "Bearer authorization=\"{}/{}\", resource=\"{RESOURCE}\"",
        emulator.authority(),
        emulator.tenant()
    );
    assert_eq!(refused.headers[WWW_AUTHENTICATE], challenge.as_str());

    let token = bench
        .token(
            emulator.tenant(),
            &[
                ("grant_type", "client_credentials"),
                ("client_id", emulator.client_id()),
                ("client_secret", emulator.client_secret()),
                ("scope", "https://vault.azure.net/.default"),
            ],
        )
        .await;
    assert_eq!(token.status, 200);
    assert_eq!(token.body["token_type"], json!("Bearer"));
    assert_eq!(token.body["expires_in"], json!(3599));

    let token = token.body["access_token"].as_str().unwrap();
    let response = bench.http.get(&url).bearer_auth(token).send().await.unwrap();
    let answer = Answer::of(response).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["value"], json!("marker"));

    let counts = emulator.counts();
    assert_eq!(
        (counts.requests, counts.gets, counts.challenges, counts.token_requests),
        (2, 1, 1, 1)
    );
}
