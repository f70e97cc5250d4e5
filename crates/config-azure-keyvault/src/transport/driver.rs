//! A runtime that is never idle, for an HTTP client or a credential that outlives the runtimes it is used in.
//!
//! A connection is driven by the runtime that opened it, and a client hands its connections to whoever asks next. A client of
//! the caller's goes from one runtime to another with its handle, so one of a runtime that does nothing now would be waited for in
//! vain. What is sent with such a client is therefore sent from here, whoever waits for the answer, and so is what a credential of the
//! caller's sends, which may have a client of its own.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};

use futures::future::{Either, select};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;
use tokio::task::JoinError;
use tracing::instrument::{Instrument as _, WithSubscriber as _};

/// One for the process, on threads of its own, from the first request on: clones of one client may be in several handles, and
/// then share their connections.
static RUNTIME: Mutex<Option<Runtime>> = Mutex::new(None);

/// What is done there is little: TLS, and waiting.
const THREADS: usize = 2;

fn runtime() -> io::Result<Handle> {
    let mut running = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(runtime) = &*running {
        return Ok(runtime.handle().clone());
    }
    let runtime = Builder::new_multi_thread()
        .worker_threads(THREADS)
        .thread_name("azure-key-vault-http")
        .enable_all()
        .build()?;
    let handle = runtime.handle().clone();
    *running = Some(runtime);
    Ok(handle)
}

/// Runs it here, in the caller's span and for the caller's subscriber. Where the caller does not wait any more, it is dropped.
pub(crate) async fn run<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> io::Result<T> {
    let (waits, gone) = oneshot::channel();
    let work = unless(gone, work.in_current_span()).with_current_subscriber();
    let done = runtime()?.spawn(work).await;
    drop(waits);
    ended(done)
}

/// As [`run`], for what may block the thread that it runs on: it has one of its own, beside those that drive connections.
pub(crate) async fn run_apart<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> io::Result<T> {
    let (waits, gone) = oneshot::channel();
    let work = unless(gone, work.in_current_span()).with_current_subscriber();
    let runtime = runtime()?;
    let handle = runtime.clone();
    let done = runtime.spawn_blocking(move || handle.block_on(work)).await;
    drop(waits);
    ended(done)
}

/// The work, unless whoever waits for it has gone. It is dropped in here, and not with the task: a span that ends closes those above it in
/// the subscriber of its thread.
async fn unless<T>(gone: oneshot::Receiver<Infallible>, work: impl Future<Output = T>) -> Option<T> {
    match select(pin!(work), gone).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(_) => None,
    }
}

fn ended<T>(done: Result<Option<T>, JoinError>) -> io::Result<T> {
    match done {
        Ok(done) => done.ok_or_else(|| io::Error::other("nobody waits for it")),
        Err(error) => match error.try_into_panic() {
            // The caller's own, in a resolver of his.
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => Err(io::Error::other(error)),
        },
    }
}
