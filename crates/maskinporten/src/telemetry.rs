//! Spans, under OpenTelemetry's names where it has one: a token, its exchange, the metadata, and each request of them. Never a value.

use std::cell::RefCell;

use http::StatusCode;
use tracing::field::Empty;
use tracing::{Instrument as _, Span, info_span};
use url::Url;

use crate::error::{Error, ErrorKind, Stage};

tokio::task_local! {
    /// Which addresses were asked within this span, and how often.
    static SENT: RefCell<Vec<(String, i64)>>;
}

/// All that is done for a token of Maskinporten's or for Altinn's, and for the metadata: with every try and pause.
pub(crate) async fn within<T>(stage: Stage, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let span = match stage {
        Stage::Exchange => info_span!(
            "maskinporten.exchange",
            otel.kind = "internal",
            otel.status_code = Empty,
            "error.type" = Empty,
        ),
        Stage::Metadata => info_span!(
            "maskinporten.metadata",
            otel.kind = "internal",
            otel.status_code = Empty,
            "error.type" = Empty,
        ),
        _ => info_span!(
            "maskinporten.token",
            otel.kind = "internal",
            otel.status_code = Empty,
            "error.type" = Empty,
        ),
    };
    let done = SENT.scope(RefCell::default(), work).instrument(span.clone()).await;
    if let Err(error) = &done {
        failed(&span, class(error.kind()));
    }
    done
}

/// One try of a request (OpenTelemetry's semantic conventions for HTTP, client spans). A query may hold what nobody should read, and
/// so may a user's name.
pub(crate) fn request(method: &'static str, url: &str) -> Span {
    let shown = Url::parse(url).ok().map(shown);
    info_span!(
        "http.request",
        otel.name = method,
        otel.kind = "client",
        otel.status_code = Empty,
        http.request.method = method,
        http.request.resend_count = sent_before(url),
        http.response.status_code = Empty,
        server.address = shown.as_ref().and_then(Url::host_str),
        // OpenTelemetry's collectors take a signed number, and any other for a text.
        server.port = shown.as_ref().and_then(Url::port_or_known_default).map(i64::from),
        url.full = shown.as_ref().map(Url::as_str),
        "error.type" = Empty,
    )
}

/// How often it was sent already; the first time says nothing of it.
fn sent_before(url: &str) -> Option<i64> {
    let count = |sent: &RefCell<Vec<(String, i64)>>| {
        let mut sent = sent.borrow_mut();
        match sent.iter_mut().find(|(to, _)| to == url) {
            Some((_, times)) => {
                *times += 1;
                Some(*times)
            }
            None => {
                sent.push((url.to_owned(), 0));
                None
            }
        }
    };
    SENT.try_with(count).ok().flatten()
}

/// Runs inside that span.
pub(crate) async fn sent<T>(span: &Span, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let done = work.instrument(span.clone()).await;
    if let Err(error) = &done {
        match error.status() {
            // Told when it came.
            Some(400..) => {}
            _ => failed(span, class(error.kind())),
        }
    }
    done
}

/// What the request of this span came to. A client's span of 400 and above is an error.
pub(crate) fn answered(span: &Span, status: StatusCode) {
    span.record("http.response.status_code", i64::from(status.as_u16()));
    if status.as_u16() >= 400 {
        failed(span, status.as_str());
    }
}

fn failed(span: &Span, class: &str) {
    span.record("error.type", class);
    span.record("otel.status_code", "ERROR");
}

fn shown(mut url: Url) -> Url {
    url.set_query(None);
    url.set_fragment(None);
    // Neither can fail where there is a host, and where there is none there is no user.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

fn class(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Settings => "settings",
        ErrorKind::Key => "key",
        ErrorKind::InvalidRequest => "invalid_request",
        ErrorKind::Metadata => "metadata",
        ErrorKind::Unreachable => "unreachable",
        ErrorKind::Refused => "refused",
        ErrorKind::Unavailable => "unavailable",
        ErrorKind::InvalidResponse => "invalid_response",
        ErrorKind::Exchange => "exchange",
        ErrorKind::Store => "store",
    }
}
