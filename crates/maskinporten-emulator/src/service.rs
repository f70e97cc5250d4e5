//! One request: recorded, perhaps hit by a fault, routed, answered.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use hyper::body::Incoming;
use hyper::header::{DATE, HOST, RETRY_AFTER};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response, StatusCode};
use keyvault_emulator::FaultAction;
use keyvault_emulator::server::{
    Damage, Origin, Payload, Reply, Service, Subject, act, host_name, is_local, lock, read_body,
};
use serde_json::json;

use crate::record::{RecordedRequest, RequestKind};
use crate::state::{Shared, paths};
use crate::token::bearer;
use crate::{api, exchange, grant, metadata};

/// Assertions are small; the API is sent anything.
const MAX_BODY: usize = 16 << 20;

impl Service for Shared {
    fn connected(&self) -> (u64, Option<FaultAction>) {
        (self.journal.connection(), lock(&self.faults).for_connection())
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
                match self.fault(&origin, &parts, kind, &mut damage).await {
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
    /// The answer that a fault gives instead, if one hits.
    async fn fault(&self, origin: &Origin, parts: &Parts, kind: RequestKind, damage: &mut Damage) -> Option<Reply> {
        let subject = Subject {
            kind,
            secret: None,
            vault: None,
            path: parts.uri.path(),
            query: parts.uri.query().unwrap_or_default(),
            authenticated: None,
        };
        let action = lock(&self.faults).for_request(&subject)?;
        tracing::debug!(path = parts.uri.path(), ?action, "fault");
        act(action, &origin.switch, damage, throttled).await
    }

    fn route(&self, parts: &Parts, kind: RequestKind, body: &[u8]) -> Reply {
        if !is_local(&host_name(&host(parts))) {
            return Reply::empty(StatusCode::MISDIRECTED_REQUEST);
        }
        let is_read = matches!(parts.method, Method::GET | Method::HEAD);
        match kind {
            RequestKind::Token => grant::answer(self, parts, body),
            RequestKind::Exchange => exchange::answer(self, parts),
            RequestKind::Api => api::answer(self, parts, body),
            RequestKind::Unknown => Reply::json(StatusCode::NOT_FOUND, &json!({ "error": "not_found" })),
            _ if !is_read => Reply::empty(StatusCode::METHOD_NOT_ALLOWED),
            RequestKind::Metadata => metadata::maskinporten(self),
            RequestKind::Jwks => metadata::keys(self.signing_keys().iter().map(AsRef::as_ref)),
            RequestKind::AltinnKeys if parts.uri.path() == paths::ALTINN_OPENID => metadata::altinn(self),
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
        paths::TOKEN => RequestKind::Token,
        paths::JWKS => RequestKind::Jwks,
        paths::METADATA | paths::OPENID => RequestKind::Metadata,
        paths::ALTINN_OPENID | paths::ALTINN_JWKS => RequestKind::AltinnKeys,
        path if path.to_ascii_lowercase().starts_with(paths::EXCHANGES) => RequestKind::Exchange,
        path if path
            .strip_prefix(paths::API)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) =>
        {
            RequestKind::Api
        }
        _ => RequestKind::Unknown,
    }
}

fn host(parts: &Parts) -> String {
    let from_uri = parts.uri.authority().map(|authority| authority.as_str().to_owned());
    from_uri
        .or_else(|| Some(parts.headers.get(HOST)?.to_str().ok()?.to_owned()))
        .unwrap_or_default()
}

fn record(id: u64, origin: &Origin, parts: &Parts, kind: RequestKind) -> RecordedRequest {
    RecordedRequest {
        id,
        connection: origin.connection,
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        host: host(parts),
        kind,
        has_token: bearer(&parts.headers).is_some(),
        client_id: None,
        scope: None,
        jti: None,
        status: 0,
        http_version: format!("{:?}", parts.version),
        at: Instant::now(),
    }
}

/// No body of Maskinporten's has been seen for it; gateways send text.
fn throttled(retry_after: Option<u64>) -> Reply {
    let reply = Reply::text(
        StatusCode::TOO_MANY_REQUESTS,
        "text/plain; charset=utf-8",
        "Too many requests",
    );
    match retry_after {
        Some(seconds) => reply.header(RETRY_AFTER, &seconds.to_string()),
        None => reply,
    }
}
