//! Faults on demand.

use std::time::Duration;

use keyvault_emulator::{Fault, FaultAction, KeyVaultEmulator, RequestKind, Throttle, entra_error, service_error};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use serde_json::json;

use crate::support::{Answer, Bench};

async fn seeded() -> Bench {
    let bench = Bench::new().await;
    for name in ["One", "Two", "Three"] {
        bench.emulator.default_vault().set(name, "x");
    }
    bench
}

#[tokio::test]
async fn a_fault_hits_what_it_is_meant_for() {
    let bench = seeded().await;
    let internal = service_error(500, "InternalServerError", None, "broken");
    bench.emulator.inject(
        Fault::new(internal)
            .for_kind(RequestKind::Get)
            .for_secret("two")
            .skip(1)
            .times(2),
    );
    bench.emulator.inject(
        Fault::status(418, "{}")
            .header("x-extra", "yes")
            .for_path_containing("One")
            .once(),
    );
    assert_eq!(bench.get("/secrets").await.status, 200);
    let teapot = bench.get("/secrets/One").await;
    assert_eq!(
        (teapot.status.as_u16(), &teapot.headers["x-extra"]),
        (418, &"yes".parse().unwrap())
    );
    assert_eq!(bench.get("/secrets/One").await.status, 200);
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(bench.get("/secrets/Two").await.status.as_u16());
    }
    assert_eq!(statuses, [200, 500, 500, 200]);
    bench.emulator.inject(Fault::status(503, ""));
    assert_eq!(
        bench
            .http
            .get(bench.url("/secrets"))
            .bearer_auth(&bench.token)
            .send()
            .await
            .unwrap()
            .status(),
        503
    );
    bench.emulator.clear_faults();
    assert_eq!(bench.get("/secrets").await.status, 200);
}

#[tokio::test]
async fn a_challenge_uses_no_fault_up_unless_told_to() {
    let bench = seeded().await;
    let get = || async {
        bench
            .http
            .get(bench.url("/secrets"))
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    bench.emulator.inject(Fault::status(500, "{}").once());
    assert_eq!(get().await, 401);
    assert_eq!(bench.get("/secrets").await.status, 500);
    bench.emulator.inject(
        Fault::new(FaultAction::Html { status: 403 })
            .before_authentication()
            .once(),
    );
    let page = bench.http.get(bench.url("/secrets")).send().await.unwrap();
    assert_eq!(page.status(), 403);
    assert_eq!(page.headers()[CONTENT_TYPE], "text/html; charset=utf-8");
    assert!(
        !page.headers().contains_key("x-ms-request-id"),
        "a proxy knows nothing of the vault's headers"
    );
    assert!(page.text().await.unwrap().starts_with("<!DOCTYPE html>"));
    assert_eq!(get().await, 401);
}

#[tokio::test]
async fn throttling_has_the_true_body_and_may_say_when_to_return() {
    let bench = seeded().await;
    bench.emulator.inject(Fault::throttled(Some(3_600)).once());
    bench.emulator.inject(Fault::throttled(None).once());
    let refused = bench.get("/secrets").await;
    assert_eq!(refused.error(), (429, "Throttled", ""));
    assert_eq!(
        refused.message(),
        "Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached"
    );
    assert_eq!(refused.headers[RETRY_AFTER], "3600");
    assert!(!bench.get("/secrets").await.headers.contains_key(RETRY_AFTER));
}

#[tokio::test]
async fn the_limit_is_counted_by_vault_and_by_window() {
    let throttle = Throttle {
        limit: 3,
        window: Duration::from_secs(60),
        retry_after: Some(Duration::from_millis(1_200)),
    };
    let bench = Bench::of(KeyVaultEmulator::builder().throttle(throttle)).await;
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(bench.get("/secrets").await.status.as_u16());
    }
    assert_eq!(statuses, [200, 200, 200, 429, 429]);
    assert_eq!(bench.get("/secrets").await.headers[RETRY_AFTER], "2", "rounded up");
    let other = bench.emulator.vault_url("other");
    let token = bench.emulator.access_token("https://vault.azure.test");
    let request = bench
        .http
        .get(format!("{other}/secrets?api-version=7.4"))
        .bearer_auth(token);
    assert_eq!(request.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn the_token_endpoint_and_the_identity_fail_on_demand() {
    let bench = seeded().await;
    let error = entra_error(400, "invalid_request", 90_002, "Tenant not found.");
    bench
        .emulator
        .inject(Fault::new(error).for_kind(RequestKind::Token).once());
    let answer = bench.token(bench.emulator.tenant(), &[]).await;
    assert_eq!(answer.body["error_codes"], json!([90_002]));
    assert!(
        answer.body["error_description"]
            .as_str()
            .unwrap()
            .contains("\r\nTrace ID: ")
    );
    bench
        .emulator
        .inject(Fault::status(500, "not json").for_kind(RequestKind::Identity).once());
    let response = bench.http.get(bench.emulator.identity_endpoint()).send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), response.text().await.unwrap().as_str()),
        (500, "not json")
    );
}

#[tokio::test]
async fn random_faults_repeat_for_a_seed() {
    async fn outcomes(seed: u64) -> Vec<u16> {
        let bench = seeded().await;
        let http = bench.emulator.http_client_builder().http1_only().build().unwrap();
        bench.emulator.random_faults(0.4, seed);
        let mut outcomes = Vec::new();
        for _ in 0..40 {
            let sent = http
                .get(bench.url("/secrets/One"))
                .bearer_auth(&bench.token)
                .send()
                .await;
            outcomes.push(match sent {
                Ok(response) => Answer::of(response).await.status.as_u16(),
                Err(_) => 0,
            });
        }
        outcomes
    }
    let first = outcomes(1).await;
    assert_eq!(first, outcomes(1).await);
    assert_ne!(first, outcomes(2).await);
    for status in [200, 429, 500, 503, 0] {
        assert!(first.contains(&status), "{status} in {first:?}");
    }
}

#[test]
fn what_is_injected_is_not_shown() {
    let shown = format!("{:?}", Fault::status(500, "marker"));
    assert!(shown.contains("Status(500, 6 bytes)") && !shown.contains("marker"));
}

#[tokio::test]
async fn two_gets_can_wait_for_each_other() {
    let bench = seeded().await;
    let gets = Fault::until_in_flight(2).for_kind(RequestKind::Get);
    bench.emulator.inject(gets);
    assert_eq!(bench.get("/secrets").await.status, 200);
    let alone = tokio::time::timeout(Duration::from_millis(150), bench.get("/secrets/One"));
    assert!(alone.await.is_err());
    let (one, again) = tokio::join!(bench.get("/secrets/One"), bench.get("/secrets/One"));
    assert_eq!((one.status.as_u16(), again.status.as_u16()), (200, 200));
}
