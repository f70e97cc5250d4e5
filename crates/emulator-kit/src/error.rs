//! What can go wrong while an emulator starts.

use std::io;

/// An emulator that could not be started.
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
