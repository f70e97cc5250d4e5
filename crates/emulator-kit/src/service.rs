//! What an emulator does with connections and requests.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::{Request, Response};

use crate::fault::FaultAction;
use crate::origin::Origin;
use crate::reply::Payload;

/// What a [`Server`](crate::Server) serves.
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
