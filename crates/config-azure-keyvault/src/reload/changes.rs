//! Who wants to know of changes.

use std::fmt;
use std::sync::Arc;

use config::Config;
use tokio::sync::watch::Receiver;

use super::change::Change;

/// Tells of every change since it was made; of several in one where nobody asked in between.
///
/// It compares what it told of last with the newest, so no key is lost, and what was changed and changed back is no change. It keeps
/// no watch going.
///
/// ```
/// use config_azure_keyvault::Watch;
///
/// async fn follow(watch: &Watch) {
///     let mut changes = watch.changes();
///     let mut level = changes.config().get_string("LogLevel").ok(); // what it begins with
///     while let Some(change) = changes.next().await {
///         if change.touches("LogLevel") {
///             level = changes.config().get_string("LogLevel").ok();
///         }
///         println!("{change}; at level {level:?}");
///     }
/// }
/// ```
pub struct Changes {
    told: Arc<Config>,
    newest: Receiver<Arc<Config>>,
}

/// Configurations print their values, so none is shown.
impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes").finish_non_exhaustive()
    }
}

impl Changes {
    pub(super) fn of(mut newest: Receiver<Arc<Config>>) -> Self {
        let told = Arc::clone(&newest.borrow_and_update());
        Self { told, newest }
    }

    /// The next change, or `None` once nobody watches any more. Nothing is lost where it is dropped before it is done.
    pub async fn next(&mut self) -> Option<Change> {
        loop {
            if let Some(change) = self.untold() {
                return Some(change);
            }
            if self.newest.changed().await.is_err() {
                // The last change may have come with the end.
                return self.untold();
            }
        }
    }

    /// What changed and was not told yet, without waiting.
    pub fn untold(&mut self) -> Option<Change> {
        let newest = Arc::clone(&self.newest.borrow_and_update());
        if Arc::ptr_eq(&newest, &self.told) {
            return None;
        }
        let change = Change::between(&self.told.cache, &newest.cache);
        self.told = newest;
        (!change.is_empty()).then_some(change)
    }

    /// The configuration that the last change led to.
    #[must_use]
    pub fn config(&self) -> Arc<Config> {
        Arc::clone(&self.told)
    }
}
