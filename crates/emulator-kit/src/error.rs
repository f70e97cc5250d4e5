//! What can go wrong while an emulator starts.

use std::io;

/// An emulator that could not be started.
///
/// A port that is taken, told by its variant and in words:
///
/// ```
/// use emulator_kit::EmulatorError;
/// # use emulator_kit::hyper::{Request, Response, StatusCode, body::Incoming};
/// # use emulator_kit::{Damage, Origin, Payload, Reply, ServerBuilder, Service};
/// # use std::sync::Arc;
/// # struct Teapot;
/// # impl Service for Teapot {
/// #     fn connected(&self) -> u64 { 1 }
/// #     async fn serve(self: Arc<Self>, _: Origin, _: Request<Incoming>) -> Response<Payload> {
/// #         Damage::None.send(Reply::empty(StatusCode::IM_A_TEAPOT))
/// #     }
/// # }
/// # fn main() -> Result<(), EmulatorError> {
///
/// let start = |port| ServerBuilder::new("teapot-emulator").port(port).start(|_| Arc::new(Teapot));
/// let (first, _teapot) = start(0)?;
/// match start(first.ports().tls) {
///     Err(error @ EmulatorError::Listen(_)) => println!("{error}"), // the emulator cannot listen on 127.0.0.1: …
///     other => panic!("two on one port: {:?}", other.err()),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmulatorError {
    /// A listener could not be opened, mostly because the port is taken.
    #[error("the emulator cannot listen on 127.0.0.1: {0}")]
    Listen(#[source] io::Error),
    /// The certificate authority or the server's certificate could not be made.
    #[error("the emulator cannot make its certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The TLS configuration was refused.
    #[error("the emulator cannot configure TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// The emulator's own thread or runtime could not be started.
    #[error("the emulator cannot start its thread: {0}")]
    Thread(#[source] io::Error),
    /// A client that trusts the emulator could not be built.
    #[error("a client for the emulator cannot be built: {0}")]
    Client(#[source] reqwest::Error),
    /// The thread that started the emulator ended without an answer.
    #[error("the emulator ended while it was starting")]
    Ended,
}
