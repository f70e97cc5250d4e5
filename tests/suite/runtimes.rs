//! Wherever it is called from: no runtime, either kind of runtime, many threads at once, build after build.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context as Task, Poll, Waker};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use config::builder::{AsyncState, DefaultState};
use config::{AsyncSource, Config, ConfigBuilder, ConfigError, File, FileFormat, Source};
use config_azure_keyvault::{AddAzureKeyVault, AzureKeyVault, Error, ErrorKind, LoadedFrom};
use keyvault_emulator::{Fault, KeyVaultEmulator, RequestKind, SecretSeed};
use tokio::runtime::{Builder, Runtime};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

use crate::support::{World, builder, check_built, leaks, load};

/// A world for tests that must not be in a runtime themselves.
fn world() -> World {
    let emulator = KeyVaultEmulator::builder().client("5e1f0c8a-0000-4000-8000-00000000c11e", leaks::marker());
    let world = World::of(emulator.start_blocking().expect("the emulator starts"));
    world.seed(&["Db--Password", "Hosts--0", "Key"]);
    world
}

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

fn multi_thread() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
}

/// The sync form.
fn build(source: &AzureKeyVault) -> Result<Config, ConfigError> {
    let built = Config::builder().add_source(source.clone()).build();
    check_built(source, &built);
    built
}

fn assert_loaded(config: &Config, world: &World) {
    for (name, key) in [
        ("Db--Password", "Db.Password"),
        ("Hosts--0", "Hosts[0]"),
        ("Key", "Key"),
    ] {
        assert_eq!(config.get_string(key).ok(), world.vault.value(name), "{key}");
    }
}

/// Fails instead of hanging for ever.
fn in_time<T: Send + 'static>(act: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, wait) = mpsc::channel();
    let thread = thread::spawn(move || {
        let _ = done.send(act());
    });
    match wait.recv_timeout(Duration::from_secs(20)) {
        Ok(result) => result,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it hangs"),
        Err(mpsc::RecvTimeoutError::Disconnected) => match thread.join() {
            Err(panic) => std::panic::resume_unwind(panic),
            Ok(()) => unreachable!("it ended without an answer"),
        },
    }
}

#[test]
fn a_sync_main_needs_no_runtime() {
    let world = world();
    let source = world.source();
    assert_loaded(&build(&source).expect("the vault loads"), &world);
    let report = source.report().expect("a report");
    assert_eq!(
        (report.loaded.len(), report.challenges, report.token_requests),
        (3, 1, 1)
    );

    // Over earlier sources, in their spelling, as the async form.
    let earlier = File::from_str(r#"{ "DB": { "password": "file", "Host": "file" } }"#, FileFormat::Json);
    let built = Config::builder().add_source(earlier).add_source(source.clone()).build();
    check_built(&source, &built);
    let config = built.expect("the vault loads");
    assert_eq!(config.get_string("DB.password").ok(), world.vault.value("Db--Password"));
    assert_eq!(config.get_string("DB.Host").expect("a value"), "file");
    assert!(config.get_table("Db").is_err());
}

#[test]
fn the_sync_form_works_inside_either_runtime() {
    for runtime in [current_thread(), multi_thread()] {
        in_time(move || {
            let world = world();
            runtime.block_on(async {
                assert_loaded(&build(&world.source()).expect("the vault loads"), &world);
                let source = world.source();
                let task = tokio::spawn(async move { build(&source) });
                assert_loaded(&task.await.expect("no panic").expect("the vault loads"), &world);
                let source = world.source();
                let task = tokio::task::spawn_blocking(move || build(&source));
                assert_loaded(&task.await.expect("no panic").expect("the vault loads"), &world);
            });
        });
    }
}

#[test]
fn the_async_form_works_inside_either_runtime() {
    for runtime in [current_thread(), multi_thread()] {
        in_time(move || {
            let world = world();
            runtime.block_on(async {
                assert_loaded(&load(&world.source()).await.expect("the vault loads"), &world);
                let source = world.source();
                let task = tokio::spawn(async move { load(&source).await });
                assert_loaded(&task.await.expect("no panic").expect("the vault loads"), &world);
            });
        });
    }
}

/// A future may be polled by anything; without tokio there is an error that says so, and in Development there is no need.
#[test]
fn the_async_form_without_a_runtime_is_an_error_and_no_panic() {
    let poll = |source: &AzureKeyVault| {
        let building = pin!(builder(source).build());
        match building.poll(&mut Task::from_waker(Waker::noop())) {
            Poll::Ready(built) => {
                check_built(source, &built);
                built.map(|_| ()).map_err(|error| error.to_string())
            }
            Poll::Pending => panic!("who would wake it?"),
        }
    };
    let world = world();
    assert_eq!(
        poll(&world.source()),
        Err(format!(
            "Azure Key Vault {}: settings failed: no tokio runtime runs here, and the async builder needs one; build inside a \
             tokio runtime, or use the sync builder with `.add_source(…)`, which brings its own",
            world.url
        ))
    );
    let directory = tempfile::tempdir().expect("a directory");
    let local = world
        .source()
        .environment("Development")
        .working_directory(directory.path());
    assert_eq!(poll(&local), Ok(()));
}

/// Whoever asks for the map itself gets the vault's values and nothing of the sources before.
#[test]
fn collect_hands_out_the_vault_alone() {
    let world = world();
    let source = world.source();
    let sync = Source::collect(&source).expect("the vault loads");
    let asynchronous = current_thread()
        .block_on(AsyncSource::collect(&source))
        .expect("the vault loads");
    for map in [sync, asynchronous] {
        let keys: BTreeSet<&str> = map.keys().map(String::as_str).collect();
        assert_eq!(keys, ["Db", "Hosts", "Key"].into());
    }
}

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
    // Who came later got nothing that was there already.
    assert_eq!(world.emulator.counts().gets, 3);
    assert_eq!(source.report().expect("a report").unchanged, 3);
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

/// A session is of no use in another runtime, but what was got is.
#[test]
fn what_was_got_is_known_across_runtimes_and_forms() {
    let world = world();
    let source = world.source();
    let loads: [&dyn Fn() -> Result<Config, ConfigError>; 5] = [
        &|| current_thread().block_on(load(&source)),
        &|| multi_thread().block_on(load(&source)),
        &|| build(&source),
        &|| build(&source),
        &|| current_thread().block_on(load(&source)),
    ];
    for (n, load) in loads.into_iter().enumerate() {
        world.emulator.clear_requests();
        assert_loaded(&load().expect("the vault loads"), &world);
        let counts = world.emulator.counts();
        assert_eq!((counts.lists, counts.gets), (1, if n == 0 { 3 } else { 0 }), "load {n}");
        assert_eq!(source.report().expect("a report").unchanged, if n == 0 { 0 } else { 3 });
    }
}

#[tokio::test]
async fn a_builder_that_is_kept_gets_only_what_changed() {
    let world = World::start().await;
    world.seed(&["Changed", "Deleted", "Disabled", "Same"]);
    let source = world.source();
    let builder = builder(&source);
    let build = async || {
        world.emulator.clear_requests();
        let built = builder.build_cloned().await;
        check_built(&source, &built);
        let config = built.expect("the vault loads");
        let gets: BTreeSet<String> = world
            .emulator
            .requests()
            .into_iter()
            .filter(|request| request.kind == RequestKind::Get)
            .filter_map(|request| request.secret)
            .collect();
        (config, gets.into_iter().collect::<Vec<_>>())
    };
    let (_, gets) = build().await;
    assert_eq!(gets, ["Changed", "Deleted", "Disabled", "Same"]);
    let (_, gets) = build().await;
    assert!(gets.is_empty(), "{gets:?}");

    world
        .vault
        .seed(SecretSeed::new("Changed", "new").updated(1_700_000_000));
    world.vault.seed(SecretSeed::new("Added", "added"));
    world.vault.delete("Deleted");
    world.vault.disable("Disabled");
    let (config, gets) = build().await;
    assert_eq!(gets, ["Added", "Changed"]);
    assert_eq!(config.get_string("Changed").expect("a value"), "new");
    assert_eq!(config.get_string("Added").expect("a value"), "added");
    assert!(config.get_string("Deleted").is_err() && config.get_string("Disabled").is_err());
    assert_eq!(config.get_string("Same").ok(), world.vault.value("Same"));

    // A load that fails takes nothing away: the next good one gets what changed and no more.
    world
        .emulator
        .inject(Fault::status(403, "{}").for_kind(RequestKind::List).once());
    let failed = builder.build_cloned().await;
    check_built(&source, &failed);
    assert!(failed.is_err());
    assert_eq!(source.report().expect("the last good report").loaded.len(), 3);
    world
        .vault
        .seed(SecretSeed::new("Same", "newer").updated(1_700_000_001));
    let (config, gets) = build().await;
    assert_eq!(gets, ["Same"]);
    assert_eq!(config.get_string("Same").expect("a value"), "newer");

    // Enabled again, it is back; what is deleted and set anew is another secret.
    world.vault.set_enabled("Disabled", true);
    world.vault.seed(SecretSeed::new("Deleted", "reborn"));
    let (config, gets) = build().await;
    assert_eq!(gets, ["Deleted", "Disabled"]);
    assert_eq!(config.get_string("Deleted").expect("a value"), "reborn");
}

/// `updated` has whole seconds: a secret that changed just before it was listed may have changed again after it was got.
#[tokio::test]
async fn what_changed_lately_is_got_again() {
    let world = World::start().await;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970")
        .as_secs();
    let now = i64::try_from(now).expect("a time");
    let seed = |name: &str, value: &str, updated: i64| {
        world.vault.seed(SecretSeed::new(name, value).updated(updated));
    };
    // A clock ahead of the vault's own stands for "this very second", however slow this machine is.
    seed("Lately", "first", now + 60);
    seed("Settled", "first", now - 3600);
    let source = world.source();
    let builder = builder(&source);
    builder.build_cloned().await.expect("the vault loads");

    seed("Lately", "second", now + 60);
    world.emulator.clear_requests();
    let config = builder.build_cloned().await.expect("the vault loads");
    assert_eq!(config.get_string("Lately").expect("a value"), "second");
    assert_eq!(
        (
            world.emulator.counts().gets,
            source.report().expect("a report").unchanged
        ),
        (1, 1)
    );
}

/// Counts the lines of the crate's own, and whether each stood inside the caller's span.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<(String, bool)>>>);

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if event.metadata().target().starts_with("config_azure_keyvault") {
            let inside = context
                .event_scope(event)
                .is_some_and(|mut spans| spans.any(|span| span.name() == "start-up"));
            let level = event.metadata().level().to_string();
            self.0.lock().expect("nobody panicked").push((level, inside));
        }
    }
}

#[test]
fn lines_of_the_sync_form_reach_the_callers_own_subscriber() {
    let world = world();
    let lines = Lines::default();
    let subscriber = tracing_subscriber::registry().with(lines.clone());
    tracing::subscriber::with_default(subscriber, || {
        let _span = tracing::info_span!("start-up").entered();
        build(&world.source()).expect("the vault loads");
    });
    let seen = lines.0.lock().expect("nobody panicked");
    assert!(seen.len() >= 2 && seen.iter().all(|(_, inside)| *inside), "{seen:?}");
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

#[test]
fn what_a_builder_prints_holds_no_secret() {
    let world = world();
    let secret = leaks::marker();
    let source = AzureKeyVault::new(format!("https://user:{secret}@vault.test"))
        .process_environment([("AZURE_CLIENT_SECRET", secret.as_str()), (secret.as_str(), "x")])
        .ca_pem(secret.as_bytes());
    leaks::assert_clean_debug(&source);
    leaks::assert_clean_debug(&Config::builder().add_source(source.clone()));
    leaks::assert_clean_debug(&Config::builder().add_async_source(source.clone()));
    leaks::assert_clean_debug(&Config::builder().add_source(source).add_azure_key_vault());

    // A clone of a sync builder clones the source, and clones share what was loaded.
    let source = world.source();
    let builder: ConfigBuilder<DefaultState> = Config::builder().add_source(source.clone());
    assert_loaded(&builder.clone().build().expect("the vault loads"), &world);
    leaks::assert_clean_debug(&builder);
    leaks::assert_clean_debug(&source);
    world.emulator.clear_requests();
    assert_loaded(&builder.build().expect("the vault loads"), &world);
    assert_eq!(world.emulator.counts().gets, 0);
    assert_eq!(source.report().expect("a report").unchanged, 3);

    // Another option makes another handle.
    assert!(source.prefix("Db--").report().is_none());
}

/// A builder that asks again after an earlier source changed follows it to another vault.
#[test]
fn another_vault_is_another_memory() {
    let world = world();
    world
        .emulator
        .vault("other")
        .seed(SecretSeed::new("Key", "of the other"));
    let source = world.signed_in(AzureKeyVault::default());
    let from = |url: &str| {
        let earlier = File::from_str(&format!(r#"{{ "KeyVault": {{ "Url": "{url}" }} }}"#), FileFormat::Json);
        let built = Config::builder().add_source(earlier).add_source(source.clone()).build();
        check_built(&source, &built);
        built.expect("the vault loads")
    };
    assert_loaded(&from(&world.url), &world);
    let config = from(&world.emulator.vault_url("other"));
    assert_eq!(config.get_string("Key").expect("a value"), "of the other");
    assert!(config.get_string("Db.Password").is_err());
    assert_loaded(&from(&world.url), &world);
}

const CHILD: &str = "SUITE_CHILD";

/// `add_azure_key_vault()` reads the process environment and the working directory, so it is tried in a process of its own.
#[test]
fn one_line_is_enough_for_either_builder() {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("secrets.json"), r#"{ "Db--Password": "local" }"#).expect("a file");
    for environment in ["Development", "Production"] {
        let child = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "runtimes::child", "--ignored", "--nocapture"])
            .current_dir(directory.path())
            .env_remove("AZURE_KEYVAULT_URL")
            .env("APP_ENVIRONMENT", environment)
            .env(CHILD, environment)
            .output()
            .expect("a process");
        let text = String::from_utf8_lossy(&child.stdout);
        assert!(
            child.status.success() && text.contains("1 passed"),
            "{environment}: {text}"
        );
    }
}

#[test]
#[ignore = "the other half of `one_line_is_enough_for_either_builder`"]
fn child() {
    let Ok(environment) = std::env::var(CHILD) else { return };
    let sync: ConfigBuilder<DefaultState> = Config::builder();
    let asynchronous: ConfigBuilder<AsyncState> = ConfigBuilder::<AsyncState>::default();
    for builder in [sync.add_azure_key_vault(), asynchronous.add_azure_key_vault()] {
        let built = current_thread().block_on(builder.build());
        if environment == "Development" {
            assert_eq!(
                built
                    .expect("the file loads")
                    .get_string("Db.Password")
                    .expect("a value"),
                "local"
            );
        } else {
            let error = built.map(|_| ()).expect_err("nothing names a vault");
            assert_eq!(Error::find(&error).map(Error::kind), Some(ErrorKind::NoVault));
        }
    }
    let source = AzureKeyVault::default();
    let built = Config::builder().add_source(source.clone()).build();
    assert_eq!(built.is_ok(), environment == "Development");
    if built.is_ok() {
        assert_eq!(
            source.report().expect("a report").from,
            LoadedFrom::LocalFile("secrets.json".to_owned())
        );
    }
}
