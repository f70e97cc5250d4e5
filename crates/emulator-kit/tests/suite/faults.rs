//! Faults on demand.

use std::time::{Duration, Instant};

use emulator_kit::{Barrier, FaultAction, RandomFaults};
use tokio::time::timeout;

use crate::echo::{EchoEmulator, Fault, Kind};

/// Long enough to see that nothing comes.
const SHORT: Duration = Duration::from_millis(150);

#[tokio::test]
async fn a_fault_hits_what_it_is_meant_for() {
    let emulator = EchoEmulator::start().await;
    let faults = &emulator.echo.faults;
    faults.inject(
        Fault::status(500, "{}")
            .for_kind(Kind::Write)
            .for_named("thing", "ONE")
            .skip(1)
            .times(2),
    );
    faults.inject(Fault::status(418, "").for_path_containing("tea").once());
    faults.inject(Fault::status(409, "").for_query_containing("page=2"));
    let http = emulator.http_client();
    let mut statuses = Vec::new();
    for path in [
        "/things/one",
        "/things/two",
        "/things/one",
        "/things/one",
        "/things/one",
        "/tea",
        "/tea",
        "/?page=1",
        "/?page=2",
    ] {
        statuses.push(emulator.send(&http, path, "").await.unwrap().status);
    }
    assert_eq!(statuses, [200, 200, 500, 500, 200, 418, 200, 200, 409]);
    faults.clear();
    assert_eq!(emulator.send(&http, "/?page=2", "").await.unwrap().status, 200);
}

#[tokio::test]
async fn a_fault_waits_for_a_request_that_is_let_in_unless_told_not_to() {
    let emulator = EchoEmulator::start().await;
    let http = emulator.http_client();
    let without_token = || async { http.get(emulator.url("/")).send().await.unwrap().status().as_u16() };
    emulator.echo.faults.inject(Fault::status(500, "").once());
    assert_eq!(without_token().await, 401);
    assert_eq!(emulator.send(&http, "/", "").await.unwrap().status, 500);
    let proxy = Fault::status(502, "").before_authentication().once();
    emulator.echo.faults.inject(proxy);
    assert_eq!(without_token().await, 502);
}

#[tokio::test]
async fn every_action_does_what_it_says() {
    for http1 in [true, false] {
        let emulator = EchoEmulator::start().await;
        let client = emulator.http_client_builder();
        let http = if http1 { client.http1_only() } else { client }.build().unwrap();
        let hit = |fault: Fault| {
            emulator.echo.faults.inject(fault.once());
            emulator.send(&http, "/", r#"{"a":"b"}"#)
        };

        let answer = hit(Fault::status(503, "{}").header("retry-after", "7")).await.unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (503, b"{}".as_slice()));
        assert_eq!(answer.headers["retry-after"], "7");
        let answer = hit(Fault::throttled(Some(3))).await.unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (429, b"slowly".as_slice()));
        assert_eq!(answer.headers["retry-after"], "3");
        let answer = hit(Fault::new(FaultAction::MalformedJson)).await.unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (200, br#"{"a""#.as_slice()));
        let answer = hit(Fault::new(FaultAction::Html { status: 403 })).await.unwrap();
        assert_eq!(answer.status, 403);
        assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8");

        let start = Instant::now();
        assert_eq!(hit(Fault::delay(Duration::from_millis(40))).await.unwrap().status, 200);
        assert!(start.elapsed() >= Duration::from_millis(40));

        let error = hit(Fault::new(FaultAction::TruncatedBody)).await.unwrap_err();
        assert!(
            error.is_body() || error.is_decode(),
            "it starts and does not end: {error:?}"
        );
        let error = hit(Fault::reset()).await.unwrap_err();
        assert!(error.is_request() && !error.is_timeout(), "{error:?}");
        assert!(timeout(SHORT, hit(Fault::hang())).await.is_err());
        assert_eq!(
            emulator.echo.journal.requests().last().unwrap().status,
            0,
            "never answered"
        );
        assert_eq!(
            emulator.send(&http, "/", "x").await.unwrap().body,
            b"x",
            "the next one is whole"
        );
    }
}

#[tokio::test]
async fn a_barrier_opens_when_enough_are_in_flight_at_once() {
    let emulator = EchoEmulator::start().await;
    let http = emulator.http_client();
    let send = || emulator.send(&http, "/", "");
    let barrier = Barrier::new(3);
    let fault = Fault::new(FaultAction::Barrier(barrier.clone()));
    emulator.echo.faults.inject(fault);

    assert!(timeout(SHORT, send()).await.is_err(), "one alone waits");
    assert!(timeout(SHORT, async { tokio::join!(send(), send()) }).await.is_err());
    assert!(!barrier.is_open(), "those that gave up do not count");
    let (one, two, three) = tokio::join!(send(), send(), send());
    for answer in [one, two, three] {
        assert_eq!(answer.unwrap().status, 200);
    }
    assert!(barrier.is_open());
    assert_eq!(send().await.unwrap().status, 200, "from then on nobody waits");

    emulator.echo.faults.clear();
    emulator
        .echo
        .faults
        .inject(Fault::until_in_flight(2).for_named("thing", "one"));
    assert_eq!(send().await.unwrap().status, 200, "others do not meet it");
    let write = || emulator.send(&http, "/things/one", "");
    assert!(timeout(SHORT, write()).await.is_err());
    let (one, two) = tokio::join!(write(), write());
    assert_eq!((one.unwrap().status, two.unwrap().status), (200, 200));
}

#[tokio::test]
async fn a_connection_is_hit_before_it_says_a_word() {
    let emulator = EchoEmulator::start().await;
    let faults = &emulator.echo.faults;
    // A new client each: only new connections are hit.
    let send = async || emulator.send(&emulator.http_client(), "/", "").await;
    faults.inject(Fault::new(FaultAction::ResetConnection).once());
    let error = send().await.unwrap_err();
    assert!(error.is_connect() && !error.is_timeout(), "{error:?}");
    faults.inject(Fault::new(FaultAction::HangConnection).once());
    assert!(timeout(SHORT, send()).await.is_err());
    assert!(emulator.echo.journal.requests().is_empty());
    assert_eq!(send().await.unwrap().status, 200);
}

#[tokio::test]
async fn random_faults_are_the_same_ones_for_the_same_seed() {
    let run = async |seed| {
        let emulator = EchoEmulator::start().await;
        let http = emulator.http_client();
        let random = RandomFaults::new(0.3, seed, |number| FaultAction::Status {
            status: if number % 2 == 0 { 500 } else { 503 },
            body: String::new(),
            headers: Vec::new(),
        });
        emulator.echo.faults.set_random(random);
        let mut statuses = Vec::new();
        for _ in 0..60 {
            statuses.push(emulator.send(&http, "/", "").await.unwrap().status);
        }
        statuses
    };
    let (first, again, other) = (run(1).await, run(1).await, run(2).await);
    assert_eq!(first, again);
    assert_ne!(first, other);
    for status in [200, 500, 503] {
        assert!(first.contains(&status), "{status} in {first:?}");
    }
}
