//! One transport: it knows whom it may speak to, counts, and hands the SDK what its retry policy understands.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use azure_core::error::{Error, ErrorKind};
use azure_core::http::headers::AUTHORIZATION;
use azure_core::http::{AsyncRawResponse, ExponentialRetryOptions, HttpClient, Request, RetryOptions, StatusCode};
use tokio::time::{Instant, timeout};
use tracing::Instrument as _;
use url::Url;

use super::header::header;
use super::lifetime::bounded;
use super::origin::stays_with;
use super::pace::Pace;
use super::pause::pause;
use super::reply::Reply;
use super::request::build;
use super::sent::secrets;
use super::spares::Wanted;
use super::state::State;
use super::wire::Wire;
use crate::clock::Clock;
use crate::failure::{Answer, Body, Failure, Speaker, is_html};
use crate::telemetry;

/// Whom a transport speaks to.
pub(crate) enum Peer {
    /// The vault of this origin; nothing else is ever asked.
    Vault(Url),
    /// Whoever signs a credential in.
    SignIn,
    /// Managed identity's endpoint; the instance metadata service may be at this place instead of its own.
    Identity { imds: Option<Url> },
}

/// The address of the instance metadata service, on every machine that has it.
const IMDS: &str = "169.254.169.254";

impl Peer {
    /// Where a request goes, and how whoever it goes to is named.
    fn place(&self, url: &Url) -> (Url, String) {
        let name = |url: &Url| url.host_str().unwrap_or_default().to_owned();
        let Self::Identity { imds } = self else {
            return (url.clone(), name(url));
        };
        if url.host_str() != Some(IMDS) {
            return (url.clone(), name(url));
        }
        let mut place = imds.clone().unwrap_or_else(|| url.clone());
        place.set_path(url.path());
        place.set_query(url.query());
        let name = format!("IMDS at {}", name(&place));
        (place, name)
    }
}

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
    peer: Peer,
    try_limit: Duration,
    clock: Clock,
    counts: Counts,
    state: Mutex<State>,
    pace: Pace,
}

impl Transport {
    pub(crate) fn new(wire: Wire, peer: Peer, try_limit: Duration, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            wire,
            peer,
            try_limit,
            clock,
            counts: Counts::default(),
            state: Mutex::new(State::new(Instant::now(), Duration::ZERO, false)),
            pace: Pace::new(),
        }))
    }

    /// Starts anew: nothing was seen yet, and it must be over by `deadline`.
    pub(crate) fn begin(&self, deadline: Instant, limit: Duration) {
        let is_patient = self.speaker() == Speaker::Identity;
        let mut state = self.state();
        let told = state.refused_as_too_many;
        *state = State::new(deadline, limit, is_patient);
        state.told_of_refusals = told;
        drop(state);
        self.0.pace.begin();
    }

    /// So many requests at once are to come beside the first: where each needs a connection, they are opened beforehand, for as long
    /// as the result lives.
    pub(crate) fn expect(&self, count: usize) -> Option<Wanted> {
        self.0.wire.want_spares(count)
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

    /// The SDK's own retry; there is none of ours on top. It sees no 429 of a vault's: those are waited out in [`Self::paced`], for all
    /// requests together, where the SDK would have each wait by itself. How often a request is sent is decided in [`Self::to_sdk`],
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

    /// Is it a service that answers, and says that it is not ready?
    pub(crate) fn is_not_ready(&self) -> bool {
        self.state().any_trouble().is_some_and(Failure::is_not_ready)
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What does not end before the deadline is ended by the deadline: of two limits at one instant, chance would decide which is told.
    fn time_for_a_try(&self) -> Duration {
        let (limit, left) = (self.0.try_limit, self.state().left());
        match left > limit || left.is_zero() {
            true => limit,
            false => Duration::MAX,
        }
    }

    /// Whose replies come this way.
    pub(super) fn speaker(&self) -> Speaker {
        match self.0.peer {
            Peer::Vault(_) => Speaker::Vault,
            Peer::SignIn => Speaker::SignIn,
            Peer::Identity { .. } => Speaker::Identity,
        }
    }

    fn may_ask(&self, url: &Url) -> Result<(), Failure> {
        match &self.0.peer {
            Peer::Vault(origin) => stays_with(origin, url),
            Peer::SignIn | Peer::Identity { .. } => Ok(()),
        }
    }

    async fn send(&self, request: &Request) -> Result<AsyncRawResponse, Failure> {
        let (place, _) = self.0.peer.place(request.url());
        let built = build(self.0.wire.client(&place)?, request, place)?;
        let mut reply = self.0.wire.carry(built).await?;
        if reply.status >= 300 {
            reply = reply.without(&secrets(request));
        }
        self.note(&reply, request)?;
        let Reply {
            status, headers, body, ..
        } = reply;
        let body = match self.speaker() {
            Speaker::SignIn | Speaker::Identity => bounded(body),
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
        let body = Body {
            content_type: reply.content_type(),
            bytes: &reply.body,
            length: reply.length,
        };
        Answer::read(self.speaker(), reply.status, body)
    }

    /// The vault's answer to a request without a token.
    fn is_challenge(&self, reply: &Reply, request: &Request) -> bool {
        let had_token = header(request.headers(), &AUTHORIZATION).is_some();
        reply.status == 401 && self.speaker() == Speaker::Vault && !had_token
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

    /// Sends the request when its turn comes, as often as it is refused as one too many.
    async fn paced(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        loop {
            let turn = self.0.pace.turn().await;
            let reply = self.try_once(request).await?;
            if reply.status() != StatusCode::TooManyRequests {
                turn.answered(reply.status());
                return Ok(reply);
            }
            let asked = pause(reply.headers(), self.0.clock.unix());
            let left = self.state().left();
            if let Some(pause) = turn.refused(asked, left) {
                self.tell_of_a_refusal(request.url(), pause, left);
            }
        }
    }

    /// The first time it is a warning, since a start may wait for minutes and somebody wonders why; and again after a load without one.
    fn tell_of_a_refusal(&self, url: &Url, pause: Duration, left: Duration) {
        let (pause, left) = (pause.as_millis(), left.as_secs());
        let host = url.host_str().unwrap_or_default();
        let told = self.state().tells_of_a_refusal();
        match told {
            false => tracing::warn!(
                "{host} refuses requests as too many (429): all wait for {pause} ms, and the load has {left} s left"
            ),
            true => tracing::debug!("{host} refuses requests as too many (429) again: all wait for {pause} ms"),
        }
    }

    async fn try_once(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        self.0.counts.requests.fetch_add(1, Relaxed);
        let limit = self.0.try_limit;
        let span = telemetry::request(request.method(), request.url());
        let sent = timeout(self.time_for_a_try(), self.send(request))
            .instrument(span.clone())
            .await;
        match &sent {
            Ok(Ok(reply)) => telemetry::answered(&span, reply.status()),
            Ok(Err(failure)) => match failure.answer() {
                Some(answer) => telemetry::answered(&span, StatusCode::from(answer.status)),
                None => telemetry::failed(&span, "connection"),
            },
            Err(_) => telemetry::failed(&span, "timeout"),
        }
        sent.unwrap_or(Err(Failure::NoAnswer { within: limit }))
            .map_err(|failure| self.to_sdk(request, failure.without(&secrets(request))))
    }
}

#[async_trait::async_trait]
impl HttpClient for Transport {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        self.may_ask(request.url())
            .map_err(|failure| self.to_sdk(request, failure))?;
        let (_, host) = self.0.peer.place(request.url());
        self.state().host = Some(host);
        match self.speaker() {
            Speaker::Vault => self.paced(request).await,
            Speaker::SignIn | Speaker::Identity => self.try_once(request).await,
        }
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("speaker", &self.speaker())
            .field("counts", &self.0.counts)
            .finish_non_exhaustive()
    }
}
