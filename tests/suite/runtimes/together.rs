//! Many at once, and loads that are cut off.

use super::*;

/// Nothing is half-loaded: one secret that cannot be had leaves the configuration as it was.
#[test]
fn a_load_that_fails_lays_nothing_over_the_earlier_sources() {
    let world = world();
    world
        .emulator
        .inject(Fault::status(400, "{}").for_kind(RequestKind::Get).for_secret("Key"));
    let source = world.source();
    let earlier = Config::builder()
        .set_default("Db.Password", "earlier")
        .and_then(|builder| builder.build());
    let before = earlier.expect("a configuration").cache;
    let mut cache = before.clone();
    assert!(
        current_thread()
            .block_on(AsyncSource::collect_to(&source, &mut cache))
            .is_err()
    );
    assert!(Source::collect_to(&source, &mut cache).is_err());
    assert_eq!(cache, before);
}

/// A clone loads asynchronously on the one thread there is, and another blocks that thread: neither may wait for the other.
#[test]
fn both_forms_of_one_handle_on_one_thread_do_not_wait_for_each_other() {
    in_time(|| {
        let world = world();
        world
            .emulator
            .inject(Fault::delay(Duration::from_millis(50)).for_kind(RequestKind::List));
        let source = world.source();
        current_thread().block_on(async {
            let (first, second) = tokio::join!(load(&source), async { build(&source) });
            assert_loaded(&first.expect("the async form loads"), &world);
            assert_loaded(&second.expect("the sync form loads"), &world);
        });
    });
}

#[test]
fn eight_threads_share_one_handle() {
    let world = world();
    let source = world.source();
    thread::scope(|scope| {
        for _ in 0..8 {
            let (world, source) = (&world, source.clone());
            scope.spawn(move || assert_loaded(&build(&source).expect("the vault loads"), world));
        }
    });
    // Who came later got nothing that was there already.
    assert_eq!(world.emulator.counts().gets, 3);
    assert_eq!(source.report().expect("a report").unchanged, 3);
}

/// Each runtime loads for itself: it cannot know whether the others go on.
#[test]
fn eight_runtimes_share_one_handle() {
    let world = world();
    let source = world.source();
    thread::scope(|scope| {
        for n in 0..8 {
            let (world, source) = (&world, source.clone());
            scope.spawn(move || {
                let config = match n % 4 {
                    0 => current_thread().block_on(load(&source)),
                    1 => multi_thread().block_on(load(&source)),
                    _ => build(&source),
                };
                assert_loaded(&config.expect("the vault loads"), world);
            });
        }
    });
    // What one of them got is known to whoever comes later.
    world.emulator.clear_requests();
    assert_loaded(&build(&source).expect("the vault loads"), &world);
    assert_eq!(world.emulator.counts().gets, 0);
}

#[test]
fn eight_threads_with_handles_of_their_own() {
    let world = world();
    // One HTTP client for all of them, though each one's connections end with its runtime.
    let client = world.emulator.http_client();
    thread::scope(|scope| {
        for n in 0..8 {
            let (world, source) = (&world, world.source().http_client(client.clone()));
            scope.spawn(move || {
                let config = match n % 4 {
                    0 => current_thread().block_on(load(&source)),
                    1 => multi_thread().block_on(load(&source)),
                    _ => build(&source),
                };
                assert_loaded(&config.expect("the vault loads"), world);
            });
        }
    });
    assert!(world.emulator.counts().gets >= 24);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_tasks_share_one_handle_and_one_session() {
    let world = World::start().await;
    world.seed(&["Db--Password", "Hosts--0", "Key"]);
    let source = world.source();
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let source = source.clone();
            tokio::spawn(async move { load(&source).await })
        })
        .collect();
    for task in tasks {
        assert_loaded(&task.await.expect("no panic").expect("the vault loads"), &world);
    }
    let counts = world.emulator.counts();
    assert_eq!(
        (counts.gets, counts.lists, counts.challenges, counts.token_requests),
        (3, 8, 1, 1)
    );
}

#[tokio::test]
async fn a_load_that_is_dropped_leaves_a_handle_that_loads() {
    let world = World::start().await;
    world.seed(&["Db--Password", "Hosts--0", "Key"]);
    let source = world.source();
    for kind in [RequestKind::Token, RequestKind::List, RequestKind::Get] {
        world.emulator.inject(Fault::hang().for_kind(kind));
        let dropped = tokio::time::timeout(Duration::from_millis(60), load(&source)).await;
        world.emulator.clear_faults();
        assert!(dropped.is_err(), "{kind:?}");
    }
    assert_loaded(&load(&source).await.expect("the vault loads"), &world);

    // What was known before is known after.
    world.emulator.inject(Fault::hang().for_kind(RequestKind::List));
    let dropped = tokio::time::timeout(Duration::from_millis(60), load(&source)).await;
    world.emulator.clear_faults();
    assert!(dropped.is_err());
    world.emulator.clear_requests();
    assert_loaded(&load(&source).await.expect("the vault loads"), &world);
    let counts = world.emulator.counts();
    assert_eq!((counts.gets, counts.challenges, counts.token_requests), (0, 0, 0));
}

#[test]
fn a_panic_in_the_callers_filter_is_the_callers_and_the_handle_loads_on() {
    let world = world();
    let panics = AtomicBool::new(true);
    let source = world.source().filter(move |_| {
        assert!(!panics.swap(false, Ordering::Relaxed), "the caller's own");
        true
    });
    let panic = catch_unwind(AssertUnwindSafe(|| build(&source).is_ok())).expect_err("it panics");
    assert_eq!(
        panic
            .downcast_ref::<&str>()
            .copied()
            .or(panic.downcast_ref::<String>().map(String::as_str)),
        Some("the caller's own")
    );
    assert_loaded(&build(&source).expect("the vault loads"), &world);
}
