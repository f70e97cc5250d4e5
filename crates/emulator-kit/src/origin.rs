//! What a request knows of the connection that it came on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// The connection of a request.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Origin {
    /// Its number: what [`Service::connected`](crate::Service::connected) gave.
    pub connection: u64,
    /// Whether it came to the listener without TLS.
    pub plain: bool,
    pub(crate) switch: Arc<Switch>,
}

impl Origin {
    pub(crate) fn new(connection: u64, plain: bool) -> Self {
        Self {
            connection,
            plain,
            switch: Arc::default(),
        }
    }

    /// Resets the connection (RST): this request and every other one on it go unanswered.
    pub fn reset(&self) {
        self.switch.reset.store(true, Ordering::SeqCst);
        self.switch.thrown.notify_one();
    }
}

/// Lets a request reset the connection that it came on.
#[derive(Debug, Default)]
pub(crate) struct Switch {
    reset: AtomicBool,
    thrown: Notify,
}

impl Switch {
    pub(crate) fn is_reset(&self) -> bool {
        self.reset.load(Ordering::SeqCst)
    }

    pub(crate) async fn thrown(&self) {
        self.thrown.notified().await;
    }
}
