//! Hours that pass at once.

use std::time::Duration;

use config_azure_keyvault::Watch;
use tokio::sync::Notify;
use tokio::time::timeout;

/// Longer than any case takes: polls come where a case lets an hour pass.
pub(super) const HOUR: Duration = Duration::from_secs(60 * 60);

/// What has not ended by then never does.
const NEVER: Duration = Duration::from_secs(60);

/// Waits for it, and not for ever.
pub(super) async fn at_last<T>(work: impl Future<Output = T>) -> T {
    timeout(NEVER, work).await.expect("it never ends")
}

/// Lets time pass, and whatever is due begin. What it begins runs in real time: it speaks with a server.
pub(super) async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

/// Lets an hour pass, and waits for what the poll comes to; `ended` is told whenever a source has been read.
pub(super) async fn poll(watch: &Watch, ended: &Notify) {
    let failures = watch.status().failures;
    pass(HOUR + Duration::from_secs(1)).await;
    let is_over = || {
        let status = watch.status();
        status.failures > failures || status.age < Duration::from_secs(60)
    };
    at_last(async {
        while !is_over() {
            ended.notified().await;
        }
    })
    .await;
}
