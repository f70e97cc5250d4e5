//! Whether a builder holds a vault: `config` does not tell what its sources are, so it is seen when they are asked.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::handle::{AzureKeyVault, Shared};

tokio::task_local! {
    /// The build that this task is at: others may use clones of the same handle meanwhile.
    static BUILDING: Building;
}

struct Building {
    vault: Arc<Shared>,
    was_asked: Arc<AtomicBool>,
}

impl AzureKeyVault {
    /// Builds, and tells whether this handle or a clone of it was asked.
    pub(crate) async fn seen_in<T>(&self, build: impl Future<Output = T>) -> (T, bool) {
        let was_asked = Arc::new(AtomicBool::new(false));
        let building = Building {
            vault: Arc::clone(&self.shared),
            was_asked: Arc::clone(&was_asked),
        };
        let built = BUILDING.scope(building, build).await;
        (built, was_asked.load(Ordering::Relaxed))
    }

    /// It is asked, on the task of the build.
    pub(super) fn is_asked(&self) {
        // Most builds are not watched.
        let _ = BUILDING.try_with(|building| {
            if Arc::ptr_eq(&building.vault, &self.shared) {
                building.was_asked.store(true, Ordering::Relaxed);
            }
        });
    }
}
