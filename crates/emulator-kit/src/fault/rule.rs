//! Which requests a fault hits, and how often.

use std::time::Duration;

use super::{Barrier, FaultAction};

/// A fault and the requests that it hits: all of them, unless narrowed down.
///
/// Of several faults that match, the one injected first acts. `K` are the kinds of requests that the emulator knows: an
/// emulator's own `Fault` is this type with its own kinds.
///
/// Where an emulator tells requests that its service let in from those that it has not looked at yet, a fault waits for the
/// former, so that the challenge of a client's first request does not use it up;
/// [`FaultFor::before_authentication`] changes that.
///
/// ```
/// use std::time::Duration;
///
/// #[derive(Clone, Copy, PartialEq)]
/// pub enum RequestKind { Token, Letter }
///
/// /// What this emulator's tests say.
/// pub type Fault = emulator_kit::FaultFor<RequestKind>;
///
/// let book = emulator_kit::FaultBook::default();
/// // The second and third letter come late, …
/// book.inject(Fault::delay(Duration::from_millis(300)).for_kind(RequestKind::Letter).skip(1).times(2));
/// // … and the token endpoint is busy, once.
/// book.inject(Fault::throttled(Some(1)).for_kind(RequestKind::Token).once());
/// ```
#[derive(Clone, Debug)]
pub struct FaultFor<K> {
    pub(super) action: FaultAction,
    pub(super) kind: Option<K>,
    pub(super) names: Vec<(&'static str, String)>,
    pub(super) path: Option<String>,
    pub(super) query: Option<String>,
    pub(super) before_authentication: bool,
    pub(super) skip: usize,
    pub(super) times: Option<usize>,
}

impl<K> FaultFor<K> {
    /// This action for every request, until the faults are cleared.
    #[must_use]
    pub fn new(action: FaultAction) -> Self {
        Self {
            action,
            kind: None,
            names: Vec::new(),
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

    /// Answer properly, once this many of these requests are in flight at once: whoever asks for one after the other waits in
    /// vain. From then on it lets every request pass, so it says nothing about how many come at most.
    #[must_use]
    pub fn until_in_flight(requests: usize) -> Self {
        Self::new(FaultAction::Barrier(Barrier::new(requests)))
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

    /// Only for requests whose query contains this; where pages have a token, its name picks every page but the first.
    #[must_use]
    pub fn for_query_containing(mut self, part: impl Into<String>) -> Self {
        self.query = Some(part.into());
        self
    }

    /// Only for requests about the thing of this name, in any spelling. `what` is the emulator's own word, one that its
    /// [`Subject::named`](crate::Subject::named) uses.
    #[must_use]
    pub fn for_named(mut self, what: &'static str, name: impl Into<String>) -> Self {
        self.names.push((what, name.into()));
        self
    }

    /// Hit requests before their token is looked at, as a proxy in front of the service would. Without effect where the
    /// emulator makes no difference.
    #[must_use]
    pub fn before_authentication(mut self) -> Self {
        self.before_authentication = true;
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
