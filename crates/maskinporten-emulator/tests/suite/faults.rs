//! Faults on demand.

use std::time::{Duration, Instant};

use maskinporten_emulator::{Fault, FaultAction, MaskinportenEmulator, Protocols, RequestKind, oauth_error};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use serde_json::Value;

use crate::support::Bench;

#[tokio::test]
async fn a_fault_hits_what_it_is_meant_for() {
    let bench = Bench::new().await;
    let token = bench.token().await;
    let emulator = &bench.emulator;
    emulator.inject(Fault::throttled(Some(7)).for_kind(RequestKind::Token).once());
    emulator.inject(
        Fault::status(502, "Bad gateway")
            .header("content-type", "text/plain")
            .for_kind(RequestKind::Exchange),
    );
    emulator.inject(
        Fault::new(FaultAction::Html { status: 403 })
            .for_kind(RequestKind::Api)
            .skip(1)
            .once(),
    );

    let answer = bench.ask(bench.claims()).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.headers[RETRY_AFTER]),
        (429, &"7".parse().unwrap())
    );
    assert_eq!(bench.ask(bench.claims()).await.status, 200);
    let answer = bench.exchange(&token).await;
    assert_eq!((answer.status.as_u16(), answer.body), (502, Value::from("Bad gateway")));
    assert_eq!(answer.headers[CONTENT_TYPE], "text/plain");
    assert_eq!(bench.api(&token).await.status, 200);
    let page = bench.api(&token).await;
    assert_eq!(
        (page.status.as_u16(), &page.headers[CONTENT_TYPE]),
        (403, &"text/html; charset=utf-8".parse().unwrap())
    );
    assert_eq!(bench.get(&emulator.metadata_url()).await.status, 200);
    emulator.clear_faults();
    assert_eq!(bench.exchange(&token).await.status, 200);
}

#[tokio::test]
async fn errors_can_be_worded_as_maskinporten_does() {
    let bench = Bench::new().await;
    bench
        .emulator
        .inject(Fault::new(oauth_error(503, "temporarily_unavailable", "Later", None)).once());
    bench
        .emulator
        .inject(Fault::new(oauth_error(400, "invalid_grant", "Invalid certificate", Some(120))).once());
    let answer = bench.ask(bench.claims()).await;
    assert_eq!(answer.refusal(), (503, "temporarily_unavailable", 0, "Later"));
    let answer = bench.ask(bench.claims()).await;
    assert_eq!(answer.refusal(), (400, "invalid_grant", 120, "Invalid certificate"));
}

#[tokio::test]
async fn what_a_fault_hit_was_still_sent() {
    let bench = Bench::new().await;
    let claims = bench.claims();
    bench.emulator.inject(Fault::status(500, "").once());
    assert_eq!(bench.ask(claims.clone()).await.status, 500);
    assert_eq!(bench.ask(claims.clone()).await.status, 200, "it was not used up");
    let jti = claims["jti"].as_str().unwrap();
    assert_eq!(bench.emulator.seen_jtis(), [jti, jti], "but it was seen");
}

#[tokio::test]
async fn answers_break_off_come_late_or_never() {
    const SHORT: Duration = Duration::from_millis(150);
    let bench = Bench::of(MaskinportenEmulator::builder().protocols(Protocols::Http1)).await;
    let emulator = &bench.emulator;
    let url = emulator.metadata_url();
    let get = || bench.http.get(&url);
    emulator.inject(Fault::new(FaultAction::TruncatedBody).once());
    let error = get().send().await.unwrap().bytes().await.unwrap_err();
    assert!(error.is_body() || error.is_decode(), "{error:?}");
    emulator.inject(Fault::new(FaultAction::MalformedJson).once());
    assert!(bench.get(&url).await.body.is_string(), "no JSON");
    emulator.inject(Fault::reset().once());
    assert!(!get().send().await.unwrap_err().is_timeout());
    emulator.inject(Fault::hang().once());
    assert!(get().timeout(SHORT).send().await.unwrap_err().is_timeout());
    emulator.inject(Fault::delay(SHORT).once());
    let start = Instant::now();
    assert_eq!(get().send().await.unwrap().status(), 200);
    assert!(start.elapsed() >= SHORT);

    let fresh = || bench.emulator.http_client().get(&url);
    emulator.inject(Fault::new(FaultAction::ResetConnection).once());
    assert!(fresh().send().await.unwrap_err().is_connect());
    emulator.inject(Fault::new(FaultAction::HangConnection).once());
    assert!(fresh().timeout(SHORT).send().await.unwrap_err().is_timeout());
    assert_eq!(fresh().send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn distance_costs_time() {
    let round_trip = Duration::from_millis(40);
    let bench = Bench::of(MaskinportenEmulator::builder().round_trip(round_trip)).await;
    bench.get(&bench.emulator.metadata_url()).await;
    let start = Instant::now();
    bench.get(&bench.emulator.metadata_url()).await;
    assert!(start.elapsed() >= round_trip - Duration::from_millis(4));
}

#[tokio::test]
async fn the_client_chooses_the_protocol() {
    let bench = Bench::new().await;
    let http1 = bench.emulator.http_client_builder().http1_only().build().unwrap();
    http1.get(bench.emulator.jwks_url()).send().await.unwrap();
    bench.get(&bench.emulator.jwks_url()).await;
    let requests = bench.emulator.requests();
    let versions: Vec<_> = requests.iter().map(|request| request.http_version.as_str()).collect();
    assert_eq!(versions, ["HTTP/1.1", "HTTP/2.0"]);
    assert_eq!(bench.emulator.counts().jwks_requests, 2);
}
