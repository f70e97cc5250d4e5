//! Start and stop.

use std::time::Duration;

use emulator_kit::EmulatorError;

use crate::echo::{EchoEmulator, Fault, builder};

#[tokio::test]
async fn dropping_it_ends_connections_and_listens_no_more() {
    let emulator = EchoEmulator::start().await;
    let http = emulator
        .http_client_builder()
        .timeout(Duration::from_secs(5))
        .build()
        .unwrap();
    let url = emulator.url("/");
    assert_eq!(http.get(&url).send().await.unwrap().status(), 401);
    emulator.echo.faults.inject(Fault::hang().before_authentication());
    let hung = tokio::spawn({
        let (http, url) = (http.clone(), url.clone());
        async move { http.get(url).send().await }
    });
    while emulator.echo.journal.requests().len() < 2 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    drop(emulator);
    assert!(!hung.await.unwrap().unwrap_err().is_timeout());
    assert!(http.get(&url).send().await.unwrap_err().is_connect());
}

#[test]
fn the_service_goes_with_the_server() {
    let emulator = EchoEmulator::start_blocking(builder()).unwrap();
    let echo = std::sync::Arc::downgrade(&emulator.echo);
    drop(emulator);
    assert!(echo.upgrade().is_none(), "its thread has ended");
}

#[tokio::test(start_paused = true)]
async fn a_paused_clock_of_the_test_does_not_stop_it() {
    let emulator = EchoEmulator::start().await;
    assert_eq!(
        emulator.send(&emulator.http_client(), "/", "x").await.unwrap().body,
        b"x"
    );
}

#[test]
fn a_taken_port_is_refused() {
    let emulator = EchoEmulator::start_blocking(builder()).unwrap();
    let port = emulator.server.ports().tls;
    let error = EchoEmulator::start_blocking(builder().port(port)).err().unwrap();
    assert!(matches!(error, EmulatorError::Listen(_)));
    assert!(
        error.to_string().starts_with("the emulator cannot listen on 127.0.0.1"),
        "{error}"
    );
}
