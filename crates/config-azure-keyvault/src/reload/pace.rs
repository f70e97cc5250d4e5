//! When to ask again.

use std::time::Duration;

use super::files::EVERY;
use crate::error::{Error, ErrorKind, Stage};

/// Altinn's own.
const USUAL: Duration = Duration::from_secs(5 * 60);

/// A vault takes 4,000 requests in 10 seconds, of everybody; and nobody has to see a change sooner than that.
const SHORTEST: Duration = Duration::from_secs(60);

/// However long it goes wrong, it is tried again so soon.
const LONGEST_PAUSE: Duration = Duration::from_secs(10 * 60);

/// How far a poll comes early: so do many instances that started together not ask together for ever.
const SPREAD: f64 = 0.1;

/// So long after a load that failed, and twice as long after each further one, a file that changed is read again.
const AGAIN: Duration = Duration::from_secs(30);

/// How long to wait after the nth load for a changed file that failed. Where nobody but the file is to blame, it is soon: it may be half
/// written.
pub(super) fn again(failures: u32, is_vaults: bool) -> Duration {
    let first = if is_vaults { AGAIN } else { EVERY };
    let pause = first
        .saturating_mul(1 << failures.saturating_sub(1).min(16))
        .min(LONGEST_PAUSE);
    pause.mul_f64(1.0 + SPREAD * fastrand::f64())
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    interval: Duration,
    /// How long a vault is given.
    deadline: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self::of(USUAL)
    }
}

impl Pace {
    pub(super) fn of(interval: Duration) -> Self {
        Self {
            interval,
            deadline: Duration::ZERO,
        }
    }

    pub(super) fn within(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// How long a poll may take: what a vault is given, and ten minutes for all else.
    pub(super) fn longest_load(self) -> Duration {
        self.deadline.saturating_add(LONGEST_PAUSE)
    }

    pub(super) fn check(self) -> Result<(), Error> {
        if self.interval >= SHORTEST {
            return Ok(());
        }
        let cause = "the interval of a watch is shorter than a minute";
        let remedy = "let it be a minute or more, and call `refresh()` for what cannot wait";
        Err(Error::new(ErrorKind::InvalidSetting, Stage::Settings, cause).with_remedy(remedy))
    }

    /// How long until the next poll, after so many failures in a row: within the interval where all is well, else between the interval
    /// and ten minutes.
    pub(super) fn pause(self, failures: u32) -> Duration {
        let chance = fastrand::f64();
        if failures == 0 {
            return self.interval.mul_f64(1.0 - SPREAD * chance);
        }
        let most = self.interval.saturating_mul(1 << failures.min(16)).min(LONGEST_PAUSE);
        let more = most.saturating_sub(self.interval);
        self.interval + more.mul_f64(chance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poll_comes_within_the_interval_and_not_all_at_once() {
        let pace = Pace::of(Duration::from_secs(300));
        let pauses: Vec<_> = (0..100).map(|_| pace.pause(0)).collect();
        assert!(
            pauses.iter().all(|pause| (270..=300).contains(&pause.as_secs())),
            "{pauses:?}"
        );
        let first = pauses[0];
        assert!(
            pauses
                .iter()
                .any(|&pause| pause.abs_diff(first) > Duration::from_secs(3))
        );
    }

    #[test]
    fn failures_back_off_from_the_interval_to_ten_minutes() {
        for interval in [60, 300, 599] {
            let pace = Pace::of(Duration::from_secs(interval));
            let mut longest = Duration::ZERO;
            for failures in 1..1000 {
                let pause = pace.pause(failures);
                assert!(
                    pause >= pace.interval && pause <= LONGEST_PAUSE,
                    "{interval}: {pause:?}"
                );
                longest = longest.max(pause);
            }
            assert!(longest > LONGEST_PAUSE.mul_f64(0.95), "{interval}: {longest:?}");
        }
        // Whoever asks less often than that anyway goes on so.
        let hourly = Pace::of(Duration::from_secs(3600));
        assert_eq!(hourly.pause(7), Duration::from_secs(3600));
        assert_eq!(Pace::of(Duration::MAX).pause(7), Duration::MAX);
    }

    #[test]
    fn an_interval_below_a_minute_is_refused() {
        assert!(Pace::default().check().is_ok());
        assert!(Pace::of(Duration::from_secs(60)).check().is_ok());
        let error = Pace::of(Duration::from_millis(59_999)).check().expect_err("too short");
        assert_eq!(
            error.to_string(),
            "Azure Key Vault: settings failed: the interval of a watch is shorter than a minute; let it be a minute or more, and \
             call `refresh()` for what cannot wait"
        );
    }
}
