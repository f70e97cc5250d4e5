//! Threads that start and run an emulator.

use tracing::Dispatch;
use tracing::dispatcher::DefaultGuard;
use tracing::subscriber::NoSubscriber;

use crate::error::EmulatorError;

/// Runs a blocking start on a thread of its own, so that it does not block the runtime of the caller. What it logs goes where
/// the caller's lines go.
///
/// ```
/// use emulator_kit::{EmulatorError, launch};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), EmulatorError> {
/// // In an emulator's own `start`: keys, certificates and ports take some milliseconds.
/// let key = launch(|| Ok(emulator_kit::SigningKey::generate())).await?;
/// # assert!(!key.kid().is_empty());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// What `start` gives, or that the thread cannot be made.
pub async fn launch<T: Send + 'static>(
    start: impl FnOnce() -> Result<T, EmulatorError> + Send + 'static,
) -> Result<T, EmulatorError> {
    let subscriber = Subscriber::of_this_thread();
    let (sender, receiver) = tokio::sync::oneshot::channel();
    std::thread::Builder::new()
        .name("emulator-start".to_owned())
        .spawn(move || {
            let _guard = subscriber.enter();
            // A caller that no longer waits drops the emulator, which stops it.
            drop(sender.send(start()));
        })
        .map_err(EmulatorError::Thread)?;
    receiver.await.map_err(|_| EmulatorError::Ended)?
}

/// Whoever listens to a thread's log lines, to be taken along to another thread.
pub(crate) struct Subscriber(Dispatch);

impl Subscriber {
    pub(crate) fn of_this_thread() -> Self {
        Self(tracing::dispatcher::get_default(Clone::clone))
    }

    /// Without one of its own, the thread leaves the choice to the process.
    pub(crate) fn enter(&self) -> Option<DefaultGuard> {
        (!self.0.is::<NoSubscriber>()).then(|| tracing::dispatcher::set_default(&self.0))
    }
}
