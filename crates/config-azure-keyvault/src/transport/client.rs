//! One transport: it knows whom it may speak to, counts, and hands the SDK what its retry policy understands.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use azure_core::error::{Error, ErrorKind};
use azure_core::http::headers::AUTHORIZATION;
use azure_core::http::{AsyncRawResponse, ExponentialRetryOptions, HttpClient, Request, RetryOptions, StatusCode};
use tokio::time::{Instant, timeout};
use url::Url;

use super::lifetime::bounded;
use super::origin::stays_with;
use super::pause::pause;
use super::reply::Reply;
use super::request::build;
use super::state::State;
use super::wire::Wire;
use crate::clock::Clock;
use crate::failure::{Answer, Failure, Speaker, is_html};

/// What one transport has done.
#[derive(Debug, Default)]
struct Counts {
    requests: AtomicU64,
    challenges: AtomicU64,
}

/// A transport that knows whom it may speak to.
#[derive(Clone)]
pub(crate) struct Transport(Arc<Inner>);

struct Inner {
    wire: Wire,
    /// The vault's origin; nothing else is ever asked. A credential's transport has none.
    origin: Option<Url>,
    try_limit: Duration,
    clock: Clock,
    counts: Counts,
    state: Mutex<State>,
}

impl Transport {
    pub(crate) fn new(wire: Wire, origin: Option<Url>, try_limit: Duration, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            wire,
            origin,
            try_limit,
            clock,
            counts: Counts::default(),
            state: Mutex::new(State::new(Instant::now(), Duration::ZERO)),
        }))
    }

    /// Starts anew: nothing was seen yet, and it must be over by `deadline`.
    pub(crate) fn begin(&self, deadline: Instant, limit: Duration) {
        *self.state() = State::new(deadline, limit);
    }

    pub(crate) fn requests(&self) -> u64 {
        self.0.counts.requests.load(Relaxed)
    }

    pub(crate) fn challenges(&self) -> u64 {
        self.0.counts.challenges.load(Relaxed)
    }

    /// The service's own clock, as it stood at its last answer.
    pub(crate) fn service_time(&self) -> Option<i64> {
        self.state().date
    }

    pub(crate) fn for_sdk(&self) -> azure_core::http::Transport {
        azure_core::http::Transport::new(Arc::new(self.clone()))
    }

    /// The SDK's own retry; there is none of ours on top. How often a request is sent is decided in [`Self::to_sdk`],
    /// where its failure is known, and what waits past the deadline is cut by the deadline.
    pub(crate) fn retry(&self) -> RetryOptions {
        RetryOptions::exponential(ExponentialRetryOptions {
            // The SDK doubles it before the first pause.
            initial_delay: azure_core::time::Duration::milliseconds(100),
            max_retries: 1_000,
            max_total_elapsed: azure_core::time::Duration::hours(1),
            max_delay: azure_core::time::Duration::seconds(4),
        })
    }

    /// Does anything stand in the way of this path?
    pub(crate) fn is_in_trouble(&self, path: &str) -> bool {
        self.state().trouble_of(path).is_some()
    }

    /// Has the host answered since the load began?
    pub(crate) fn has_answered(&self) -> bool {
        self.state().answered
    }

    /// Whom the last request went to, since the load began.
    pub(crate) fn host(&self) -> Option<String> {
        self.state().host.clone()
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whose replies come this way.
    pub(super) fn speaker(&self) -> Speaker {
        match self.0.origin {
            Some(_) => Speaker::Vault,
            None => Speaker::SignIn,
        }
    }

    fn may_ask(&self, url: &Url) -> Result<(), Failure> {
        match &self.0.origin {
            Some(origin) => stays_with(origin, url),
            None => Ok(()),
        }
    }

    async fn send(&self, request: &Request) -> Result<AsyncRawResponse, Failure> {
        let built = build(self.0.wire.client(), request)?;
        let reply = self.0.wire.carry(built).await?;
        self.note(&reply, request)?;
        let Reply { status, headers, body } = reply;
        let body = match self.speaker() {
            Speaker::SignIn => bounded(body),
            Speaker::Vault => body,
        };
        Ok(AsyncRawResponse::from_bytes(StatusCode::from(status), headers, body))
    }

    /// Remembers what the answer says, and refuses a pause that would outlast the deadline.
    fn note(&self, reply: &Reply, request: &Request) -> Result<(), Failure> {
        let path = request.url().path();
        let mut state = self.state();
        state.answered(reply.date());
        if reply.status < 300 {
            // The SDK would say no more than that it is no JSON.
            if is_html(reply.content_type(), &reply.body) {
                return Err(Failure::Answer(self.answer(reply)));
            }
            state.succeeded(path);
            return Ok(());
        }
        if self.is_challenge(reply, request) {
            self.0.counts.challenges.fetch_add(1, Relaxed);
            return Ok(());
        }
        let answer = self.answer(reply);
        if state.trouble(path, &Failure::Answer(answer.clone())) {
            return Err(Failure::Answer(answer));
        }
        if matches!(reply.status, 429 | 503)
            && let Some(wait) = pause(&reply.headers, self.0.clock.unix()).filter(|wait| *wait > state.left())
        {
            return Err(Failure::TooLongAPause { answer, wait });
        }
        Ok(())
    }

    fn answer(&self, reply: &Reply) -> Answer {
        Answer::read(self.speaker(), reply.status, reply.content_type(), &reply.body)
    }

    /// The vault's answer to a request without a token.
    fn is_challenge(&self, reply: &Reply, request: &Request) -> bool {
        let had_token = request.headers().get_optional_str(&AUTHORIZATION).is_some();
        reply.status == 401 && self.0.origin.is_some() && !had_token
    }

    /// The failure as the SDK's retry policy understands it: transport trouble is tried again, the rest is final.
    fn to_sdk(&self, request: &Request, failure: Failure) -> Error {
        let mut state = self.state();
        let kind = match &failure {
            Failure::Unreachable { class, .. } if class.is_final() => ErrorKind::Other,
            Failure::Unreachable { .. } => match state.connection_failed() {
                true => ErrorKind::Other,
                false => ErrorKind::Connection,
            },
            Failure::NoAnswer { .. } | Failure::Broken { .. } => ErrorKind::Io,
            _ => ErrorKind::Other,
        };
        // An answer was remembered when it was read.
        let enough = failure.answer().is_none() && state.trouble(request.url().path(), &failure);
        let kind = if enough { ErrorKind::Other } else { kind };
        Error::with_error(kind, failure, "no usable reply")
    }
}

#[async_trait::async_trait]
impl HttpClient for Transport {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        self.may_ask(request.url())
            .map_err(|failure| self.to_sdk(request, failure))?;
        self.state().host = request.url().host_str().map(str::to_owned);
        self.0.counts.requests.fetch_add(1, Relaxed);
        let limit = self.0.try_limit;
        let sent = timeout(limit, self.send(request)).await;
        sent.unwrap_or(Err(Failure::NoAnswer { within: limit }))
            .map_err(|failure| self.to_sdk(request, failure))
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("origin", &self.0.origin.as_ref().map(Url::as_str))
            .field("counts", &self.0.counts)
            .finish_non_exhaustive()
    }
}
