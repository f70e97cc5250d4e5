//! Answers: what a handler returns and how it becomes bytes, whole or broken.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode};
use serde_json::Value;
use tokio::time::Sleep;

/// The media type of every JSON answer.
pub const JSON: &str = "application/json; charset=utf-8";

/// An answer before it is sent.
///
/// ```
/// use emulator_kit::Reply;
/// use emulator_kit::hyper::StatusCode;
/// use emulator_kit::hyper::header::LOCATION;
/// use serde_json::json;
///
/// let reply = Reply::json(StatusCode::CREATED, &json!({ "id": 7 })).header(LOCATION, "/letters/7");
/// assert_eq!(reply.body, r#"{"id":7}"#);
///
/// let busy = Reply::empty(StatusCode::TOO_MANY_REQUESTS).retry_after(Some(10));
/// assert_eq!(busy.headers[0].1, "10");
/// ```
#[derive(Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: StatusCode,
    /// Its headers, each once.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Its body.
    pub body: Bytes,
}

impl Reply {
    /// No body and no header.
    #[must_use]
    pub fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    /// A JSON body.
    #[must_use]
    pub fn json(status: StatusCode, body: &Value) -> Self {
        Self::text(status, JSON, body.to_string())
    }

    /// A body of any type.
    #[must_use]
    pub fn text(status: StatusCode, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
        .header(CONTENT_TYPE, content_type)
    }

    /// Sets a header, in place of one of that name. What is no header value is left out.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.retain(|(known, _)| *known != name);
            self.headers.push((name, value));
        }
        self
    }

    /// `Retry-After`, in seconds, if there is anything to say.
    #[must_use]
    pub fn retry_after(self, seconds: Option<u64>) -> Self {
        match seconds {
            Some(seconds) => self.header(RETRY_AFTER, &seconds.to_string()),
            None => self,
        }
    }

    pub(crate) fn into_response(self) -> Response<Payload> {
        self.respond(|body| Content::Whole(Some(body)))
    }

    /// Announces the whole body, sends half of it and gives up.
    pub(crate) fn into_truncated(self) -> Response<Payload> {
        let length = self.body.len().max(2).to_string();
        let mut response = self.header(CONTENT_LENGTH, &length).respond(|body| {
            let half = body.slice(..body.len() / 2);
            Content::Broken {
                half: Some(half),
                flushed: None,
            }
        });
        if response.status() == StatusCode::NO_CONTENT {
            *response.status_mut() = StatusCode::OK;
        }
        response
    }

    fn respond(self, content: impl FnOnce(Bytes) -> Content) -> Response<Payload> {
        let mut response = Response::new(Payload(content(self.body)));
        *response.status_mut() = self.status;
        response.headers_mut().extend(self.headers);
        response
    }
}

/// The body of an answer on its way out, which may break off. [`Damage::send`](crate::Damage::send) makes it.
///
/// ```
/// use emulator_kit::hyper::body::Body as _;
/// use emulator_kit::hyper::{Response, StatusCode};
/// use emulator_kit::{Damage, Payload, Reply};
///
/// /// What `Service::serve` ends with.
/// fn dear_reader() -> Response<Payload> {
///     Damage::None.send(Reply::text(StatusCode::OK, "text/plain", "Dear reader"))
/// }
/// assert_eq!(dear_reader().body().size_hint().exact(), Some(11));
/// ```
#[derive(Debug)]
pub struct Payload(Content);

#[derive(Debug)]
enum Content {
    Whole(Option<Bytes>),
    /// Half of it, and then an error.
    Broken {
        half: Option<Bytes>,
        /// Over once the half is on its way.
        flushed: Option<Pin<Box<Sleep>>>,
    },
}

impl Body for Payload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match &mut self.get_mut().0 {
            Content::Whole(body) => Poll::Ready(body.take().filter(|b| !b.is_empty()).map(|b| Ok(Frame::data(b)))),
            Content::Broken { half, flushed } => {
                if let Some(half) = half.take().filter(|half| !half.is_empty()) {
                    return Poll::Ready(Some(Ok(Frame::data(half))));
                }
                // While this waits, the connection flushes the half: the client sees a start without an end.
                let flushed = flushed.get_or_insert_with(|| Box::pin(tokio::time::sleep(Duration::from_millis(5))));
                flushed
                    .as_mut()
                    .poll(context)
                    .map(|()| Some(Err(io::Error::new(io::ErrorKind::BrokenPipe, "truncated on purpose"))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.0, Content::Whole(body) if body.as_ref().is_none_or(Bytes::is_empty))
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Content::Whole(body) => SizeHint::with_exact(body.as_ref().map_or(0, |b| b.len() as u64)),
            // Unknown to hyper, so that it trusts the header.
            Content::Broken { .. } => SizeHint::default(),
        }
    }
}
