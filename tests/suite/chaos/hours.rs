//! Hours that pass at once.

use std::time::Duration;

use config_azure_keyvault::Watch;

/// Longer than any case takes: polls come where a case lets an hour pass.
pub(super) const HOUR: Duration = Duration::from_secs(60 * 60);

/// Lets time pass, and whatever is due begin. What it begins runs in real time: it speaks with a server.
pub(super) async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

/// Lets an hour pass, and waits for what the poll comes to.
pub(super) async fn poll(watch: &Watch) {
    let failures = watch.status().failures;
    pass(HOUR + Duration::from_secs(1)).await;
    loop {
        let status = watch.status();
        if status.failures > failures || status.age < Duration::from_secs(60) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
