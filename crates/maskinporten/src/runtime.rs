//! What one runtime drives, and no other waits for.
//!
//! A connection, a flight and a background refresh are driven by the runtime they were started in. One that stays alive and idle, as
//! after a start-up's `block_on`, drives none of them: whoever waits for it in another runtime waits for ever. So each runtime has its
//! own.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::runtime::{Handle, Id};
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;
use tracing::Instrument as _;

/// More runtimes at a time than anybody keeps; beyond that the oldest makes its own anew.
const MOST: usize = 64;

/// A value for each runtime, made when it first asks, and dropped when the runtime is.
pub(crate) struct PerRuntime<T>(Arc<Mutex<Vec<Held<T>>>>);

struct Held<T> {
    runtime: Id,
    value: T,
    /// Which of the values that this runtime had.
    mark: Arc<()>,
    /// Ends the task that waits for the runtime to go away.
    _open: oneshot::Sender<Infallible>,
}

impl<T: Clone + Send + 'static> PerRuntime<T> {
    pub(crate) fn new() -> Self {
        Self(Arc::default())
    }

    /// The value of this runtime.
    pub(crate) fn get(&self, runtime: &Handle, make: impl FnOnce() -> T) -> T {
        let id = runtime.id();
        let found = find(&lock(&self.0), id);
        // Not under the lock: making it may take a while.
        found.unwrap_or_else(|| {
            let made = make();
            let (value, watch) = self.keep(&mut lock(&self.0), id, made);
            watch.start(runtime);
            value
        })
    }

    /// The value of this runtime, unless another one has one.
    pub(crate) fn only(&self, runtime: &Handle, make: impl FnOnce() -> T) -> Option<T> {
        let id = runtime.id();
        let (value, watch) = {
            let mut all = lock(&self.0);
            if all.iter().any(|held| held.runtime != id) {
                return None;
            }
            match find(&all, id) {
                Some(value) => return Some(value),
                None => self.keep(&mut all, id, make()),
            }
        };
        watch.start(runtime);
        Some(value)
    }

    fn keep(&self, all: &mut Vec<Held<T>>, runtime: Id, value: T) -> (T, Watch<T>) {
        if let Some(first) = find(all, runtime) {
            return (first, Watch::default());
        }
        let displaced = (all.len() >= MOST).then(|| all.remove(0));
        let (open, closed) = oneshot::channel();
        let mark = Arc::default();
        let watcher = Watcher {
            all: Arc::downgrade(&self.0),
            mark: Arc::clone(&mark),
        };
        all.push(Held {
            runtime,
            value: value.clone(),
            mark,
            _open: open,
        });
        let watch = Watch {
            watcher: Some((watcher, closed)),
            displaced,
        };
        (value, watch)
    }

    /// The runtimes that have a value.
    #[cfg(test)]
    pub(crate) fn runtimes(&self) -> Vec<Id> {
        lock(&self.0).iter().map(|held| held.runtime).collect()
    }
}

fn lock<T>(all: &Mutex<T>) -> MutexGuard<'_, T> {
    all.lock().unwrap_or_else(PoisonError::into_inner)
}

fn find<T: Clone>(all: &[Held<T>], runtime: Id) -> Option<T> {
    let held = all.iter().find(|held| held.runtime == runtime)?;
    Some(held.value.clone())
}

/// What is left to be done without the lock: a runtime that shuts down drops the task at once, and that takes the lock.
struct Watch<T> {
    watcher: Option<(Watcher<T>, oneshot::Receiver<Infallible>)>,
    displaced: Option<Held<T>>,
}

impl<T: Send + 'static> Watch<T> {
    fn start(self, runtime: &Handle) {
        drop(self.displaced);
        if let Some((watcher, closed)) = self.watcher {
            drop(runtime.spawn(async move {
                let _watcher = watcher;
                let _: Result<Infallible, _> = closed.await;
            }));
        }
    }
}

impl<T> Default for Watch<T> {
    fn default() -> Self {
        Self {
            watcher: None,
            displaced: None,
        }
    }
}

/// In a task that only ends with its runtime, or when nobody holds the value any more.
struct Watcher<T> {
    all: Weak<Mutex<Vec<Held<T>>>>,
    mark: Arc<()>,
}

impl<T> Drop for Watcher<T> {
    fn drop(&mut self) {
        let Some(all) = self.all.upgrade() else {
            return;
        };
        let gone = {
            let mut all = lock(&all);
            let at = all.iter().position(|held| Arc::ptr_eq(&held.mark, &self.mark));
            at.map(|at| all.remove(at))
        };
        drop(gone);
    }
}

/// One piece of work at a time in each runtime, shared by all who want it there.
pub(crate) struct Flights<T>(Arc<Mutex<Vec<Flight<T>>>>);

struct Flight<T> {
    runtime: Id,
    since: Instant,
    outcome: watch::Receiver<Option<T>>,
}

impl<T: Clone + Send + Sync + 'static> Flights<T> {
    pub(crate) fn new() -> Self {
        Self(Arc::default())
    }

    /// The outcome of what is under way in this runtime since `patience` at most, or of `work`, and whether it was `work`. It is a
    /// task of its own: it goes on when who asked for it goes away. `None`: it panicked.
    pub(crate) async fn join<F>(&self, patience: Duration, work: impl FnOnce() -> F) -> Option<(T, bool)>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let runtime = Handle::current();
        let now = Instant::now();
        let (mut outcome, sender) = {
            let mut all = lock(&self.0);
            // An older one was left alone by its runtime for too long to be good for anything.
            all.retain(|flight| now < flight.since + patience && flight.outcome.has_changed().is_ok());
            match all.iter().find(|flight| flight.runtime == runtime.id()) {
                Some(flight) => (flight.outcome.clone(), None),
                None => {
                    let (sender, outcome) = watch::channel(None);
                    all.push(Flight {
                        runtime: runtime.id(),
                        since: now,
                        outcome: outcome.clone(),
                    });
                    (outcome, Some(sender))
                }
            }
        };
        let own = sender.is_some();
        if let Some(sender) = sender {
            let (all, mine) = (self.0.clone(), outcome.clone());
            let work = work();
            let flight = async move {
                let done = work.await;
                // Who comes from now on wants to know anew.
                lock(&all).retain(|flight| !flight.outcome.same_channel(&mine));
                sender.send_replace(Some(done));
            };
            drop(runtime.spawn(flight.in_current_span()));
        }
        let done = outcome.wait_for(Option::is_some).await.ok()?.clone()?;
        Some((done, own))
    }
}

#[cfg(test)]
mod tests;
