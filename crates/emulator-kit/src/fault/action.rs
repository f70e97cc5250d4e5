//! What can go wrong.

use std::fmt;
use std::time::Duration;

use super::Barrier;

/// What goes wrong.
///
/// ```
/// use emulator_kit::{FaultAction, FaultFor};
///
/// #[derive(Clone, Copy, PartialEq)]
/// enum RequestKind { Time }
///
/// // For one request the service is gone, and the gateway in front of it says so.
/// let gone = FaultAction::Status {
///     status: 502,
///     body: r#"{"message":"no upstream"}"#.to_owned(),
///     headers: vec![("via".to_owned(), "1.1 gateway".to_owned())],
/// };
/// // A body may be what a test looks for in logs: only its length is printed.
/// assert_eq!(format!("{gone:?}"), "Status(502, 25 bytes)");
/// let fault = FaultFor::new(gone).for_kind(RequestKind::Time).once();
/// # let book = emulator_kit::FaultBook::default();
/// # book.inject(fault);
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultAction {
    /// Answer with this instead.
    Status {
        /// The HTTP status.
        status: u16,
        /// The body, as it is.
        body: String,
        /// Headers to add or replace; `content-type` is that of JSON unless given.
        headers: Vec<(String, String)>,
    },
    /// Answer properly, but later.
    Delay(Duration),
    /// Answer properly, once so many requests are in flight at once.
    Barrier(Barrier),
    /// Take the request and never answer.
    Hang,
    /// Accept the TCP connection and never say a word, not even TLS. Only connections match, so a filter has no effect.
    HangConnection,
    /// Reset the connection (RST) instead of answering.
    Reset,
    /// Reset the TCP connection as soon as it is accepted. Only connections match, so a filter has no effect.
    ResetConnection,
    /// Announce the whole body, send half of it, close.
    TruncatedBody,
    /// Send the first half of the body as if it were all, with a matching length: JSON that ends too early.
    MalformedJson,
    /// A proxy's page in HTML, with this status.
    Html {
        /// The HTTP status.
        status: u16,
    },
    /// 429 as the service words it, with `Retry-After` in seconds if given.
    Throttled {
        /// What `Retry-After` says, in seconds.
        retry_after: Option<u64>,
    },
}

impl fmt::Debug for FaultAction {
    // A body that a test injects may hold a marker secret: its length is enough to recognise it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status { status, body, .. } => {
                write!(f, "Status({status}, {} bytes)", body.len())
            }
            Self::Delay(delay) => write!(f, "Delay({delay:?})"),
            Self::Barrier(barrier) => write!(f, "Barrier({barrier:?})"),
            Self::Hang => f.write_str("Hang"),
            Self::HangConnection => f.write_str("HangConnection"),
            Self::Reset => f.write_str("Reset"),
            Self::ResetConnection => f.write_str("ResetConnection"),
            Self::TruncatedBody => f.write_str("TruncatedBody"),
            Self::MalformedJson => f.write_str("MalformedJson"),
            Self::Html { status } => write!(f, "Html({status})"),
            Self::Throttled { retry_after } => write!(f, "Throttled({retry_after:?})"),
        }
    }
}

impl FaultAction {
    pub(super) fn hits_connections(&self) -> bool {
        matches!(self, Self::HangConnection | Self::ResetConnection)
    }
}
