//! Wherever it is called from: no runtime, either kind of runtime, many threads at once, build after build.

mod again;
mod blocking;
mod forms;
mod pairs;
mod together;
mod waiting;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context as Task, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

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
    match wait.recv_timeout(Duration::from_secs(60)) {
        Ok(result) => result,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it hangs"),
        Err(mpsc::RecvTimeoutError::Disconnected) => match thread.join() {
            Err(panic) => std::panic::resume_unwind(panic),
            Ok(()) => unreachable!("it ended without an answer"),
        },
    }
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

const CHILD: &str = "SUITE_CHILD";
