//! TLS, HTTP/1.1 and HTTP/2, distance, start and stop.

use std::time::{Duration, Instant};

use keyvault_emulator::{KeyVaultEmulator, Protocols};
use reqwest::Version;

use crate::support::Bench;

#[tokio::test]
async fn the_client_chooses_the_protocol() {
    for (protocols, offers_both, expected) in [
        (Protocols::Both, true, Some(Version::HTTP_2)),
        (Protocols::Both, false, Some(Version::HTTP_11)),
        (Protocols::Http1, true, Some(Version::HTTP_11)),
        (Protocols::Http2, true, Some(Version::HTTP_2)),
        (Protocols::Http2, false, None),
    ] {
        let bench = Bench::of(KeyVaultEmulator::builder().protocols(protocols)).await;
        let builder = bench.emulator.http_client_builder();
        let http = if offers_both { builder } else { builder.http1_only() }
            .build()
            .unwrap();
        let version = http
            .get(bench.url("/secrets"))
            .send()
            .await
            .ok()
            .map(|response| response.version());
        assert_eq!(version, expected, "{protocols:?}, client offers both: {offers_both}");
        if let Some(version) = version {
            assert_eq!(bench.emulator.requests()[0].http_version, format!("{version:?}"));
        }
    }
}

#[tokio::test]
async fn only_its_own_certificate_is_good_enough() {
    let (one, two) = (Bench::new().await, Bench::new().await);
    let error = one.http.get(two.url("/secrets")).send().await.unwrap_err();
    assert!(error.is_connect(), "{error:?}");
    let address = one.url("/secrets").replace("localhost", "127.0.0.1");
    assert_eq!(one.http.get(address).send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn distance_is_felt_by_handshakes_and_requests() {
    const ROUND_TRIP: Duration = Duration::from_millis(60);
    for http1 in [true, false] {
        let bench = Bench::of(KeyVaultEmulator::builder().round_trip(ROUND_TRIP)).await;
        let builder = bench.emulator.http_client_builder();
        let http = if http1 { builder.http1_only() } else { builder }.build().unwrap();
        let get = || async {
            let start = Instant::now();
            let response = http
                .get(bench.url("/secrets"))
                .bearer_auth(&bench.token)
                .send()
                .await
                .unwrap();
            assert_eq!(response.status(), 200);
            response.bytes().await.unwrap();
            start.elapsed()
        };
        // TCP, TLS 1.3 and the request itself: a round trip each.
        let (cold, warm) = (get().await, get().await);
        assert!(cold >= ROUND_TRIP * 3 - Duration::from_millis(6), "cold took {cold:?}");
        assert!(warm >= ROUND_TRIP - Duration::from_millis(3), "warm took {warm:?}");
        // Many at once take no longer than one: the line delays and does not throttle.
        let start = Instant::now();
        let many = (0..100).map(|_| {
            let request = http.get(bench.url("/secrets")).bearer_auth(&bench.token);
            tokio::spawn(async move { request.send().await.unwrap().status() })
        });
        for one in many.collect::<Vec<_>>() {
            assert_eq!(one.await.unwrap(), 200);
        }
        assert!(
            start.elapsed() < ROUND_TRIP * 50,
            "a hundred took {:?}",
            start.elapsed()
        );
    }
}

#[tokio::test]
async fn large_bodies_cross_the_distance_whole() {
    let bench = Bench::of(KeyVaultEmulator::builder().round_trip(Duration::from_millis(4))).await;
    let value = "v".repeat(25 * 1024);
    assert_eq!(
        bench.put("Large", serde_json::json!({ "value": value })).await.status,
        200
    );
    assert_eq!(
        bench.get("/secrets/Large").await.body["value"],
        serde_json::json!(value)
    );
}

#[tokio::test]
async fn dropping_it_ends_connections_and_listens_no_more() {
    let emulator = KeyVaultEmulator::start().await.unwrap();
    let http = emulator
        .http_client_builder()
        .timeout(Duration::from_secs(5))
        .build()
        .unwrap();
    let url = format!("{}/secrets?api-version=7.4", emulator.url());
    assert_eq!(http.get(&url).send().await.unwrap().status(), 401);
    emulator.inject(keyvault_emulator::Fault::hang().before_authentication());
    let hung = tokio::spawn({
        let (http, url) = (http.clone(), url.clone());
        async move { http.get(url).send().await }
    });
    while emulator.requests().len() < 2 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    drop(emulator);
    assert!(!hung.await.unwrap().unwrap_err().is_timeout());
    assert!(http.get(&url).send().await.unwrap_err().is_connect());
}

#[tokio::test(start_paused = true)]
async fn a_paused_clock_of_the_test_does_not_stop_it() {
    let bench = Bench::new().await;
    assert_eq!(bench.get("/secrets").await.status, 200);
}

#[test]
fn it_starts_without_a_runtime_and_refuses_a_taken_port() {
    let emulator = KeyVaultEmulator::start_blocking().unwrap();
    let port: u16 = emulator.url().rsplit(':').next().unwrap().parse().unwrap();
    let error = KeyVaultEmulator::builder().port(port).start_blocking().unwrap_err();
    assert!(
        error.to_string().starts_with("the emulator cannot listen on 127.0.0.1"),
        "{error}"
    );
}
