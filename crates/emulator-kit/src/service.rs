//! What an emulator does with connections and requests.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::{Request, Response};

use crate::fault::FaultAction;
use crate::origin::Origin;
use crate::reply::Payload;

/// What a [`Server`](crate::Server) serves.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use emulator_kit::hyper::body::Incoming;
/// use emulator_kit::hyper::{Request, Response, StatusCode};
/// use emulator_kit::{Damage, Origin, Payload, Reply, Service};
///
/// #[derive(Default)]
/// struct Teapot {
///     connections: AtomicU64,
/// }
///
/// impl Service for Teapot {
///     fn connected(&self) -> u64 {
///         self.connections.fetch_add(1, Ordering::Relaxed) + 1
///     }
///
///     async fn serve(self: Arc<Self>, _origin: Origin, request: Request<Incoming>) -> Response<Payload> {
///         let status = match request.uri().path() {
///             "/coffee" => StatusCode::IM_A_TEAPOT,
///             _ => StatusCode::NOT_FOUND,
///         };
///         Damage::None.send(Reply::empty(status))
///     }
/// }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (server, _teapot) = emulator_kit::ServerBuilder::new("teapot-emulator").start(|_| Arc::new(Teapot::default()))?;
/// # let http = server.http_client_builder(emulator_kit::is_local).build()?;
/// # let url = format!("https://localhost:{}/coffee", server.ports().tls);
/// # assert_eq!(http.get(&url).send().await?.status(), 418);
/// # Ok(())
/// # }
/// ```
pub trait Service: Send + Sync + 'static {
    /// A connection was accepted: gives it a number, as [`Journal::connection`](crate::Journal::connection) does.
    fn connected(&self) -> u64;

    /// The fault that hits the connection that was just accepted, as
    /// [`FaultBook::for_connection`](crate::FaultBook::for_connection) says. By default none.
    fn connection_fault(&self) -> Option<FaultAction> {
        None
    }

    /// Answers a request. The future is dropped where the client gives up or the server stops.
    fn serve(
        self: Arc<Self>,
        origin: Origin,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Payload>> + Send;
}
