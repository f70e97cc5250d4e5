//! TLS, HTTP/1.1 and HTTP/2, hosts, distance.

use std::time::{Duration, Instant};

use emulator_kit::{Protocols, client_builder, is_local, resolver};
use reqwest::Version;

use crate::echo::{EchoEmulator, HOST, builder};

#[tokio::test]
async fn the_client_chooses_the_protocol() {
    for (protocols, offers_both, expected) in [
        (Protocols::Both, true, Some(Version::HTTP_2)),
        (Protocols::Both, false, Some(Version::HTTP_11)),
        (Protocols::Http1, true, Some(Version::HTTP_11)),
        (Protocols::Http2, true, Some(Version::HTTP_2)),
        (Protocols::Http2, false, None),
    ] {
        let emulator = EchoEmulator::of(builder().protocols(protocols)).await;
        let client = emulator.http_client_builder();
        let http = if offers_both { client } else { client.http1_only() }.build().unwrap();
        let response = http.get(emulator.url("/")).send().await.ok();
        let version = response.map(|response| response.version());
        assert_eq!(version, expected, "{protocols:?}, client offers both: {offers_both}");
        if let Some(version) = version {
            assert_eq!(emulator.echo.journal.requests()[0].http_version, format!("{version:?}"));
        }
    }
}

#[tokio::test]
async fn only_its_own_certificate_is_good_enough() {
    let (one, two) = (EchoEmulator::start().await, EchoEmulator::start().await);
    let http = one.http_client();
    let error = http.get(two.url("/")).send().await.unwrap_err();
    assert!(error.is_connect(), "{error:?}");
    let both = client_builder([one.server.ca_der(), two.server.ca_der()], resolver(is_local)).unwrap();
    let both = both.build().unwrap();
    for emulator in [&one, &two] {
        assert_eq!(emulator.send(&both, "/", "x").await.unwrap().body, b"x");
    }
    assert!(one.server.ca_pem().starts_with("-----BEGIN CERTIFICATE-----"));
}

#[tokio::test]
async fn a_client_finds_the_hosts_that_are_known_and_no_other() {
    let emulator = EchoEmulator::start().await;
    let http = emulator.http_client();
    let port = emulator.server.ports().tls;
    for host in ["localhost", "127.0.0.1", HOST] {
        let url = format!("https://{host}:{port}/");
        assert_eq!(http.get(url).send().await.unwrap().status(), 401, "{host}");
    }
    let hosts: Vec<_> = emulator
        .echo
        .journal
        .requests()
        .into_iter()
        .map(|seen| seen.host)
        .collect();
    assert_eq!(hosts[2].as_str(), format!("{HOST}:{port}"));
    assert_eq!((hosts[2].name().as_str(), hosts[2].is_local()), (HOST, false));
    assert!(hosts[0].is_local() && hosts[1].is_local());
    let error = http.get(format!("https://other.example.test:{port}/")).send().await;
    assert!(error.unwrap_err().is_connect());
}

#[tokio::test]
async fn a_plain_port_needs_no_certificate() {
    let emulator = EchoEmulator::of(builder().plain_port(0)).await;
    let url = format!("http://127.0.0.1:{}/", emulator.server.ports().plain.unwrap());
    assert_eq!(emulator.http_client().get(url).send().await.unwrap().status(), 401);
    assert!(emulator.echo.journal.requests()[0].plain);
    assert_eq!(EchoEmulator::start().await.server.ports().plain, None);
}

#[tokio::test]
async fn distance_is_felt_by_handshakes_and_requests() {
    const ROUND_TRIP: Duration = Duration::from_millis(60);
    for http1 in [true, false] {
        let emulator = EchoEmulator::of(builder().round_trip(ROUND_TRIP)).await;
        let client = emulator.http_client_builder();
        let http = if http1 { client.http1_only() } else { client }.build().unwrap();
        let send = || async {
            let start = Instant::now();
            assert_eq!(emulator.send(&http, "/", "x").await.unwrap().status, 200);
            start.elapsed()
        };
        // TCP, TLS 1.3 and the request itself: a round trip each.
        let (cold, warm) = (send().await, send().await);
        assert!(cold >= ROUND_TRIP * 3 - Duration::from_millis(6), "cold took {cold:?}");
        assert!(warm >= ROUND_TRIP - Duration::from_millis(3), "warm took {warm:?}");
        // Many at once take no longer than one: the line delays and does not throttle.
        let start = Instant::now();
        let many = (0..100).map(|_| {
            let request = http.get(emulator.url("/")).bearer_auth("token");
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
    let emulator = EchoEmulator::of(builder().round_trip(Duration::from_millis(4))).await;
    let http = emulator.http_client();
    let body: Vec<u8> = (0..=u8::MAX).cycle().take(300 * 1024).collect();
    assert_eq!(emulator.send(&http, "/", body.clone()).await.unwrap().body, body);
    let too_large = vec![0; (1 << 20) + 1];
    assert_eq!(emulator.send(&http, "/", too_large).await.unwrap().status, 413);
}
