//! A type's own code, and whoever listens to the log, ask the watch for what they like: no lock is held while they run.

use std::sync::{Mutex, PoisonError, mpsc};

use serde::Deserialize;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::Registry;

use super::fake::{Fake, Next};
use super::*;

static WATCH: Mutex<Option<Watch>> = Mutex::new(None);

fn watch() -> Option<Watch> {
    WATCH.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// It binds another type of the same watch while it is bound itself.
struct Asking(String);

impl<'de> Deserialize<'de> for Asking {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let watch = watch().expect("a watch");
        let inner = watch.bind_section::<String>("a").map_err(serde::de::Error::custom)?;
        let _ = (watch.status(), watch.changes(), watch.receiver());
        String::deserialize(deserializer)?;
        Ok(Self(inner.current().to_string()))
    }
}

/// It looks at the watch at each line.
struct Listener;

impl<S: Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target().starts_with("config_azure_keyvault")
            && let Some(watch) = watch()
        {
            let _ = (watch.status(), watch.health(), watch.changes());
        }
    }
}

async fn asks() {
    let _listening = tracing::subscriber::set_default(Registry::default().with(Listener));
    let fake = Fake::of("a", "1");
    let watch = fake.watch().start().await.expect("it loads");
    *WATCH.lock().unwrap_or_else(PoisonError::into_inner) = Some(watch.clone());
    let asking = watch.bind_section::<Asking>("a").expect("it fits");
    assert_eq!(asking.current().0, "1");
    fake.set("a", "2");
    assert_eq!(watch.refresh().await.expect("it loads").keys.len(), 1);
    assert_eq!(asking.current().0, "2", "what is bound within is of the newest, too");
    fake.next(Next::Fails);
    watch.refresh().await.expect_err("it fails");
    fake.next(Next::Values);
    watch.refresh().await.expect("it loads");
    assert!(asking.status().is_healthy());
    WATCH.lock().unwrap_or_else(PoisonError::into_inner).take();
}

#[test]
fn a_type_or_a_log_that_asks_the_watch_does_not_wait_for_itself() {
    let (done, is_done) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(asks());
        done.send(()).expect("somebody waits");
    });
    is_done.recv_timeout(Duration::from_secs(60)).expect("it ends");
}
