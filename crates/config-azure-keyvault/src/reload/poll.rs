//! The tasks of a watch: one polls, one looks at files.

use std::sync::Arc;

use tokio::time::{sleep, sleep_until};

use super::files::{EVERY, Files};
use super::shared::Shared;

/// Says that nobody polls any more, however the task ends: with the last handle, or with its runtime.
pub(super) struct Polling(Arc<Shared>);

impl Polling {
    pub(super) fn begin(shared: Arc<Shared>) -> Self {
        shared.polls(true);
        Self(shared)
    }
}

impl Drop for Polling {
    fn drop(&mut self) {
        self.0.polls(false);
    }
}

/// Polls until it is aborted. What fails is in the log and in the status.
pub(super) async fn poll(polling: Polling) {
    let shared = &polling.0;
    loop {
        let next = shared.next_poll();
        tokio::select! {
            () = sleep_until(next) => drop(shared.load().await),
            // Somebody loaded meanwhile.
            () = shared.moved.notified() => {}
        }
    }
}

/// Looks at the files until it is aborted, and loads where one has changed.
pub(super) async fn look(shared: Arc<Shared>, mut files: Files) {
    loop {
        sleep(EVERY).await;
        // A file system may hang; no thread of the runtime's waits for it.
        let looked = tokio::task::spawn_blocking(move || {
            let changed = files.have_changed();
            (files, changed)
        });
        let Ok((looked_at, changed)) = looked.await else { return };
        files = looked_at;
        if changed {
            tracing::debug!("a file has changed");
            drop(shared.load().await);
        }
    }
}
