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
async fn the_builder_hands_distance_and_protocol_on() {
    const ROUND_TRIP: Duration = Duration::from_millis(40);
    let builder = MaskinportenEmulator::builder().round_trip(ROUND_TRIP);
    let bench = Bench::of(builder.protocols(Protocols::Http1)).await;
    let start = Instant::now();
    bench.get(&bench.emulator.jwks_url()).await;
    assert!(start.elapsed() >= ROUND_TRIP * 3 - Duration::from_millis(6));
    assert_eq!(bench.emulator.requests()[0].http_version, "HTTP/1.1");
    assert_eq!(bench.emulator.counts().jwks_requests, 1);
}
