//! One request: recorded, perhaps hit by a fault, routed, answered.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use emulator_kit::{Damage, FaultAction, Host, Origin, Payload, Reply, Service, Subject, bearer, read_body};
use hyper::body::Incoming;
use hyper::header::DATE;
use hyper::http::request::Parts;
use hyper::{Method, Request, Response, StatusCode};
use serde_json::json;

use crate::record::{RecordedRequest, RequestKind};
use crate::state::{Shared, paths};
use crate::{api, exchange, grant, metadata, self_service};

/// Assertions are small; the API is sent anything.
const MAX_BODY: usize = 16 << 20;

impl Service for Shared {
    fn connected(&self) -> u64 {
        self.journal.connection()
    }

    fn connection_fault(&self) -> Option<FaultAction> {
        self.faults.for_connection()
    }

    async fn serve(self: Arc<Self>, origin: Origin, request: Request<Incoming>) -> Response<Payload> {
        let (parts, body) = request.into_parts();
        let kind = kind_of(parts.uri.path());
        let id = self.journal.arrived(|id| record(id, &origin, &parts, kind));
        let mut damage = Damage::None;
        let reply = match read_body(body, MAX_BODY).await {
            Ok(body) => {
                if kind == RequestKind::Token {
                    // Before a fault hits it: what was sent counts, whatever became of it.
                    self.journal.change(id, |record| grant::describe(record, &body));
                }
                let subject = Subject::new(kind, &parts);
                match self.faults.act(&subject, &origin, &mut damage, throttled).await {
                    Some(reply) => reply,
                    None => self.route(&parts, kind, &body),
                }
            }
            Err(reply) => reply,
        };
        let status = reply.status.as_u16();
        self.journal.change(id, |record| record.status = status);
        tracing::debug!(request = id, method = %parts.method, path = parts.uri.path(), status, "answered");
        damage.send(self.dated(reply))
    }
}

impl Shared {
    fn route(&self, parts: &Parts, kind: RequestKind, body: &[u8]) -> Reply {
        if !Host::of(parts).is_local() {
            return Reply::empty(StatusCode::MISDIRECTED_REQUEST);
        }
        let is_read = matches!(parts.method, Method::GET | Method::HEAD);
        match kind {
            RequestKind::Token => grant::answer(self, parts, body),
            RequestKind::Exchange => exchange::answer(self, parts),
            RequestKind::Api => api::answer(self, parts, body),
            RequestKind::SelfService => self_service::answer(self, parts, body),
            RequestKind::Unknown => Reply::json(StatusCode::NOT_FOUND, &json!({ "error": "not_found" })),
            _ if !is_read => Reply::empty(StatusCode::METHOD_NOT_ALLOWED),
            RequestKind::Metadata => metadata::maskinporten(self),
            RequestKind::Jwks => metadata::keys(self.signing_keys().iter().map(AsRef::as_ref)),
            RequestKind::AltinnKeys if is_document(parts.uri.path(), paths::ALTINN_OPENID) => metadata::altinn(self),
            RequestKind::AltinnKeys => metadata::keys([self.altinn_key().as_ref()]),
        }
    }

    /// Where the clock is a test's, the header follows it: clients measure their own by that.
    fn dated(&self, reply: Reply) -> Reply {
        if self.clock.is_none() {
            return reply;
        }
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(self.now()).unwrap_or(0));
        reply.header(DATE, &httpdate::fmt_http_date(now))
    }
}

fn kind_of(path: &str) -> RequestKind {
    match path {
        // The documents, and only they, are served with a slash at the end as well.
        _ if is_document(path, paths::METADATA) || is_document(path, paths::OPENID) => RequestKind::Metadata,
        _ if is_document(path, paths::ALTINN_OPENID) => RequestKind::AltinnKeys,
        paths::TOKEN => RequestKind::Token,
        paths::JWKS => RequestKind::Jwks,
        paths::ALTINN_JWKS => RequestKind::AltinnKeys,
        path if path.to_ascii_lowercase().starts_with(paths::EXCHANGES) => RequestKind::Exchange,
        path if path
            .strip_prefix(paths::API)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) =>
        {
            RequestKind::Api
        }
        path if self_service::client_of(path).is_some() => RequestKind::SelfService,
        _ => RequestKind::Unknown,
    }
}

fn is_document(path: &str, document: &str) -> bool {
    path.strip_suffix('/').unwrap_or(path) == document
}

fn record(id: u64, origin: &Origin, parts: &Parts, kind: RequestKind) -> RecordedRequest {
    RecordedRequest {
        id,
        connection: origin.connection,
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        host: Host::of(parts).to_string(),
        kind,
        has_token: bearer(&parts.headers).is_some(),
        client_id: None,
        scope: None,
        jti: None,
        header: None,
        claims: None,
        status: 0,
        http_version: format!("{:?}", parts.version),
        at: Instant::now(),
    }
}

/// No body of Maskinporten's has been seen for it; gateways send text.
fn throttled(retry_after: Option<u64>) -> Reply {
    Reply::text(
        StatusCode::TOO_MANY_REQUESTS,
        "text/plain; charset=utf-8",
        "Too many requests",
    )
    .retry_after(retry_after)
}
