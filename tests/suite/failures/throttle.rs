//! Too many requests, and a vault that fails.

use std::time::{Duration, Instant};

use config::Config;
use config_azure_keyvault::{ErrorKind, Stage};
use keyvault_emulator::{Fault, KeyVaultEmulator, RequestKind, Throttle, service_error};

use super::{AT_ONCE, LIMIT, assert_loaded, fails, loads};
use crate::support::World;
use crate::support::lines::Lines;

/// Both are made of waiting, so they wait together.
#[tokio::test]
async fn a_full_window_is_waited_for_and_one_that_always_fails_is_not() {
    tokio::join!(a_window_that_is_full(), one_of_forty_fails());
}

#[tokio::test]
async fn throttled_twice_then_fine() {
    let world = World::start().await;
    world.seed(&["A", "B", "C"]);
    world
        .emulator
        .inject(Fault::throttled(Some(1)).for_secret("B").times(2));
    let started = Instant::now();
    let config = loads(&world.source(), AT_ONCE * 2).await;
    assert!(
        started.elapsed() >= Duration::from_secs(2),
        "the vault asked for two pauses of 1 s"
    );
    assert_loaded(&world, &config, &["A", "B", "C"]);
    assert_eq!(world.emulator.counts().gets, 5);
}

#[tokio::test]
async fn a_pause_past_the_deadline_is_not_waited_for() {
    let world = World::start().await;
    world.seed(&["A", "B"]);
    world.emulator.inject(Fault::throttled(Some(3_600)).for_secret("B"));
    fails(
        &world.source(),
        AT_ONCE,
        (ErrorKind::Throttled, Stage::Get),
        "get failed for secret `B`: 429 Throttled: Request was not processed because too many requests \
             were received. Reason: VaultRequestTypeLimitReached (it asks for a pause of 3600 s, past the \
             deadline); wait, spread the starts of your instances, or allow more time with `deadline`",
    )
    .await;
    world.emulator.clear_faults();
    world
        .emulator
        .inject(Fault::throttled(Some(3_600)).for_kind(RequestKind::List));
    fails(
        &world.source(),
        AT_ONCE,
        (ErrorKind::Throttled, Stage::List),
        "list failed: 429 Throttled: Request was not processed because too many requests were received. \
             Reason: VaultRequestTypeLimitReached (it asks for a pause of 3600 s, past the deadline); wait, \
             spread the starts of your instances, or allow more time with `deadline`",
    )
    .await;
    world.emulator.clear_faults();
    let busy = service_error(503, "ServiceUnavailable", None, "The service is unavailable.");
    world.emulator.inject(
        Fault::new(busy)
            .header("retry-after", "3600")
            .for_kind(RequestKind::List),
    );
    fails(
        &world.source(),
        AT_ONCE,
        (ErrorKind::Service, Stage::List),
        "list failed: 503 ServiceUnavailable: The service is unavailable (it asks for a pause of 3600 s, \
             past the deadline); wait, spread the starts of your instances, or allow more time with \
             `deadline`",
    )
    .await;
}

/// Another instance has used the window up: it takes ten seconds until there is room again.
async fn a_window_that_is_full() {
    let throttle = Throttle {
        limit: 20,
        ..Throttle::default()
    };
    let emulator = KeyVaultEmulator::builder().throttle(throttle).start();
    let world = World::of(emulator.await.expect("the emulator starts"));
    let names: Vec<String> = (0..24).map(|n| format!("Key{n:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    world.seed(&names);
    let config = loads(
        &world.source().deadline(Duration::from_secs(60)),
        Duration::from_secs(60),
    )
    .await;
    assert_loaded(&world, &config, &names);
    assert!(world.emulator.requests().iter().any(|request| request.status == 429));
}

#[tokio::test]
async fn throttled_until_the_deadline() {
    let world = World::start().await;
    world.seed(&["A", "B"]);
    world.emulator.inject(Fault::throttled(None).for_secret("B"));
    let source = world.source().deadline(LIMIT);
    fails(
        &source,
        LIMIT * 2,
        (ErrorKind::Throttled, Stage::Get),
        "get failed for secret `B`: no success within 5s (1 page listed, 1 of 2 secrets loaded); last \
             seen: 429 Throttled: Request was not processed because too many requests were received. Reason: \
             VaultRequestTypeLimitReached; spread the starts of your instances, allow more time \
             with `deadline`, or use a vault per app",
    )
    .await;
}

#[tokio::test]
async fn a_refusal_is_told_once_and_again_after_a_load_without_one() {
    let lines = Lines::listen();
    let world = World::start().await;
    world.seed(&["A"]);
    let source = world.source();
    let watch = source.watch(Config::builder()).interval(Duration::from_secs(3600));
    let watch = watch.start().await.expect("it loads");
    for (refused, told) in [(true, 1), (true, 0), (false, 0), (true, 1)] {
        if refused {
            let throttled = Fault::throttled(None).for_kind(RequestKind::List).times(2);
            world.emulator.inject(throttled);
        }
        watch.refresh().await.expect("it loads");
        let lines = lines.take();
        let warned = lines.iter().filter(|(_, line)| line.contains("(429)"));
        assert_eq!(warned.count(), told, "{lines:?}");
    }
}

async fn one_of_forty_fails() {
    let world = World::start().await;
    let names: Vec<String> = (0..40).map(|n| format!("Section--Key{n:02}")).collect();
    world.seed(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let broken = service_error(
        500,
        "InternalServerError",
        None,
        "The service encountered an internal error.",
    );
    world.emulator.inject(Fault::new(broken).for_secret("Section--Key17"));
    let started = Instant::now();
    fails(
        &world.source(),
        Duration::from_secs(25),
        (ErrorKind::Service, Stage::Get),
        "get failed for secret `Section--Key17`: 500 InternalServerError: The service encountered an \
             internal error; try again; if it lasts, look at Azure's service health",
    )
    .await;
    assert!(
        started.elapsed() > Duration::from_secs(3),
        "the SDK tries again before it gives up"
    );
    let tries = world
        .emulator
        .requests()
        .iter()
        .filter(|request| request.secret.as_deref() == Some("Section--Key17"))
        .count();
    assert_eq!(tries, 6, "once, and five times more");
}
