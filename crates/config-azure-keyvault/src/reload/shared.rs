//! What handles, the poll and whoever binds have in common: the newest configuration, and how it came about.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::SystemTime;

use arc_swap::ArcSwap;
use config::builder::AsyncState;
use config::{Config, ConfigBuilder, ConfigError};
use futures::FutureExt as _;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::change::Change;
use super::pace::Pace;
use super::reason;
use super::status::{Failed, Status};
use crate::clock::{Clock, after};

/// Whoever makes something of each configuration.
pub(super) trait Follow: Send + Sync {
    fn follow(&self, config: &Arc<Config>);
}

pub(super) struct Shared {
    builder: ConfigBuilder<AsyncState>,
    pace: Pace,
    clock: Clock,
    /// For who reads: without a lock.
    pub(super) current: ArcSwap<Config>,
    /// For who waits. `None` once the last handle is gone.
    newest: Mutex<Option<watch::Sender<Arc<Config>>>>,
    followers: Mutex<Vec<Weak<dyn Follow>>>,
    /// The number of the load that the newest configuration is of. Held while an outcome is published.
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
            current: ArcSwap::new(config),
            followers: Mutex::default(),
            published: Mutex::default(),
            course: Mutex::new(course),
            moved: Notify::new(),
        }
    }

    /// Builds anew, and hands the outcome to everybody. Whoever drops it has asked for nothing.
    pub(super) async fn load(&self) -> Result<Change, ConfigError> {
        let number = {
            let mut course = lock(&self.course);
            course.begun += 1;
            course.begun
        };
        let built = AssertUnwindSafe(self.builder.build_cloned()).catch_unwind().await;
        self.publish(number, built.unwrap_or_else(|panic| Err(reason::of_panic(panic))))
    }

    /// A load counts unless one that began later has succeeded: what it read may be older than that.
    fn publish(&self, number: u64, built: Result<Config, ConfigError>) -> Result<Change, ConfigError> {
        let mut published = lock(&self.published);
        if number < *published {
            return built.map(|_| Change::default());
        }
        match built {
            Ok(config) => {
                *published = number;
                let change = self.swap(config);
                self.succeeded();
                if !change.is_empty() {
                    tracing::info!("configuration changed: {change}");
                }
                Ok(change)
            }
            Err(error) => {
                self.failed(reason::of(&error));
                Err(error)
            }
        }
    }

    /// What is the same stays as it is: who holds it may tell by the pointer.
    fn swap(&self, config: Config) -> Change {
        let change = Change::between(&self.current.load().cache, &config.cache);
        if change.is_empty() {
            return change;
        }
        let config = Arc::new(config);
        // Who is told of it finds it done.
        let followers: Vec<_> = {
            let mut followers = lock(&self.followers);
            followers.retain(|follower| follower.strong_count() > 0);
            followers.iter().filter_map(Weak::upgrade).collect()
        };
        self.current.store(Arc::clone(&config));
        for follower in followers {
            follower.follow(&config);
        }
        if let Some(newest) = &*lock(&self.newest) {
            newest.send_replace(config);
        }
        change
    }

    fn succeeded(&self) {
        let mut course = lock(&self.course);
        if course.failures > 0 {
            tracing::info!(
                "configuration is read again, after {} failures in a row",
                course.failures
            );
        }
        course.failures = 0;
        course.succeeded = Instant::now();
        course.last_success = self.clock.now();
        self.move_on(course);
    }

    fn failed(&self, reason: String) {
        let mut course = lock(&self.course);
        course.failures = course.failures.saturating_add(1);
        let age = course.succeeded.elapsed().as_secs();
        tracing::warn!(
            failures = course.failures,
            "configuration is {age} s old and stays, reading it failed: {reason}"
        );
        let at = self.clock.now();
        course.last_failure = Some(Failed { at, reason });
        self.move_on(course);
    }

    fn move_on(&self, mut course: MutexGuard<'_, Course>) {
        course.next_poll = after(Instant::now(), self.pace.pause(course.failures));
        drop(course);
        self.moved.notify_one();
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

    /// From now on it is handed every configuration. Called with the newest already, and before any other is published.
    pub(super) fn add<F: Follow + 'static>(
        &self,
        make: impl FnOnce(Arc<Config>) -> Result<Arc<F>, crate::Error>,
    ) -> Result<Arc<F>, crate::Error> {
        let _nothing_is_published = lock(&self.published);
        let follower = make(self.current.load_full())?;
        let followed: Arc<dyn Follow> = follower.clone();
        lock(&self.followers).push(Arc::downgrade(&followed));
        Ok(follower)
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
