//! A runtime that is never idle, for an HTTP client that outlives the runtimes it is used in.
//!
//! A connection is driven by the runtime that opened it, and a client hands its connections to whoever asks next. A client of
//! the caller's goes from one runtime to another with its handle, so one of a runtime that does nothing now would be waited for in
//! vain. What is sent with such a client is therefore sent from here, whoever waits for the answer.

use std::future::{Future, pending};
use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::task::JoinHandle;
use tracing::instrument::{Instrument as _, WithSubscriber as _};

/// One for the process, on a thread of its own, from the first request on: clones of one client may be in several handles, and
/// then share their connections.
static RUNTIME: Mutex<Option<Handle>> = Mutex::new(None);

fn runtime() -> io::Result<Handle> {
    let mut running = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = &*running {
        return Ok(handle.clone());
    }
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    thread::Builder::new()
        .name("azure-key-vault-http".to_owned())
        .spawn(move || runtime.block_on(pending::<()>()))?;
    *running = Some(handle.clone());
    Ok(handle)
}

/// Runs it here, in the caller's span and for the caller's subscriber. Where the caller does not wait any more, it is dropped.
pub(super) async fn run<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> io::Result<T> {
    let work = work.in_current_span().with_current_subscriber();
    let mut task = Task(runtime()?.spawn(work));
    (&mut task.0).await.map_err(|error| match error.try_into_panic() {
        // The caller's own, in a resolver of his.
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(error) => io::Error::other(error),
    })
}

/// Ends with whoever waits for it.
struct Task<T>(JoinHandle<T>);

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
