//! What the builder hands on to the server; the server itself is tested where it lives.

use std::time::{Duration, Instant};

use keyvault_emulator::{EmulatorError, KeyVaultEmulator, Protocols};
use reqwest::Version;

use crate::support::Bench;

#[tokio::test]
async fn protocol_and_distance() {
    const ROUND_TRIP: Duration = Duration::from_millis(40);
    let builder = KeyVaultEmulator::builder().round_trip(ROUND_TRIP);
    let bench = Bench::of(builder.protocols(Protocols::Http1)).await;
    let start = Instant::now();
    let response = bench.http.get(bench.url("/secrets")).send().await.unwrap();
    assert_eq!(
        (response.version(), response.status().as_u16()),
        (Version::HTTP_11, 401)
    );
    assert!(start.elapsed() >= ROUND_TRIP * 3 - Duration::from_millis(6));
}

#[test]
fn ports_with_and_without_tls() {
    let emulator = KeyVaultEmulator::start_blocking().unwrap();
    let port_of = |url: &str| url.rsplit(':').next().unwrap().parse().unwrap();
    let (port, identity_port) = (port_of(&emulator.url()), port_of(&emulator.imds_authority()));
    for builder in [
        KeyVaultEmulator::builder().port(port),
        KeyVaultEmulator::builder().identity_port(identity_port),
    ] {
        let error = builder.start_blocking().unwrap_err();
        assert!(matches!(error, EmulatorError::Listen(_)), "{error}");
    }
}
