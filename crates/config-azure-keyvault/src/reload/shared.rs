//! What handles, the poll and whoever binds have in common: the newest configuration, and how it came about.
//!
//! No lock is held while code of others runs, that of a type that is bound or of whoever listens to the log: it may ask for anything
//! here. What is handed on carries the number of its load instead, and nobody takes an older one after a newer.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::SystemTime;

use arc_swap::ArcSwap;
use config::builder::AsyncState;
use config::{Config, ConfigBuilder, ConfigError};
use futures::FutureExt as _;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout};

use super::change::Change;
use super::pace::Pace;
use super::reason;
use super::status::{Failed, Status};
use crate::clock::{Clock, after};

/// Whoever makes something of each configuration.
pub(super) trait Follow: Send + Sync {
    /// The configuration of the load of that number. An older one may come later, and is of no interest then.
    fn follow(&self, config: &Arc<Config>, number: u64);
}

pub(super) struct Shared {
    builder: ConfigBuilder<AsyncState>,
    pace: Pace,
    clock: Clock,
    /// For who reads: without a lock.
    pub(super) current: ArcSwap<Config>,
    /// For who waits. `None` once the last handle is gone.
    newest: Mutex<Option<watch::Sender<Arc<Config>>>>,
    /// The number of the load that was sent to them last.
    sent: AtomicU64,
    followers: Mutex<Vec<Weak<dyn Follow>>>,
    /// The number of the newest load that succeeded; `current` is replaced under its lock.
    published: Mutex<u64>,
    course: Mutex<Course>,
    /// The next poll is at another time.
    pub(super) moved: Notify,
}

/// How it went.
struct Course {
    begun: u64,
    succeeded: Instant,
    last_success: SystemTime,
    last_failure: Option<Failed>,
    failures: u32,
    next_poll: Instant,
    polls: bool,
}

pub(super) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(super) fn new(builder: ConfigBuilder<AsyncState>, config: Config, pace: Pace, clock: Clock) -> Self {
        let config = Arc::new(config);
        let now = Instant::now();
        let course = Course {
            begun: 0,
            succeeded: now,
            last_success: clock.now(),
            last_failure: None,
            failures: 0,
            next_poll: after(now, pace.pause(0)),
            polls: false,
        };
        Self {
            builder,
            pace,
            clock,
            newest: Mutex::new(Some(watch::Sender::new(Arc::clone(&config)))),
            sent: AtomicU64::new(0),
            current: ArcSwap::new(config),
            followers: Mutex::default(),
            published: Mutex::default(),
            course: Mutex::new(course),
            moved: Notify::new(),
        }
    }

    /// Builds anew, and hands the outcome to everybody. Whoever drops it has asked for nothing.
    pub(super) async fn load(&self) -> Result<Change, ConfigError> {
        let number = self.begin();
        self.publish(number, self.build().await)
    }

    /// As [`load`](Self::load), for who would wait for ever: a vault has its deadline, but a source beside it may have none.
    pub(super) async fn load_in_time(&self) -> Result<Change, ConfigError> {
        let number = self.begin();
        let built = timeout(self.pace.longest_load(), self.build()).await;
        self.publish(
            number,
            built.unwrap_or_else(|_| Err(reason::of_silence(self.pace.longest_load()))),
        )
    }

    fn begin(&self) -> u64 {
        let mut course = lock(&self.course);
        course.begun += 1;
        course.begun
    }

    async fn build(&self) -> Result<Config, ConfigError> {
        let built = AssertUnwindSafe(self.builder.build_cloned()).catch_unwind().await;
        built.unwrap_or_else(|panic| Err(reason::of_panic(panic)))
    }

    /// A load counts unless one that began later has succeeded: what it read may be older than that.
    fn publish(&self, number: u64, built: Result<Config, ConfigError>) -> Result<Change, ConfigError> {
        let (change, config) = {
            let mut published = lock(&self.published);
            if number < *published {
                return built.map(|_| Change::default());
            }
            let config = match built {
                Ok(config) => config,
                Err(error) => {
                    drop(published);
                    self.failed(reason::of(&error));
                    return Err(error);
                }
            };
            *published = number;
            let change = Change::between(&self.current.load().cache, &config.cache);
            let config = Arc::new(config);
            // What is the same stays as it is: who holds it may tell by the pointer.
            if !change.is_empty() {
                self.current.store(Arc::clone(&config));
            }
            (change, config)
        };
        self.succeeded();
        if !change.is_empty() {
            self.hand_on(&config, number);
            tracing::info!("configuration changed: {change}");
        }
        Ok(change)
    }

    /// Who is told of it finds it done.
    fn hand_on(&self, config: &Arc<Config>, number: u64) {
        let followers: Vec<_> = {
            let mut followers = lock(&self.followers);
            followers.retain(|follower| follower.strong_count() > 0);
            followers.iter().filter_map(Weak::upgrade).collect()
        };
        for follower in followers {
            follower.follow(config, number);
        }
        let Some(newest) = lock(&self.newest).clone() else {
            return;
        };
        newest.send_if_modified(|newest| {
            // One at a time: the channel sees to it.
            let is_newer = self.sent.load(Ordering::Relaxed) < number;
            if is_newer {
                self.sent.store(number, Ordering::Relaxed);
                *newest = Arc::clone(config);
            }
            is_newer
        });
    }

    fn succeeded(&self) {
        let at = self.clock.now();
        let mut course = lock(&self.course);
        let failures = std::mem::take(&mut course.failures);
        course.succeeded = Instant::now();
        course.last_success = at;
        course.next_poll = after(Instant::now(), self.pace.pause(0));
        drop(course);
        self.moved.notify_one();
        if failures > 0 {
            tracing::info!("configuration is read again, after {failures} failures in a row");
        }
    }

    fn failed(&self, reason: String) {
        let at = self.clock.now();
        let mut course = lock(&self.course);
        course.failures = course.failures.saturating_add(1);
        let (failures, age) = (course.failures, course.succeeded.elapsed().as_secs());
        course.last_failure = Some(Failed {
            at,
            reason: reason.clone(),
        });
        // Whoever loads beside the poll does not hurry it.
        let next = after(Instant::now(), self.pace.pause(failures));
        course.next_poll = course.next_poll.max(next);
        drop(course);
        self.moved.notify_one();
        tracing::warn!(
            failures,
            "configuration is {age} s old and stays, reading it failed: {reason}"
        );
    }

    pub(super) fn next_poll(&self) -> Instant {
        lock(&self.course).next_poll
    }

    /// Somebody polls, or nobody any more.
    pub(super) fn polls(&self, polls: bool) {
        lock(&self.course).polls = polls;
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<Arc<Config>> {
        match &*lock(&self.newest) {
            Some(newest) => newest.subscribe(),
            // No handle is left to ask for it.
            None => watch::Sender::new(self.current.load_full()).subscribe(),
        }
    }

    /// The last handle is gone: whoever waits for a change waits for nothing.
    pub(super) fn close(&self) {
        lock(&self.newest).take();
    }

    /// From now on it is handed every configuration. Made of the newest, and of a newer one that came meanwhile.
    pub(super) fn add<F: Follow + 'static>(
        &self,
        make: impl FnOnce(Arc<Config>, u64) -> Result<Arc<F>, crate::Error>,
    ) -> Result<Arc<F>, crate::Error> {
        let (config, number) = self.newest();
        let follower = make(Arc::clone(&config), number)?;
        let followed: Arc<dyn Follow> = follower.clone();
        lock(&self.followers).push(Arc::downgrade(&followed));
        // Whatever is published from here on finds it among the followers.
        let (newest, number) = self.newest();
        if !Arc::ptr_eq(&newest, &config) {
            follower.follow(&newest, number);
        }
        Ok(follower)
    }

    fn newest(&self) -> (Arc<Config>, u64) {
        let published = lock(&self.published);
        (self.current.load_full(), *published)
    }

    /// The loads that have begun so far.
    pub(super) fn begun(&self) -> u64 {
        lock(&self.course).begun
    }

    /// Has a load succeeded that began after so many others?
    pub(super) fn has_loaded_since(&self, begun: u64) -> bool {
        *lock(&self.published) > begun
    }

    pub(super) fn status(&self) -> Status {
        let course = lock(&self.course);
        let now = Instant::now();
        Status {
            last_success: course.last_success,
            age: now.saturating_duration_since(course.succeeded),
            last_failure: course.last_failure.clone(),
            failures: course.failures,
            next_poll: course.polls.then(|| course.next_poll.saturating_duration_since(now)),
            unbound: None,
        }
    }
}
