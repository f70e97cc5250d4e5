//! What a fault does to a request and to its answer.

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::HeaderName;
use hyper::{Response, StatusCode};

use super::{JSON, Payload, Reply, Switch};
use crate::fault::FaultAction;

const PROXY_PAGE: &str = "<!DOCTYPE html>\r\n<html><head><title>Access denied</title></head>\r\n\
    <body><h1>Access denied</h1><p>The proxy refused this request.</p></body></html>\r\n";

/// What is done to the answer on its way out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Damage {
    /// Nothing.
    #[default]
    None,
    /// Half of it is sent, all of it announced.
    Truncated,
    /// Half of it is sent as if it were all.
    Malformed,
    /// It is a proxy's, so it bears nothing of the service's.
    Foreign,
}

impl Damage {
    /// The answer as it leaves.
    #[must_use]
    pub fn send(self, mut reply: Reply) -> Response<Payload> {
        match self {
            Self::None | Self::Foreign => reply.into_response(),
            Self::Truncated => reply.into_truncated(),
            Self::Malformed => {
                reply.body.truncate(reply.body.len() / 2);
                reply.into_response()
            }
        }
    }
}

/// Lets a fault act on a request: the answer it gives instead, or nothing where the service is to answer, late or damaged.
/// A request that hangs, or whose connection was reset, never comes back from here.
pub async fn act(
    action: FaultAction,
    switch: &Switch,
    damage: &mut Damage,
    throttled: impl FnOnce(Option<u64>) -> Reply,
) -> Option<Reply> {
    match action {
        FaultAction::Delay(delay) => {
            tokio::time::sleep(delay).await;
            None
        }
        FaultAction::Hang | FaultAction::HangConnection => std::future::pending().await,
        FaultAction::Reset | FaultAction::ResetConnection => {
            switch.reset();
            std::future::pending().await
        }
        FaultAction::TruncatedBody => {
            *damage = Damage::Truncated;
            None
        }
        FaultAction::MalformedJson => {
            *damage = Damage::Malformed;
            None
        }
        FaultAction::Throttled { retry_after } => Some(throttled(retry_after)),
        FaultAction::Html { status } => {
            *damage = Damage::Foreign;
            Some(Reply::text(status_of(status), "text/html; charset=utf-8", PROXY_PAGE))
        }
        FaultAction::Status { status, body, headers } => {
            let mut reply = Reply::text(status_of(status), JSON, body);
            for (name, value) in headers {
                if let Ok(name) = HeaderName::try_from(name) {
                    reply = reply.header(name, &value);
                }
            }
            Some(reply)
        }
    }
}

/// The whole body.
///
/// # Errors
///
/// The answer to give instead: 413 for a body of more than `limit` bytes, 400 for one that broke off.
pub async fn read_body(body: Incoming, limit: usize) -> Result<Bytes, Reply> {
    match Limited::new(body, limit).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => {
            Err(Reply::empty(StatusCode::PAYLOAD_TOO_LARGE))
        }
        Err(_) => Err(Reply::empty(StatusCode::BAD_REQUEST)),
    }
}

fn status_of(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
