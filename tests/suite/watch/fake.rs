//! A source that a test holds in its hands: no socket, so that time may be paused.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use config::{AsyncSource, ConfigError, Map, Value};
use config_azure_keyvault::{AzureKeyVault, WatchBuilder};
use tokio::sync::Notify;
use tokio::time::Instant;

/// What the next reading comes to.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum Next {
    #[default]
    Values,
    Fails,
    Panics,
    /// As a vault does that nobody can sign in to.
    Refused,
    /// Until it is let go, with the values of the time when it began.
    Hangs,
}

#[derive(Debug, Default)]
struct State {
    values: Vec<(String, String)>,
    next: Next,
    read_at: Vec<Instant>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Fake {
    state: Arc<Mutex<State>>,
    go: Arc<Notify>,
}

impl Fake {
    pub(super) fn of(key: &str, value: &str) -> Self {
        let fake = Self::default();
        fake.set(key, value);
        fake
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set(&self, key: &str, value: &str) {
        let mut state = self.state();
        state.values.retain(|(known, _)| known != key);
        state.values.push((key.to_owned(), value.to_owned()));
    }

    pub(super) fn next(&self, next: Next) {
        self.state().next = next;
    }

    pub(super) fn let_go(&self) {
        self.go.notify_waiters();
    }

    /// When it was read.
    pub(super) fn read_at(&self) -> Vec<Instant> {
        self.state().read_at.clone()
    }

    pub(super) fn reads(&self) -> usize {
        self.state().read_at.len()
    }

    /// Is there a builder that holds it?
    pub(super) fn is_held(&self) -> bool {
        Arc::strong_count(&self.state) > 1
    }

    /// A watch of this source and no vault: nobody is asked for anything.
    pub(super) fn watch(&self) -> WatchBuilder {
        let vault = AzureKeyVault::references_only().environment("Production");
        let builder = config::Config::builder().add_async_source(self.clone());
        vault.watch(builder.add_async_source(vault.clone()))
    }
}

#[async_trait]
impl AsyncSource for Fake {
    async fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        let (values, next) = {
            let mut state = self.state();
            state.read_at.push(Instant::now());
            (state.values.clone(), state.next.clone())
        };
        match next {
            Next::Values => {}
            Next::Fails => return Err(ConfigError::Message("mArKeR of a source".to_owned())),
            Next::Panics => panic!("mArKeR of a source"),
            Next::Refused => {
                let vault = AzureKeyVault::new("https://app.vault.azure.net").environment("Production");
                let vault = vault.process_environment([("AZURE_CLIENT_SECRET", "a part of what it takes")]);
                let built = config::Config::builder().add_async_source(vault).build().await;
                return Err(built.expect_err("nobody signs in"));
            }
            Next::Hangs => self.go.notified().await,
        }
        Ok(values
            .into_iter()
            .map(|(key, value)| (key, Value::from(value)))
            .collect())
    }
}
