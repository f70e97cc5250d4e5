//! The HTTP transport under the SDK: limits on every try, one origin per vault, counts, and the last failure seen.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use azure_core::error::{Error, ErrorKind};
use azure_core::http::headers::{HeaderName, Headers, RETRY_AFTER};
use azure_core::http::{
    AsyncRawResponse, Body, ExponentialRetryOptions, HttpClient, Method, Request, RetryOptions, StatusCode,
};
use azure_core::time::{OffsetDateTime, parse_rfc7231};
use tokio::time::{Instant, timeout};
use url::Url;

use crate::clock::Clock;
use crate::error::one_line;
use crate::failure::{Answer, Failure, Progress, Speaker, deepest, find, is_html, without_tokens};

/// More than a page of 25 names or a secret of 25 KiB can ever be.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// So many failed connections in a row to a host that never answered, and it is no passing trouble: with the pauses between,
/// what takes some three seconds to come up is waited for.
const HOPELESS: u32 = 5;

/// Where the pauses are longer, as managed identity has them, so many and so long are enough.
const HOPELESS_SLOWLY: (u32, Duration) = (3, Duration::from_secs(3));

/// So often is a request sent that meets a fault; what is throttled waits for its turn until the deadline.
const TRIES: u32 = 6;

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
    client: reqwest::Client,
    /// The vault's origin; nothing else is ever asked. A credential's transport has none.
    origin: Option<Url>,
    try_limit: Duration,
    clock: Clock,
    counts: Counts,
    state: Mutex<State>,
}

struct State {
    deadline: Instant,
    limit: Duration,
    /// What stands in the way of which path, until it succeeds.
    troubles: HashMap<String, Trouble>,
    /// Whom the last request went to.
    host: Option<String>,
    /// Has this host ever answered?
    answered: bool,
    failed_connections: u32,
    /// The service's clock at its last answer (the `Date` header), in unix seconds.
    date: Option<i64>,
}

struct Trouble {
    failure: Failure,
    tries: u32,
}

impl State {
    /// Remembers what went wrong, and says whether it went wrong often enough.
    fn trouble(&mut self, path: &str, failure: &Failure) -> bool {
        let trouble = self.troubles.entry(key(path).to_owned()).or_insert_with(|| Trouble {
            failure: failure.clone(),
            tries: 0,
        });
        trouble.failure = failure.clone();
        // The vault's limit is on ten seconds, longer than it takes to try this often.
        if failure.answer().is_none_or(|answer| answer.status != 429) {
            trouble.tries += 1;
        }
        trouble.tries >= TRIES
    }

    /// Was there no answer, and too often no connection?
    fn is_hopeless(&self) -> bool {
        let elapsed = self
            .limit
            .saturating_sub(self.deadline.saturating_duration_since(Instant::now()));
        let (slowly, long) = HOPELESS_SLOWLY;
        !self.answered
            && (self.failed_connections >= HOPELESS || (self.failed_connections >= slowly && elapsed >= long))
    }
}

/// The SDK ends a path with a slash where it names no version.
fn key(path: &str) -> &str {
    path.trim_end_matches('/')
}

impl Transport {
    pub(crate) fn new(client: reqwest::Client, origin: Option<Url>, try_limit: Duration, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            client,
            origin,
            try_limit,
            clock,
            counts: Counts::default(),
            state: Mutex::new(State {
                deadline: Instant::now(),
                limit: Duration::ZERO,
                troubles: HashMap::new(),
                host: None,
                answered: false,
                failed_connections: 0,
                date: None,
            }),
        }))
    }

    /// Starts anew: nothing was seen yet, and it must be over by `deadline`.
    pub(crate) fn begin(&self, deadline: Instant, limit: Duration) {
        let mut state = self.state();
        state.deadline = deadline;
        state.limit = limit;
        state.troubles.clear();
        state.host = None;
        state.answered = false;
        state.failed_connections = 0;
        state.date = None;
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

    /// The time is up: what stood in the way of this path last?
    pub(crate) fn cause_of_timeout(&self, path: &str, progress: Option<Progress>) -> Failure {
        let state = self.state();
        Failure::Timeout {
            within: state.limit,
            last: state
                .troubles
                .get(key(path))
                .map(|trouble| Box::new(trouble.failure.clone())),
            progress,
        }
    }

    /// Does anything stand in the way of this path?
    pub(crate) fn is_in_trouble(&self, path: &str) -> bool {
        self.state().troubles.contains_key(key(path))
    }

    /// Has the host answered since the load began?
    pub(crate) fn has_answered(&self) -> bool {
        self.state().answered
    }

    /// Whom the last request went to, since the load began.
    pub(crate) fn host(&self) -> Option<String> {
        self.state().host.clone()
    }

    /// A token did not come in time: what stood in its way?
    pub(crate) fn cause_of_late_token(&self, within: Duration) -> Failure {
        Failure::Timeout {
            within,
            last: self.any_trouble().map(Box::new),
            progress: None,
        }
    }

    /// A credential asks one endpoint.
    fn any_trouble(&self) -> Option<Failure> {
        let state = self.state();
        state.troubles.values().next().map(|trouble| trouble.failure.clone())
    }

    /// Why a credential gave no token. The SDK's error may hold a whole body, so it is not shown.
    pub(crate) fn cause_of_credential_error(&self, error: &Error) -> Failure {
        if let Some(failure) = find::<Failure>(error) {
            return failure.clone();
        }
        if let Some(failure) = self.any_trouble() {
            return failure;
        }
        if let Some(answer) = Answer::of_sdk(self.speaker(), error) {
            return Failure::Answer(answer);
        }
        if let Some(json) = find::<serde_json::Error>(error) {
            return Failure::Unreadable { cause: place(json) };
        }
        match error.kind() {
            ErrorKind::HttpResponse { .. } => Failure::Other {
                cause: "the token endpoint refused".to_owned(),
            },
            // A credential of the caller's own may quote a reply.
            _ => Failure::Other {
                cause: without_tokens(&deepest(error)),
            },
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whose replies come this way.
    fn speaker(&self) -> Speaker {
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
        let built = self.build(request)?;
        let mut reply = self.0.client.execute(built).await.map_err(Failure::of_transport)?;
        // A client of the caller's own may follow redirects, and then somebody else answers.
        if reply.url().origin() != request.url().origin() {
            let host = host(request.url(), reply.url());
            return Err(Failure::Redirected { host });
        }
        let status = reply.status().as_u16();
        let headers = headers(reply.headers());
        let mut body = Vec::new();
        while let Some(chunk) = reply.chunk().await.map_err(Failure::of_transport)? {
            if body.len() + chunk.len() > MOST_BYTES {
                return Err(Failure::TooLarge { most: MOST_BYTES });
            }
            body.extend_from_slice(&chunk);
        }
        self.note(status, &headers, &body, request)?;
        Ok(AsyncRawResponse::from_bytes(StatusCode::from(status), headers, body))
    }

    fn build(&self, request: &Request) -> Result<reqwest::Request, Failure> {
        let method = match request.method() {
            Method::Delete => reqwest::Method::DELETE,
            Method::Get => reqwest::Method::GET,
            Method::Head => reqwest::Method::HEAD,
            Method::Patch => reqwest::Method::PATCH,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            _ => {
                return Err(Failure::Other {
                    cause: "this method is not sent".to_owned(),
                });
            }
        };
        let mut built = self.0.client.request(method, request.url().clone());
        for (name, value) in request.headers().iter() {
            built = built.header(name.as_str(), value.as_str());
        }
        match request.body() {
            Body::Bytes(bytes) if bytes.is_empty() => {}
            Body::Bytes(bytes) => built = built.body(bytes.clone()),
            Body::SeekableStream(_) => {
                return Err(Failure::Other {
                    cause: "a streaming body is not sent".to_owned(),
                });
            }
        }
        built.build().map_err(|error| Failure::Other {
            cause: deepest(&error.without_url()),
        })
    }

    /// Remembers what the answer says, and refuses a pause that would outlast the deadline.
    fn note(&self, status: u16, headers: &Headers, body: &[u8], request: &Request) -> Result<(), Failure> {
        let mut state = self.state();
        state.answered = true;
        state.failed_connections = 0;
        state.date = headers
            .get_optional_str(&HeaderName::from_static("date"))
            .and_then(|date| parse_rfc7231(date).ok())
            .map(OffsetDateTime::unix_timestamp)
            .or(state.date);
        let content_type = headers.get_optional_str(&HeaderName::from_static("content-type"));
        if status < 300 {
            // The SDK would say no more than that it is no JSON.
            if is_html(content_type, body) {
                return Err(Failure::Answer(Answer::read(
                    self.speaker(),
                    status,
                    content_type,
                    body,
                )));
            }
            state.troubles.remove(key(request.url().path()));
            return Ok(());
        }
        let had_token = request
            .headers()
            .get_optional_str(&HeaderName::from_static("authorization"))
            .is_some();
        if status == 401 && self.0.origin.is_some() && !had_token {
            self.0.counts.challenges.fetch_add(1, Relaxed);
            return Ok(());
        }
        let answer = Answer::read(self.speaker(), status, content_type, body);
        if state.trouble(request.url().path(), &Failure::Answer(answer.clone())) {
            return Err(Failure::Answer(answer));
        }
        if matches!(status, 429 | 503) {
            let left = state.deadline.saturating_duration_since(Instant::now());
            if let Some(wait) = self.pause(headers).filter(|wait| *wait > left) {
                return Err(Failure::TooLongAPause { answer, wait });
            }
        }
        Ok(())
    }

    /// The pause that the service asks for, read as the SDK reads it (RFC 9110, section 10.2.3).
    fn pause(&self, headers: &Headers) -> Option<Duration> {
        let millis = ["x-ms-retry-after-ms", "retry-after-ms"]
            .into_iter()
            .find_map(|name| headers.get_optional_str(&HeaderName::from_static(name))?.parse().ok());
        if let Some(millis) = millis {
            return Some(Duration::from_millis(millis));
        }
        let text = headers.get_optional_str(&RETRY_AFTER)?;
        if let Ok(seconds) = text.trim().parse() {
            return Some(Duration::from_secs(seconds));
        }
        let until = parse_rfc7231(text).ok()?.unix_timestamp();
        Some(Duration::from_secs(
            u64::try_from(until - self.0.clock.unix()).unwrap_or(0),
        ))
    }

    /// The failure as the SDK's retry policy understands it: transport trouble is tried again, the rest is final.
    fn to_sdk(&self, request: &Request, failure: Failure) -> Error {
        let mut state = self.state();
        let kind = match &failure {
            Failure::Unreachable { class, .. } if class.is_final() => ErrorKind::Other,
            Failure::Unreachable { .. } => {
                state.failed_connections += 1;
                if state.is_hopeless() {
                    ErrorKind::Other
                } else {
                    ErrorKind::Connection
                }
            }
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

/// A link that is followed with a token stays where the token is for.
pub(crate) fn stays_with(origin: &Url, url: &Url) -> Result<(), Failure> {
    if origin.origin() == url.origin() {
        return Ok(());
    }
    let is_same_host = origin.host() == url.host();
    if is_same_host && url.scheme() == "http" {
        let host = one_line(url.host_str().unwrap_or_default());
        return Err(Failure::OutOfTls { host });
    }
    let host = host(origin, url);
    Err(Failure::ForeignHost { host })
}

/// Another host's name, with its port where that is all that tells the two apart.
fn host(origin: &Url, url: &Url) -> String {
    let host = one_line(url.host_str().unwrap_or("without a name"));
    match url.port_or_known_default() {
        Some(port) if origin.host() == url.host() => format!("{host}:{port}"),
        _ => host,
    }
}

fn headers(map: &reqwest::header::HeaderMap) -> Headers {
    let mut headers = Headers::new();
    for (name, value) in map {
        if let Ok(value) = value.to_str() {
            // The SDK logs them.
            headers.insert(name.as_str().to_owned(), without_tokens(value));
        }
    }
    headers
}

/// Where a JSON document stops making sense; its own words may quote a value.
pub(crate) fn place(error: &serde_json::Error) -> String {
    if error.is_eof() && error.column() == 0 {
        return "it is empty".to_owned();
    }
    let what = match error.classify() {
        serde_json::error::Category::Data => "JSON of another form",
        serde_json::error::Category::Eof => "JSON that ends early",
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => "no JSON",
    };
    format!("{what} (line {}, column {})", error.line(), error.column())
}
