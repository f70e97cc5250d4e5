//! How late the machine itself is: what ends after its deadline because nobody had a turn is no fault of whoever had the deadline.

use std::collections::VecDeque;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A thread that does nothing but wake so often.
const EVERY: Duration = Duration::from_millis(5);

/// What was longer ago is of no interest to any load.
const KEPT: Duration = Duration::from_secs(120);

struct Wakings {
    /// The next one is due then, or was and has not come.
    due: Instant,
    /// When one was due, and when it came.
    late: VecDeque<(Instant, Instant)>,
}

static WAKINGS: LazyLock<Mutex<Wakings>> = LazyLock::new(|| {
    std::thread::spawn(wake);
    Mutex::new(Wakings {
        due: Instant::now() + EVERY,
        late: VecDeque::new(),
    })
});

fn wakings() -> MutexGuard<'static, Wakings> {
    WAKINGS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Begins to measure.
pub(super) fn measure() {
    drop(wakings());
}

// A timer of the system's and nothing of a runtime's: whatever blocks a runtime is not the machine.
fn wake() {
    loop {
        let due = wakings().due;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let now = Instant::now();
        let mut wakings = wakings();
        wakings.late.push_back((due, now));
        while wakings.late.front().is_some_and(|(_, came)| now - *came > KEPT) {
            wakings.late.pop_front();
        }
        wakings.due = now + EVERY;
    }
}

/// For how long of the time between these two the machine owed a waking.
pub(super) fn between(begun: Instant, ended: Instant) -> Duration {
    let wakings = wakings();
    let late = wakings.late.iter().copied().chain([(wakings.due, ended)]);
    late.map(|(due, came)| came.min(ended).saturating_duration_since(due.max(begun)))
        .sum()
}
