//! Starting without blocking the runtime of the caller.

use tracing::Dispatch;

use crate::error::EmulatorError;

/// Runs a blocking start on a thread of its own, and hands it the caller's subscriber.
///
/// # Errors
///
/// What `start` gives, or that the thread cannot be made.
pub async fn launch<T: Send + 'static>(
    thread: &str,
    start: impl FnOnce(Dispatch) -> Result<T, EmulatorError> + Send + 'static,
) -> Result<T, EmulatorError> {
    let dispatch = tracing::dispatcher::get_default(Clone::clone);
    let (sender, receiver) = tokio::sync::oneshot::channel();
    std::thread::Builder::new()
        .name(thread.to_owned())
        .spawn(move || {
            // A caller that no longer waits drops the emulator, which stops it.
            drop(sender.send(start(dispatch)));
        })
        .map_err(EmulatorError::Thread)?;
    receiver.await.map_err(|_| EmulatorError::Ended)?
}
