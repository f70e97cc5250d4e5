//! Nothing ends long after its deadline, unless the machine itself is late: what has no processor is no fault of whoever had the deadline.

use std::future::poll_fn;
use std::pin::pin;
use std::time::{Duration, Instant};

use super::book::Window;
use super::tally::{Late, Tally};

/// How much later than its deadline something may end, beside what its thread had to wait for a processor.
const A_LITTLE: Duration = Duration::from_secs(1);

/// Where nobody tells for how long that was.
const A_LOT: Duration = Duration::from_secs(6);

/// Its outcome, and when it was under way: not longer than its deadline.
pub(super) async fn timed<T>(
    tally: &mut Tally,
    what: &'static str,
    deadline: Duration,
    work: impl Future<Output = T>,
) -> (T, Window) {
    let begun = Instant::now();
    let mut work = pin!(work);
    let mut waited_before = waited();
    let outcome = poll_fn(|context| {
        if begun.elapsed() < deadline {
            waited_before = waited();
        }
        work.as_mut().poll(context)
    });
    let outcome = outcome.await;
    let ended = Instant::now();
    let by = (ended - begun).saturating_sub(deadline);
    if by > Duration::ZERO {
        let waited = waited()
            .zip(waited_before)
            .map(|(now, before)| now.saturating_sub(before));
        assert!(
            by < waited.map_or(A_LOT, |waited| A_LITTLE + waited),
            "{what} ended {by:?} after its deadline of {deadline:?}, and its thread waited for a processor for {waited:?} of that"
        );
        let waited = waited.unwrap_or_default().min(by);
        tally.late(what, Late { by, waited });
    }
    (outcome, Window { begun, ended })
}

/// For how long this thread could have run and had to wait for a processor, since it began. Linux tells it.
fn waited() -> Option<Duration> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let waited = told.split(' ').nth(1)?.parse().ok()?;
    Some(Duration::from_nanos(waited))
}
