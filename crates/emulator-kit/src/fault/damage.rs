//! What a fault does to a request and to its answer.

use hyper::header::HeaderName;
use hyper::{Response, StatusCode};

use super::FaultAction;
use crate::origin::Origin;
use crate::reply::{JSON, Payload, Reply};

const PROXY_PAGE: &str = "<!DOCTYPE html>\r\n<html><head><title>Access denied</title></head>\r\n\
    <body><h1>Access denied</h1><p>The proxy refused this request.</p></body></html>\r\n";

/// What is done to the answer on its way out: [`FaultBook::act`](crate::FaultBook::act) notes it, [`Damage::send`] does it.
///
/// ```
/// use emulator_kit::hyper::StatusCode;
/// use emulator_kit::hyper::body::Body as _;
/// use emulator_kit::{Damage, Reply};
///
/// let noon = || Reply::text(StatusCode::OK, "application/json", r#"{"time":"noon"}"#);
/// assert_eq!(Damage::None.send(noon()).body().size_hint().exact(), Some(15));
/// // JSON that ends too early, with a length that fits.
/// assert_eq!(Damage::Malformed.send(noon()).body().size_hint().exact(), Some(7));
/// // A connection that breaks off: all is announced, half is sent.
/// assert_eq!(Damage::Truncated.send(noon()).headers()["content-length"], "15");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Damage {
    /// Nothing.
    #[default]
    None,
    /// Half of it is sent, all of it announced.
    Truncated,
    /// Half of it is sent as if it were all.
    Malformed,
    /// It is a proxy's: an emulator adds nothing of its service's, such as headers.
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

/// See [`FaultBook::act`](super::FaultBook::act).
pub(super) async fn act(
    action: FaultAction,
    origin: &Origin,
    damage: &mut Damage,
    throttled: impl FnOnce(Option<u64>) -> Reply,
) -> Option<Reply> {
    match action {
        FaultAction::Delay(delay) => {
            tokio::time::sleep(delay).await;
            None
        }
        FaultAction::Barrier(barrier) => {
            barrier.pass().await;
            None
        }
        FaultAction::Hang | FaultAction::HangConnection => std::future::pending().await,
        FaultAction::Reset | FaultAction::ResetConnection => {
            origin.reset();
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

fn status_of(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
