//! When a request may go to a vault that refuses what is too much (429).
//!
//! The limit is the vault's, on all requests of everybody, so a refusal of one request is about all of them: they are held back together, then
//! one goes ahead, and where it is answered the others follow, twice as many each time. Who is refused again waits longer, and who
//! got something waits as briefly as at first: so a vault serves some instances of a large fleet to their end, and not all of them a little.
//! `docs/fleet.md` shows what comes of it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout_at};

/// The first pause takes half of this at least, and all of it at most.
const FIRST: Duration = Duration::from_secs(1);

/// Each one after it is so much longer: a tenth of the time that was waited already, so that nobody comes much too late.
const GROWTH: f64 = 1.1;

/// The vault's limit is on ten seconds. Of thousands of instances the requests alone that ask whether there is room again must not use it up.
const LONGEST: Duration = Duration::from_secs(40);

/// Whoever went ahead and has said nothing for so long may hang: another one goes.
const PATIENCE: Duration = Duration::from_secs(2);

/// However near the deadline.
const SHORTEST: Duration = Duration::from_millis(250);

/// Lets requests go, or holds them back.
pub(crate) struct Pace {
    course: Mutex<Course>,
    /// A request is over.
    changed: Notify,
}

struct Course {
    /// How often all were held back.
    round: u64,
    /// Until then nothing goes.
    opens: Option<Instant>,
    /// Refusals in a row, those of one round together.
    refusals: i32,
    /// So many may be on their way.
    at_once: usize,
    /// Of this round.
    in_flight: usize,
    /// When the last one went.
    went: Option<Instant>,
}

/// A request may go; it is over when this is dropped.
pub(crate) struct Turn<'p> {
    pace: &'p Pace,
    round: u64,
}

impl Pace {
    pub(crate) fn new() -> Self {
        Self {
            course: Mutex::new(Course {
                round: 0,
                opens: None,
                refusals: 0,
                at_once: usize::MAX,
                in_flight: 0,
                went: None,
            }),
            changed: Notify::new(),
        }
    }

    fn course(&self) -> MutexGuard<'_, Course> {
        self.course.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a request may go.
    pub(crate) async fn turn(&self) -> Turn<'_> {
        loop {
            // It hears of what changes from here on.
            let changed = self.changed.notified();
            let next = self.course().next(Instant::now());
            match next {
                Next::Go { round } => return Turn { pace: self, round },
                Next::NotBefore(opens) => sleep_until(opens).await,
                // One that hangs is waited for no longer.
                Next::AfterAnother { or_at } => drop(timeout_at(or_at, changed).await),
            }
        }
    }
}

enum Next {
    Go { round: u64 },
    NotBefore(Instant),
    AfterAnother { or_at: Instant },
}

impl Course {
    fn next(&mut self, now: Instant) -> Next {
        if let Some(opens) = self.opens.filter(|opens| *opens > now) {
            return Next::NotBefore(opens);
        }
        let or_at = self.went.unwrap_or(now) + PATIENCE;
        if self.in_flight >= self.at_once && or_at > now {
            return Next::AfterAnother { or_at };
        }
        self.in_flight += 1;
        self.went = Some(now);
        Next::Go { round: self.round }
    }
}

impl Turn<'_> {
    /// The vault took the request, whatever it said to it.
    pub(crate) fn taken(self) {
        let mut course = self.pace.course();
        // What was sent before a pause says nothing of the time after it.
        if course.round == self.round {
            course.refusals = 0;
            course.at_once = course.at_once.saturating_mul(2);
        }
    }

    /// The vault refused it as one too many. It may ask for a pause; `left` is the time until the deadline. How long all are held back now,
    /// where it is news.
    pub(crate) fn refused(self, asked: Option<Duration>, left: Duration) -> Option<Duration> {
        let mut course = self.pace.course();
        let is_news = course.round == self.round;
        is_news.then(|| {
            course.round += 1;
            // What was sent before may hang, and nobody waits for it.
            course.in_flight = 0;
            course.refusals += 1;
            course.at_once = 1;
            let pause = pause(course.refusals, asked, left);
            course.opens = Some(Instant::now() + pause);
            pause
        })
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut course = self.pace.course();
        if course.round == self.round {
            course.in_flight -= 1;
        }
        drop(course);
        self.pace.changed.notify_waiters();
    }
}

/// The pause after so many refusals in a row: what the vault asks for, and some more by chance, so that those who are refused together
/// do not come back together. Of the time until the deadline a quarter at most is waited away.
fn pause(refusals: i32, asked: Option<Duration>, left: Duration) -> Duration {
    let grown = FIRST.mul_f64(GROWTH.powi((refusals - 1).clamp(0, 100))).min(LONGEST);
    let (asked, most) = match asked {
        // The vault knows how long it takes.
        Some(asked) => (asked, grown.min(FIRST.max(asked / 2))),
        None => (Duration::ZERO, grown),
    };
    let spread = most.mul_f64(0.5 + 0.5 * fastrand::f64());
    asked + spread.min(left.saturating_sub(asked) / 4).max(SHORTEST)
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    const AN_HOUR: Duration = Duration::from_secs(3600);

    fn pauses(refusals: i32, asked: Option<Duration>, left: Duration) -> (f64, f64) {
        let pauses = (0..1000).map(|_| pause(refusals, asked, left).as_secs_f64());
        pauses.fold((f64::MAX, 0.0), |(least, most), pause| {
            (least.min(pause), most.max(pause))
        })
    }

    #[test]
    fn pauses_grow_to_a_limit_and_differ() {
        for (refusals, longest) in [(1, 1.0), (2, 1.1), (3, 1.21), (26, 10.83), (40, 40.0), (i32::MAX, 40.0)] {
            let (least, most) = pauses(refusals, None, AN_HOUR);
            assert!(
                least >= longest * 0.499 && most <= longest * 1.001,
                "{refusals}: {least} {most}"
            );
            assert!(most - least > longest * 0.4, "{refusals}: {least} {most}");
        }
    }

    #[test]
    fn what_the_vault_asks_for_is_kept_and_spread() {
        // By half of it at most, however often it was asked for.
        for (refusals, longest) in [(1, 11.0), (100, 15.0)] {
            let (least, most) = pauses(refusals, Some(Duration::from_secs(10)), AN_HOUR);
            let spread = longest - 10.0;
            assert!(
                least >= 10.0 + spread * 0.499 && most <= longest + 0.001,
                "{least} {most}"
            );
            assert!(most - least > spread * 0.4, "{least} {most}");
        }
    }

    #[test]
    fn a_quarter_of_the_time_that_is_left_at_most_is_waited_away() {
        let (_, most) = pauses(40, None, Duration::from_secs(8));
        assert!(most <= 2.0, "{most}");
        let (least, most) = pauses(40, Some(Duration::from_secs(4)), Duration::from_secs(6));
        assert!(least >= 4.25 && most <= 4.501, "{least} {most}");
        // And yet it does not end in a spin.
        assert_eq!(pause(40, None, Duration::ZERO), SHORTEST);
    }

    #[tokio::test(start_paused = true)]
    async fn one_refusal_holds_all_back_and_one_request_goes_ahead() {
        let pace = Pace::new();
        let (first, second, third) = (pace.turn().await, pace.turn().await, pace.turn().await);
        let began = Instant::now();
        first.refused(None, AN_HOUR);
        // They were sent before that, and say nothing new.
        second.refused(None, AN_HOUR);
        third.taken();
        let ahead = pace.turn().await;
        let paused = began.elapsed();
        assert!((500..=1_001).contains(&paused.as_millis()), "{paused:?}");
        assert!(pace.turn().now_or_never().is_none(), "one goes ahead");
        ahead.taken();
        let (one, two) = (pace.turn().await, pace.turn().await);
        assert!(pace.turn().now_or_never().is_none(), "then two");
        one.taken();
        two.taken();
        assert_eq!(pace.course().at_once, 8);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_behind_another_goes_when_that_one_is_over() {
        let pace = Pace::new();
        pace.turn().await.refused(None, AN_HOUR);
        let ahead = pace.turn().await;
        let behind = pace.turn();
        tokio::pin!(behind);
        assert!(behind.as_mut().now_or_never().is_none());
        // Neither refused nor taken: it was dropped, or its connection broke.
        drop(ahead);
        behind.await.taken();
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_sent_before_a_refusal_and_hangs_holds_nobody_back() {
        let pace = Pace::new();
        let (refused, hangs) = (pace.turn().await, pace.turn().await);
        refused.refused(None, AN_HOUR);
        let ahead = pace.turn().await;
        drop(hangs);
        assert!(pace.turn().now_or_never().is_none(), "one goes ahead still");
        ahead.taken();
        pace.turn().await.taken();
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_goes_ahead_and_hangs_is_waited_for_no_longer_than_patience_lasts() {
        let pace = Pace::new();
        pace.turn().await.refused(None, AN_HOUR);
        let _hangs = pace.turn().await;
        let began = Instant::now();
        pace.turn().await.taken();
        assert_eq!(began.elapsed().as_secs(), PATIENCE.as_secs());
    }
}
