//! Over HTTP/1.1, connections are opened before the gets need them.

use std::time::{Duration, Instant};

use config::Config;
use config_azure_keyvault::AzureKeyVault;
use keyvault_emulator::{
    Builder as EmulatorBuilder, Fault, FaultAction, KeyVaultEmulator, Protocols, RequestKind, SecretSeed,
};
use tokio::runtime::Builder;

use crate::support::proxy::Proxy;
use crate::support::{World, check_built, leaks, load};

/// Far enough for spare connections, however slow this machine is.
const ROUND_TRIP: Duration = Duration::from_millis(40);

/// One for the token, the vault's first, and those that a list is worth.
const ALL: usize = 1 + 1 + 24;

/// A connection may not be back yet when the next request wants one, which then opens another.
const UNSETTLED: usize = 1;

fn far(protocols: Protocols) -> EmulatorBuilder {
    KeyVaultEmulator::builder()
        .client("5e1f0c8a-0000-4000-8000-00000000c11e", leaks::marker())
        .round_trip(ROUND_TRIP)
        .protocols(protocols)
}

async fn world(protocols: Protocols, secrets: usize) -> World {
    seeded(far(protocols).start().await.expect("the emulator starts"), secrets)
}

fn seeded(emulator: KeyVaultEmulator, secrets: usize) -> World {
    let vault = emulator.default_vault();
    for n in 0..secrets {
        vault.seed(SecretSeed::new(format!("Key{n}"), leaks::marker()));
    }
    World::of(emulator)
}

/// Through a proxy to a vault that nobody finds without it.
fn led(world: &World, proxy: &Proxy) -> AzureKeyVault {
    let via = ("HTTPS_PROXY".to_owned(), proxy.url());
    AzureKeyVault::new(&world.url)
        .environment("Production")
        .process_environment(world.variables().into_iter().chain([via]))
        .mounted_settings("/nowhere")
        .ca_pem(world.emulator.ca_pem())
}

async fn loads(source: &AzureKeyVault, secrets: usize) {
    load(source).await.expect("the vault loads");
    assert_eq!(source.report().expect("a report").loaded.len(), secrets);
}

/// The sync form.
fn builds(source: &AzureKeyVault) {
    let built = Config::builder().add_source(source.clone()).build();
    check_built(source, &built);
    built.expect("the vault loads");
}

/// Nobody opens one more: each get has a connection that is there when it is needed.
#[tokio::test]
async fn a_list_has_its_connections_before_its_gets() {
    let world = world(Protocols::Http1, 20).await;
    loads(&world.direct(), 20).await;
    let counts = world.emulator.counts();
    assert_eq!((counts.connections, counts.challenges, counts.gets), (ALL, 1, 20));
}

/// Gets that need more open them by themselves.
#[tokio::test]
async fn a_large_vault_loads_over_more() {
    let world = world(Protocols::Http1, 100).await;
    loads(&world.direct(), 100).await;
    let counts = world.emulator.counts();
    assert!(counts.connections >= ALL, "{counts:?}");
    assert_eq!((counts.challenges, counts.gets), (1, 100));
}

#[tokio::test]
async fn http2_needs_none() {
    let world = world(Protocols::Http2, 20).await;
    loads(&world.direct(), 20).await;
    assert_eq!(world.emulator.counts().connections, 2);
}

/// Its connector is the caller's.
#[tokio::test]
async fn a_client_of_the_callers_has_none() {
    let world = World::of(far(Protocols::Http1).start().await.expect("the emulator starts"));
    world.seed(&["A", "B"]);
    loads(&world.source(), 2).await;
    let connections = world.emulator.counts().connections;
    assert!(connections <= 1 + 3 + UNSETTLED, "{connections}");
}

#[tokio::test]
async fn names_have_no_more_than_they_need() {
    for (names, most) in [(1, 2), (2, 3), (8, 1 + 8)].map(|(names, most)| (names, most + UNSETTLED)) {
        let world = world(Protocols::Http1, 20).await;
        let source = world.direct().names((0..names).map(|n| format!("Key{n}")));
        loads(&source, names).await;
        let connections = world.emulator.counts().connections;
        assert!(connections <= most, "{names}: {connections}");
    }
}

#[tokio::test]
async fn no_more_are_opened_than_gets_may_be_in_flight() {
    let world = world(Protocols::Http1, 3).await;
    loads(&world.direct().concurrency(3), 3).await;
    let connections = world.emulator.counts().connections;
    assert!((1 + 3..=1 + 3 + UNSETTLED).contains(&connections), "{connections}");
}

/// A proxy leads them as any other, and tells when they are closed: no idle one stays for the life of the handle.
#[tokio::test]
async fn what_a_load_does_not_use_is_closed_with_its_end() {
    let emulator = far(Protocols::Http1).start().await.expect("the emulator starts");
    let world = World::of(emulator);
    world.seed(&["A", "B"]);
    let proxy = Proxy::start().await;
    let source = led(&world, &proxy);
    loads(&source, 2).await;
    assert_eq!(proxy.connections(), ALL - 1, "the token is not asked through it");
    // The first, and one for each get at most.
    proxy.until_open(3 + UNSETTLED).await;
    drop(source);
    proxy.until_open(0).await;
}

#[tokio::test]
async fn a_load_that_is_given_up_closes_them() {
    let world = World::of(far(Protocols::Http1).start().await.expect("the emulator starts"));
    world.seed(&["A", "B"]);
    let proxy = Proxy::start().await;
    world.emulator.inject(Fault::hang().for_kind(RequestKind::List));
    let source = led(&world, &proxy);
    let loading = load(&source);
    tokio::select! {
        built = loading => panic!("the list hangs: {:?}", built.is_ok()),
        () = proxy.until_asked(ALL - 1) => {}
    }
    proxy.until_open(1).await;
}

/// The vault's server takes the first two connections, and no other.
#[tokio::test]
async fn a_server_that_takes_no_more_delays_nothing() {
    for action in [FaultAction::HangConnection, FaultAction::ResetConnection] {
        let world = world(Protocols::Http1, 10).await;
        world.emulator.inject(Fault::new(action.clone()).skip(2));
        let limit = Duration::from_secs(20);
        let source = world.direct().connect_timeout(limit);
        let began = Instant::now();
        loads(&source, 10).await;
        assert!(began.elapsed() < limit, "{action:?}");
    }
}

/// They belong to the runtime that opened them.
#[test]
fn every_runtime_has_its_own() {
    let world = seeded(far(Protocols::Http1).start_blocking().expect("the emulator starts"), 20);
    let source = world.direct();
    let one = Builder::new_current_thread().enable_all().build().expect("a runtime");
    one.block_on(loads(&source, 20));
    // In it nothing is driven any more.
    world.emulator.clear_requests();
    let other = Builder::new_multi_thread().worker_threads(2).enable_all().build();
    other.expect("a runtime").block_on(loads(&source, 20));
    builds(&source);
    // What is known is not got again, so none is opened beforehand.
    let connections = world.emulator.counts().connections;
    assert!(connections <= 2 * (2 + UNSETTLED), "{connections}");
    drop(one);

    let fresh = world.direct();
    world.emulator.clear_requests();
    builds(&fresh);
    assert_eq!(world.emulator.counts().connections, ALL);
}
