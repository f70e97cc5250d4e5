//! Requests that wait for each other: the proof that they are in flight at once.

use std::fmt;
use std::sync::{Arc, Mutex};

use tokio::sync::watch;

use crate::lock::lock;

/// Holds requests back until enough of them are in flight at once; then it is open, for those and all later ones.
///
/// Clones are the same barrier, and equal.
///
/// ```
/// use emulator_kit::{Barrier, FaultAction, FaultBook, FaultFor};
///
/// #[derive(Clone, Copy, PartialEq)]
/// enum RequestKind { Letter }
///
/// let together = Barrier::new(2);
/// let book = FaultBook::default();
/// book.inject(FaultFor::new(FaultAction::Barrier(together.clone())).for_kind(RequestKind::Letter));
/// // … the client that must ask for two letters at a time runs here …
/// assert!(!together.is_open(), "nobody asked");
/// ```
#[derive(Clone)]
pub struct Barrier(Arc<Inner>);

struct Inner {
    wanted: usize,
    waiting: Mutex<usize>,
    open: watch::Sender<bool>,
}

impl Barrier {
    /// Opens when this many requests wait at it at the same time.
    #[must_use]
    pub fn new(wanted: usize) -> Self {
        Self(Arc::new(Inner {
            wanted,
            waiting: Mutex::default(),
            open: watch::Sender::new(wanted == 0),
        }))
    }

    /// Whether there were ever enough.
    #[must_use]
    pub fn is_open(&self) -> bool {
        *self.0.open.borrow()
    }

    pub(super) async fn pass(&self) {
        let mut open = self.0.open.subscribe();
        let _place = Place::take(&self.0);
        // It fails only where the sender is gone, and this holds it.
        let _ = open.wait_for(|open| *open).await;
    }
}

/// A request that waits. One that gave up is in flight no longer.
struct Place<'a>(&'a Inner);

impl<'a> Place<'a> {
    fn take(inner: &'a Inner) -> Self {
        let mut waiting = lock(&inner.waiting);
        *waiting += 1;
        if *waiting >= inner.wanted {
            inner.open.send_replace(true);
        }
        Self(inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        *lock(&self.0.waiting) -= 1;
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waiting = *lock(&self.0.waiting);
        write!(f, "{waiting} of {}", self.0.wanted)
    }
}

impl PartialEq for Barrier {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Barrier {}
