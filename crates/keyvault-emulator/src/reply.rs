//! Answers: what a handler returns and how it becomes bytes, whole or broken.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};
use tokio::time::Sleep;

pub(crate) const JSON: &str = "application/json; charset=utf-8";

/// An answer before it is sent.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    pub(crate) fn json(status: StatusCode, body: &Value) -> Self {
        Self::text(status, JSON, body.to_string())
    }

    pub(crate) fn text(status: StatusCode, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
        .header(CONTENT_TYPE, content_type)
    }

    /// Sets a header, in place of one of that name. What is no header value is left out.
    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.retain(|(known, _)| *known != name);
            self.headers.push((name, value));
        }
        self
    }

    pub(crate) fn into_response(self) -> Response<Payload> {
        self.respond(|body| Payload::Whole(Some(body)))
    }

    /// Announces the whole body, sends half of it and gives up.
    pub(crate) fn into_truncated(self) -> Response<Payload> {
        let length = self.body.len().max(2).to_string();
        let mut response = self.header(hyper::header::CONTENT_LENGTH, &length).respond(|body| {
            let half = body.slice(..body.len() / 2);
            Payload::Broken {
                half: Some(half),
                flushed: None,
            }
        });
        if response.status() == StatusCode::NO_CONTENT {
            *response.status_mut() = StatusCode::OK;
        }
        response
    }

    fn respond(self, payload: impl FnOnce(Bytes) -> Payload) -> Response<Payload> {
        let mut response = Response::new(payload(self.body));
        *response.status_mut() = self.status;
        response.headers_mut().extend(self.headers);
        response
    }
}

/// An error as the vault words it.
#[derive(Debug)]
pub(crate) struct ServiceError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) inner: Option<&'static str>,
    pub(crate) message: String,
}

impl ServiceError {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            inner: None,
            message: message.into(),
        }
    }

    pub(crate) fn inner(mut self, code: &'static str) -> Self {
        self.inner = Some(code);
        self
    }

    pub(crate) fn bad_parameter(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadParameter", message)
    }

    pub(crate) fn throttled() -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "Throttled",
            "Request was not processed because too many requests were received. \
             Reason: VaultRequestTypeLimitReached",
        )
    }
}

impl From<ServiceError> for Reply {
    fn from(error: ServiceError) -> Self {
        let mut shown = json!({ "code": error.code, "message": error.message });
        if let Some(inner) = error.inner {
            shown["innererror"] = json!({ "code": inner });
        }
        Self::json(error.status, &json!({ "error": shown }))
    }
}

/// A response body, which may break off.
pub(crate) enum Payload {
    Whole(Option<Bytes>),
    Broken {
        half: Option<Bytes>,
        flushed: Option<Pin<Box<Sleep>>>,
    },
}

impl Body for Payload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match self.get_mut() {
            Self::Whole(body) => Poll::Ready(body.take().filter(|b| !b.is_empty()).map(|b| Ok(Frame::data(b)))),
            Self::Broken { half, flushed } => {
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
        matches!(self, Self::Whole(body) if body.as_ref().is_none_or(Bytes::is_empty))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => SizeHint::with_exact(body.as_ref().map_or(0, |b| b.len() as u64)),
            // Unknown to hyper, so that it trusts the header.
            Self::Broken { .. } => SizeHint::default(),
        }
    }
}
