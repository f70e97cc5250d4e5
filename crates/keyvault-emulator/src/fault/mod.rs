//! Faults on demand: what goes wrong, for which requests, how often.

mod random;

use std::fmt;
use std::time::Duration;

pub(crate) use random::RandomFaults;

use crate::record::RequestKind;

/// What goes wrong.
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
    /// An error as a vault words it: code, inner code if any, message.
    #[must_use]
    pub fn service_error(status: u16, code: &str, inner: Option<&str>, message: &str) -> Self {
        let mut error = serde_json::json!({ "code": code, "message": message });
        if let Some(inner) = inner {
            error["innererror"] = serde_json::json!({ "code": inner });
        }
        let body = serde_json::json!({ "error": error }).to_string();
        Self::Status {
            status,
            body,
            headers: Vec::new(),
        }
    }

    /// An error as Entra ID words it: `error`, the `AADSTS` number and what follows its colon.
    ///
    /// The description ends in the trace and correlation ids, behind real line breaks.
    #[must_use]
    pub fn entra_error(status: u16, error: &str, number: u32, message: &str) -> Self {
        let body = crate::entra::error_body(error, number, message).to_string();
        Self::Status {
            status,
            body,
            headers: Vec::new(),
        }
    }

    pub(crate) fn hits_connections(&self) -> bool {
        matches!(self, Self::HangConnection | Self::ResetConnection)
    }
}

/// A fault and the requests to this emulator that it hits: see [`FaultFor`](crate::server::FaultFor).
pub type Fault = FaultFor<RequestKind>;

/// A fault and the requests that it hits: all of them, unless narrowed down.
///
/// A vault's requests are hit only once their token is accepted, so that the challenge of a client's first request
/// does not use a fault up; [`Fault::before_authentication`] changes that. Of several faults that match, the one
/// injected first acts.
///
/// `K` are the kinds of requests that the emulator knows.
#[derive(Clone, Debug)]
pub struct FaultFor<K> {
    pub(crate) action: FaultAction,
    pub(crate) kind: Option<K>,
    pub(crate) secret: Option<String>,
    pub(crate) vault: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) query: Option<String>,
    pub(crate) before_authentication: bool,
    pub(crate) skip: usize,
    pub(crate) times: Option<usize>,
}

impl<K> FaultFor<K> {
    /// This action for every request, until the faults are cleared.
    #[must_use]
    pub fn new(action: FaultAction) -> Self {
        Self {
            action,
            kind: None,
            secret: None,
            vault: None,
            path: None,
            query: None,
            before_authentication: false,
            skip: 0,
            times: None,
        }
    }

    /// Answer with this status and body.
    #[must_use]
    pub fn status(status: u16, body: impl Into<String>) -> Self {
        Self::new(FaultAction::Status {
            status,
            body: body.into(),
            headers: Vec::new(),
        })
    }

    /// Answer properly, but later.
    #[must_use]
    pub fn delay(delay: Duration) -> Self {
        Self::new(FaultAction::Delay(delay))
    }

    /// Take the request and never answer.
    #[must_use]
    pub fn hang() -> Self {
        Self::new(FaultAction::Hang)
    }

    /// Reset the connection instead of answering.
    #[must_use]
    pub fn reset() -> Self {
        Self::new(FaultAction::Reset)
    }

    /// 429 as the service words it.
    #[must_use]
    pub fn throttled(retry_after: Option<u64>) -> Self {
        Self::new(FaultAction::Throttled { retry_after })
    }

    /// Adds a header to the answer of [`FaultAction::Status`]; without effect on another action.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        if let FaultAction::Status { headers, .. } = &mut self.action {
            headers.push((name.into(), value.into()));
        }
        self
    }

    /// Only for requests of this kind.
    #[must_use]
    pub fn for_kind(mut self, kind: K) -> Self {
        self.kind = Some(kind);
        self
    }

    /// Only for requests whose path contains this.
    #[must_use]
    pub fn for_path_containing(mut self, part: impl Into<String>) -> Self {
        self.path = Some(part.into());
        self
    }

    /// Only for requests whose query contains this; `skiptoken` picks every page but the first.
    #[must_use]
    pub fn for_query_containing(mut self, part: impl Into<String>) -> Self {
        self.query = Some(part.into());
        self
    }

    /// Act on this many matching requests, then no more.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.times = Some(times);
        self
    }

    /// Act on one matching request, then no more.
    #[must_use]
    pub fn once(self) -> Self {
        self.times(1)
    }

    /// Let this many matching requests pass first.
    #[must_use]
    pub fn skip(mut self, skip: usize) -> Self {
        self.skip = skip;
        self
    }
}

impl Fault {
    /// Only for requests about this secret, in any spelling.
    #[must_use]
    pub fn for_secret(mut self, name: impl Into<String>) -> Self {
        self.secret = Some(name.into());
        self
    }

    /// Only for requests to this vault.
    #[must_use]
    pub fn for_vault(mut self, name: impl Into<String>) -> Self {
        self.vault = Some(name.into());
        self
    }

    /// Hit a vault's requests before their token is looked at, as a proxy in front of it would.
    #[must_use]
    pub fn before_authentication(mut self) -> Self {
        self.before_authentication = true;
        self
    }
}
