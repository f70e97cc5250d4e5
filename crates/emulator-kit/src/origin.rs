//! What a request knows of the connection that it came on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// The connection of a request.
///
/// A service that hangs up on whoever asks for `/gone`:
///
/// ```
/// # use std::sync::Arc;
/// use emulator_kit::hyper::{Request, Response, StatusCode, body::Incoming};
/// use emulator_kit::{Damage, Origin, Payload, Reply, Service};
///
/// struct Moody;
///
/// impl Service for Moody {
///     fn connected(&self) -> u64 {
///         1
///     }
///
///     async fn serve(self: Arc<Self>, origin: Origin, request: Request<Incoming>) -> Response<Payload> {
///         if request.uri().path() == "/gone" {
///             origin.reset();
///             std::future::pending::<()>().await; // nothing is answered any more
///         }
///         Damage::None.send(Reply::empty(StatusCode::NO_CONTENT))
///     }
/// }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (server, _moody) = emulator_kit::ServerBuilder::new("moody-emulator").start(|_| Arc::new(Moody))?;
/// # let http = server.http_client_builder(emulator_kit::is_local).build()?;
/// # let url = format!("https://localhost:{}", server.ports().tls);
/// # assert_eq!(http.get(&url).send().await?.status(), 204);
/// # assert!(http.get(format!("{url}/gone")).send().await.is_err());
/// # Ok(())
/// # }
/// ```
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
