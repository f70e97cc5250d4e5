//! A lock that survives a panic.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, whatever happened before: a test that panicked while it held a lock must not hide its message behind a poisoned one.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
