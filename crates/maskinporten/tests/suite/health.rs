//! What a client tells of itself, and what it tells whoever traces it.

use std::time::Duration;

use maskinporten::{HealthState, SystemUser, TokenRequest};
use maskinporten_emulator::{Fault, RequestKind};

use crate::log::capture_spans;
use crate::world::{SCOPE, World};

#[tokio::test]
async fn health_is_of_the_clients_own_requests() {
    let world = World::start().await;
    let client = world
        .builder(world.settings())
        .deadline(Duration::from_secs(1))
        .build()
        .unwrap();
    let health = client.health();
    assert_eq!(
        (health.state, health.last_success, health.reason),
        (HealthState::Unknown, None, None)
    );
    assert!(HealthState::Unknown.is_ready());
    assert_eq!(world.emulator.requests().len(), 0, "nobody is asked to tell it");

    world
        .emulator
        .inject(Fault::status(503, "").for_kind(RequestKind::Token));
    client.token(client.default_request()).await.unwrap_err();
    let health = client.health();
    assert_eq!((health.state, health.last_success), (HealthState::Failing, None));
    assert!(
        health
            .to_string()
            .starts_with("failing: Maskinporten: token failed at "),
        "{health}"
    );
    assert!(!health.to_string().contains('\n') && !health.state.is_ready());

    world.emulator.clear_faults();
    client.token(client.default_request()).await.unwrap();
    let health = client.health();
    assert_eq!((health.state, health.reason), (HealthState::Healthy, None));
    assert!(health.last_success.is_some());

    // One customer's refusal is none of the client's.
    let stranger = SystemUser::of("310000000").external_ref("nobody");
    let theirs = TokenRequest::new([SCOPE]).system_user(stranger);
    client.token(&theirs).await.unwrap_err();
    assert_eq!(client.health().state, HealthState::Healthy);

    // A token is still held.
    world
        .emulator
        .inject(Fault::status(503, "").for_kind(RequestKind::Token));
    client
        .token(&TokenRequest::new(["altinn:serviceowner"]))
        .await
        .unwrap_err();
    let health = client.health();
    assert!(health.state == HealthState::Degraded && health.state.is_ready() && health.last_success.is_some());

    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(600)).await;
    tokio::time::resume();
    assert_eq!(client.health().state, HealthState::Failing, "none is held any more");
}

/// Names and fields of OpenTelemetry's semantic conventions for HTTP, as those of the vault's source.
#[tokio::test]
async fn spans_tell_what_was_asked_and_no_value() {
    let (log, _guard) = capture_spans();
    let world = World::start().await;
    let client = world.client();
    world
        .emulator
        .inject(Fault::status(503, "").for_kind(RequestKind::Token).once());
    let altinn = client.altinn_token(client.default_request()).await.unwrap();

    let text = log.text();
    let closed = |wanted: &[&str]| {
        let line = |line: &&str| line.contains(": close ") && wanted.iter().all(|wanted| line.contains(wanted));
        text.lines().filter(line).count()
    };
    let host = r#"server.address="localhost""#;
    assert_eq!(
        closed(&[
            "maskinporten.exchange{",
            "maskinporten.token{",
            "http.request{",
            "POST",
            host
        ]),
        2,
        "{text}"
    );
    assert_eq!(
        closed(&[
            "http.request{",
            "POST",
            "http.response.status_code=503",
            r#"error.type="503""#
        ]),
        1,
        "{text}"
    );
    assert_eq!(
        closed(&["http.request{", "POST", "http.response.status_code=200"]),
        1,
        "{text}"
    );
    assert_eq!(
        closed(&[
            "maskinporten.metadata{",
            "http.request{",
            r#"http.request.method="GET""#,
            host
        ]),
        1,
        "{text}"
    );
    assert_eq!(
        closed(&["http.request{", "GET", "/exchange/", "http.response.status_code=200"]),
        1,
        "{text}"
    );
    // The two are over: nothing failed in the end.
    assert_eq!(closed(&["maskinporten.token{", "ERROR"]), 1, "{text}");
    for secret in [altinn.secret(), "jti", "eyJ"] {
        assert!(!text.contains(secret), "{text}");
    }
    for jti in world.emulator.seen_jtis() {
        assert!(!text.contains(&jti), "{text}");
    }
}
