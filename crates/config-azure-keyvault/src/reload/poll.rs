//! The tasks of a watch: one polls, one looks at files.

use std::sync::Arc;

use tokio::time::{Instant, sleep, sleep_until};

use super::files::{EVERY, Files};
use super::pace::again;
use super::reason;
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
            () = sleep_until(next) => drop(shared.load_in_time().await),
            // Somebody loaded meanwhile.
            () = shared.moved.notified() => {}
        }
    }
}

/// A change of a file that no load has taken in yet.
struct Untaken {
    /// So many loads had begun when it was seen: a later one reads it.
    begun: u64,
    failures: u32,
}

/// Looks at the files until it is aborted, and loads where one has changed. A change is not forgotten until a load that took it in has
/// succeeded. A vault that fails is not asked more often for it than twice a minute, however often the file changes.
pub(super) async fn look(shared: Arc<Shared>, mut files: Files) {
    let mut untaken: Option<Untaken> = None;
    let mut not_before = Instant::now();
    let mut again_at = Instant::now();
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
            let begun = shared.begun();
            untaken = Some(Untaken { begun, failures: 0 });
            again_at = not_before;
        }
        untaken = untaken.filter(|change| !shared.has_loaded_since(change.begun));
        let Some(change) = &mut untaken else { continue };
        if Instant::now() < again_at {
            continue;
        }
        if let Err(error) = shared.load_in_time().await {
            change.failures = change.failures.saturating_add(1);
            let is_vaults = reason::is_of_a_vault(&error);
            again_at = Instant::now() + again(change.failures, is_vaults);
            not_before = if is_vaults {
                Instant::now() + again(1, true)
            } else {
                Instant::now()
            };
        }
    }
}
