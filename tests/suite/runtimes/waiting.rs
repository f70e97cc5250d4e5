//! Nobody waits for another load for ever, and nobody waits without being told.

use super::*;

#[test]
fn waiting_for_another_load_counts_towards_the_deadline() {
    let deadline = Duration::from_secs(2);
    in_time(move || {
        let world = world();
        world.emulator.inject(Fault::hang().for_kind(RequestKind::List));
        let source = world.source().deadline(deadline);
        let started = Instant::now();
        let kinds = |built: Result<Config, ConfigError>| {
            let error = built.map(|_| ()).expect_err("the list hangs");
            Error::find(&error).map(Error::kind)
        };
        let found = multi_thread().block_on(async {
            let (one, two, three) = tokio::join!(load(&source), load(&source), load(&source));
            [one, two, three].map(kinds)
        });
        assert_eq!(found, [Some(ErrorKind::Timeout); 3]);
        assert!(started.elapsed() < deadline * 2, "{:?}", started.elapsed());

        let started = Instant::now();
        thread::scope(|scope| {
            let threads: Vec<_> = (0..3).map(|_| scope.spawn(|| kinds(build(&source)))).collect();
            for thread in threads {
                assert_eq!(thread.join().expect("no panic"), Some(ErrorKind::Timeout));
            }
        });
        assert!(started.elapsed() < deadline * 2, "{:?}", started.elapsed());
    });
}

/// The one that holds what they share cannot go on before the other one is done: its thread waits for the other's.
#[test]
fn a_load_that_waits_for_one_that_waits_for_it_goes_on_by_itself() {
    in_time(|| {
        let world = world();
        world
            .emulator
            .inject(Fault::delay(Duration::from_millis(50)).for_kind(RequestKind::List));
        let source = world.source().deadline(Duration::from_secs(4));
        for is_async in [false, true] {
            let build = || {
                if is_async {
                    current_thread().block_on(load(&source))
                } else {
                    build(&source)
                }
            };
            current_thread().block_on(async {
                let on_a_thread = async { thread::scope(|scope| scope.spawn(build).join()).expect("no panic") };
                let (first, second) = tokio::join!(load(&source), on_a_thread);
                assert_loaded(&first.expect("the first loads"), &world);
                assert_loaded(&second.expect("the second loads"), &world);
            });
        }
    });
}

#[test]
fn no_limit_is_too_long() {
    in_time(|| {
        let world = world();
        let source = world
            .source()
            .deadline(Duration::MAX)
            .connect_timeout(Duration::MAX)
            .try_timeout(Duration::MAX)
            .credential_timeout(Duration::MAX);
        assert_loaded(&build(&source).expect("the vault loads"), &world);
        let source = source.deadline(Duration::from_secs(u64::MAX / 4));
        assert_loaded(
            &current_thread().block_on(load(&source)).expect("the vault loads"),
            &world,
        );
    });
}

#[test]
fn the_sync_form_inside_a_runtime_says_that_it_blocks() {
    let world = world();
    let warnings = |act: &dyn Fn()| {
        let lines = Lines::default();
        let subscriber = tracing_subscriber::registry().with(lines.clone());
        tracing::subscriber::with_default(subscriber, act);
        let seen = lines.0.lock().expect("nobody panicked");
        seen.iter().filter(|(level, _)| level == "WARN").count()
    };
    let sync = || assert_loaded(&build(&world.source()).expect("the vault loads"), &world);
    // An async builder takes the sync form too.
    let mistaken = async || {
        let built = ConfigBuilder::<AsyncState>::default()
            .add_source(world.source())
            .build();
        assert_loaded(&built.await.expect("the vault loads"), &world);
    };
    let right = async || assert_loaded(&load(&world.source()).await.expect("the vault loads"), &world);
    assert_eq!(warnings(&sync), 0);
    assert_eq!(warnings(&|| current_thread().block_on(async { sync() })), 1);
    assert_eq!(warnings(&|| current_thread().block_on(mistaken())), 1);
    assert_eq!(warnings(&|| current_thread().block_on(right())), 0);
}
