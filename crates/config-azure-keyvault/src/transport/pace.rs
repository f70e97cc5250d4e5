//! When a request may go to a vault that refuses what is too much (429).
//!
//! The limit is the vault's, on all requests of everybody, so a refusal of one request is about all of them: they are held back together, then
//! one goes ahead, and where it is answered all the others follow. A load that has got something asks again soon, and one that has got
//! nothing less often, as it loses nothing: so a vault serves some instances of a large fleet to their end, and not all of them a little.
//! `docs/fleet.md` shows what comes of it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use azure_core::http::StatusCode;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout_at};

/// The first pause takes half of this at least, and all of it at most.
const FIRST: Duration = Duration::from_secs(1);

/// A load that has got nothing for so long is one of many: from then on its pauses take half of this at least.
const A_WHILE: Duration = Duration::from_secs(3);

/// All pauses grow with the time that was waited already: an eighth of it, so that nobody comes much too late.
const SHARE: u32 = 8;

/// The vault's limit is on ten seconds. Of thousands of instances the requests alone that ask whether there is room again must not use it up.
const LONGEST: Duration = Duration::from_secs(40);

/// Whoever went ahead and has said nothing for so long may hang: another one goes.
const PATIENCE: Duration = Duration::from_secs(2);

/// However near the deadline. And so much by chance at most is added to what the vault asks for.
const SHORTEST: Duration = Duration::from_millis(250);

/// However near the deadline of a load that has got nothing. Thousands that hurry would keep each other, and those who have begun, from
/// coming to an end.
const UNHURRIED: Duration = Duration::from_secs(2);

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
    /// The first of the refusals in a row.
    refused_since: Option<Instant>,
    /// Has the load got anything?
    has_some: bool,
    /// One at a time, until one is answered.
    one_ahead: bool,
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
                refused_since: None,
                has_some: false,
                one_ahead: false,
                in_flight: 0,
                went: None,
            }),
            changed: Notify::new(),
        }
    }

    fn course(&self) -> MutexGuard<'_, Course> {
        self.course.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another load begins, which has got nothing yet. One that is under way for the same vault counts as begun anew, too.
    pub(crate) fn begin(&self) {
        let mut course = self.course();
        course.refused_since = None;
        course.has_some = false;
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
        if self.one_ahead && self.in_flight > 0 && or_at > now {
            return Next::AfterAnother { or_at };
        }
        self.in_flight += 1;
        self.went = Some(now);
        Next::Go { round: self.round }
    }
}

impl Turn<'_> {
    /// The vault said something else than that it was one too many.
    pub(crate) fn answered(self, status: StatusCode) {
        // It says nothing of room: who has no token is sent away before anybody counts, and who is ill counts nobody.
        if matches!(status, StatusCode::Unauthorized | StatusCode::RequestTimeout) || status.is_server_error() {
            return;
        }
        let mut course = self.pace.course();
        course.has_some = true;
        // What was sent before a pause says nothing of the time after it.
        if course.round == self.round {
            course.refused_since = None;
            course.one_ahead = false;
        }
    }

    /// The vault refused it as one too many. It may ask for a pause; `left` is the time until the deadline. How long all are held back now,
    /// where it is news.
    pub(crate) fn refused(self, asked: Option<Duration>, left: Duration) -> Option<Duration> {
        let mut course = self.pace.course();
        let is_news = course.round == self.round;
        is_news.then(|| {
            let now = Instant::now();
            course.round += 1;
            // What was sent before may hang, and nobody waits for it.
            course.in_flight = 0;
            course.one_ahead = true;
            let waited = now - *course.refused_since.get_or_insert(now);
            let pause = pause(waited, course.has_some, asked, left);
            course.opens = Some(now + pause);
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

/// The pause of a load that has waited so long already: half of it is fixed, half by chance, so that those who are refused together do not
/// come back together. A quarter at most of the time until the deadline is waited away. Nobody comes before the vault asks for it.
fn pause(waited: Duration, has_some: bool, asked: Option<Duration>, left: Duration) -> Duration {
    let least = match has_some || waited < A_WHILE {
        true => FIRST,
        false => A_WHILE,
    };
    let hurry = match has_some {
        true => SHORTEST,
        false => UNHURRIED,
    };
    let most = (waited / SHARE).clamp(least, LONGEST);
    let pause = most.mul_f64(0.5 + 0.5 * fastrand::f64()).min((left / 4).max(hurry));
    let chance = |asked: Duration| SHORTEST.mul_f64(fastrand::f64()).min(left.saturating_sub(asked));
    let asked = asked.map_or(Duration::ZERO, |asked| asked + chance(asked));
    pause.max(asked)
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    const AN_HOUR: Duration = Duration::from_secs(3600);

    /// The shortest and the longest of many, in seconds.
    fn pauses(waited: u64, has_some: bool, asked: Option<u64>, left: Duration) -> (f64, f64) {
        let one = || {
            pause(
                Duration::from_secs(waited),
                has_some,
                asked.map(Duration::from_secs),
                left,
            )
        };
        let pauses = (0..1000).map(|_| one().as_secs_f64());
        pauses.fold((f64::MAX, 0.0), |(least, most), pause| {
            (least.min(pause), most.max(pause))
        })
    }

    #[test]
    fn pauses_grow_to_a_limit_and_differ() {
        for (waited, with_some, with_nothing) in [
            (0, 1.0, 1.0),
            (2, 1.0, 1.0),
            (3, 1.0, 3.0),
            (8, 1.0, 3.0),
            (16, 2.0, 3.0),
            (40, 5.0, 5.0),
            (1_000, 40.0, 40.0),
        ] {
            for (has_some, longest) in [(true, with_some), (false, with_nothing)] {
                let (least, most) = pauses(waited, has_some, None, AN_HOUR);
                assert!(
                    least >= longest * 0.499 && most <= longest * 1.001,
                    "{waited}: {least} {most}"
                );
                assert!(most - least > longest * 0.4, "{waited}: {least} {most}");
            }
        }
    }

    #[test]
    fn what_the_vault_asks_for_is_kept_and_spread() {
        for has_some in [true, false] {
            let (least, most) = pauses(20, has_some, Some(10), AN_HOUR);
            assert!(least >= 10.0 && most <= 10.251, "{least} {most}");
            assert!(most - least > 0.2, "{least} {most}");
        }
        // It may be wrong: nobody comes sooner than without it.
        let (least, most) = pauses(100, true, Some(1), AN_HOUR);
        assert!(least >= 6.24 && most <= 12.501, "{least} {most}");
    }

    #[test]
    fn a_quarter_of_the_time_that_is_left_at_most_is_waited_away() {
        for has_some in [true, false] {
            let (_, most) = pauses(300, has_some, None, Duration::from_secs(8));
            assert!(most <= 2.0, "{most}");
        }
        // And yet it does not end in a spin, and not in a run of those who have nothing.
        assert_eq!(pauses(300, true, None, Duration::ZERO), (0.25, 0.25));
        assert_eq!(pauses(300, false, None, Duration::ZERO), (2.0, 2.0));
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_got_something_asks_again_sooner_until_its_load_is_over() {
        let pace = Pace::new();
        let refused = async |rounds: usize| {
            let mut pause = None;
            for _ in 0..rounds {
                pause = pace.turn().await.refused(None, AN_HOUR);
            }
            pause.expect("it is news")
        };
        // Ten short pauses take five seconds at least.
        let pause = refused(10).await;
        assert!(pause >= A_WHILE / 2, "it has nothing: {pause:?}");
        pace.turn().await.answered(StatusCode::Ok);
        let pause = refused(10).await;
        assert!(pause <= A_WHILE / 2, "it has something: {pause:?}");
        pace.begin();
        let pause = refused(1).await;
        assert!(pause <= FIRST, "another load starts anew: {pause:?}");
        let pause = refused(9).await;
        assert!(pause >= A_WHILE / 2, "and has nothing: {pause:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn one_refusal_holds_all_back_and_one_request_goes_ahead() {
        let pace = Pace::new();
        let (first, second, third) = (pace.turn().await, pace.turn().await, pace.turn().await);
        let began = Instant::now();
        first.refused(None, AN_HOUR);
        // They were sent before that, and say nothing new.
        second.refused(None, AN_HOUR);
        third.answered(StatusCode::Ok);
        let ahead = pace.turn().await;
        let paused = began.elapsed();
        assert!((500..=1_001).contains(&paused.as_millis()), "{paused:?}");
        assert!(pace.turn().now_or_never().is_none(), "one goes ahead");
        ahead.answered(StatusCode::Ok);
        let all: Vec<_> = (0..100).map(|_| pace.turn().now_or_never()).collect();
        assert!(all.iter().all(Option::is_some), "then all");
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
        behind.await.answered(StatusCode::Ok);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_sent_before_a_refusal_and_hangs_holds_nobody_back() {
        let pace = Pace::new();
        let (refused, hangs) = (pace.turn().await, pace.turn().await);
        refused.refused(None, AN_HOUR);
        let ahead = pace.turn().await;
        drop(hangs);
        assert!(pace.turn().now_or_never().is_none(), "one goes ahead still");
        ahead.answered(StatusCode::Ok);
        pace.turn().await.answered(StatusCode::Ok);
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_goes_ahead_and_hangs_is_waited_for_no_longer_than_patience_lasts() {
        let pace = Pace::new();
        pace.turn().await.refused(None, AN_HOUR);
        let _hangs = pace.turn().await;
        let began = Instant::now();
        pace.turn().await.answered(StatusCode::Ok);
        assert_eq!(began.elapsed().as_secs(), PATIENCE.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_ill_or_asks_for_a_token_says_nothing_of_room() {
        for status in [
            StatusCode::Unauthorized,
            StatusCode::RequestTimeout,
            StatusCode::InternalServerError,
            StatusCode::ServiceUnavailable,
        ] {
            let pace = Pace::new();
            pace.turn().await.refused(None, AN_HOUR);
            pace.turn().await.answered(status);
            let _ahead = pace.turn().await;
            assert!(pace.turn().now_or_never().is_none(), "{status}: one goes ahead still");
            assert!(!pace.course().has_some, "{status}");
        }
    }
}
