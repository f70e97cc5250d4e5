//! What a crate says in the log while a test runs on its one thread.

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::Registry;

/// The lines of a crate at INFO and above, since they were last taken. It listens for as long as it is kept.
pub(crate) struct Lines {
    caught: Arc<Mutex<Vec<(Level, String)>>>,
    _listening: DefaultGuard,
}

impl Lines {
    /// Listens to the core crate on this thread: for tests of one thread.
    pub(crate) fn listen() -> Self {
        Self::listen_to("config_azure_keyvault")
    }

    pub(crate) fn listen_to(name: &'static str) -> Self {
        super::leaks::listen();
        let caught = Arc::default();
        let subscriber = Registry::default().with(Catch(name, Arc::clone(&caught)));
        Self {
            caught,
            _listening: tracing::subscriber::set_default(subscriber),
        }
    }

    pub(crate) fn take(&self) -> Vec<(Level, String)> {
        std::mem::take(&mut *self.caught.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Catch(&'static str, Arc<Mutex<Vec<(Level, String)>>>);

impl<S: Subscriber> Layer<S> for Catch {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        if *metadata.level() > Level::INFO || metadata.target().split("::").next() != Some(self.0) {
            return;
        }
        let mut message = Message::default();
        event.record(&mut message);
        super::leaks::assert_clean("a log line", &message.0);
        let mut caught = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        caught.push((*metadata.level(), message.0));
    }
}

#[derive(Default)]
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            let _ = write!(self.0, "{value:?}");
        }
    }
}
