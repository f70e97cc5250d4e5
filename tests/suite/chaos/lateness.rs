//! How late the machine itself is: what ends after its deadline because its thread had no processor is no fault of whoever had the deadline.

use std::time::Duration;

/// For how long this thread could have run and had to wait for a processor, since it began. Nothing where no Linux tells.
pub(super) fn waited() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let waited = told.split(' ').nth(1).and_then(|nanos| nanos.parse().ok());
    Duration::from_nanos(waited.unwrap_or_default())
}
