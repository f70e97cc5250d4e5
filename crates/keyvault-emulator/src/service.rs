//! One request: recorded, perhaps hit by a fault, routed, answered.

use std::sync::Arc;
use std::time::Instant;

use emulator_kit::{Damage, FaultAction, Host, Origin, Payload, Reply, Service, bearer, read_body};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName};
use hyper::http::request::Parts;
use hyper::{Request, Response, StatusCode};

use crate::api::{self, Call, Route};
use crate::entra::{self, TokenRequest};
use crate::lock::lock;
use crate::record::{RecordedRequest, RequestKind};
use crate::redacted::redacted;
use crate::state::Shared;
use crate::vault::VaultCell;
use crate::{fault, identity};

/// A backup of many versions is the largest body there is.
const MAX_BODY: usize = 4 << 20;

/// One request, taken apart.
struct Exchange {
    shared: Arc<Shared>,
    id: u64,
    origin: Origin,
    parts: Parts,
    host: Host,
    route: Route,
    vault: Option<(String, Arc<VaultCell>, &'static str)>,
}

impl Service for Shared {
    fn connected(&self) -> u64 {
        self.journal.connection()
    }

    fn connection_fault(&self) -> Option<FaultAction> {
        self.faults.for_connection()
    }

    async fn serve(self: Arc<Self>, origin: Origin, request: Request<Incoming>) -> Response<Payload> {
        let (parts, body) = request.into_parts();
        let exchange = Exchange::new(self, origin, parts);
        let body = match read_body(body, MAX_BODY).await {
            Ok(body) => body,
            Err(reply) => return exchange.finish(reply, Damage::None),
        };
        // Before a fault hits it: what was sent counts, whatever became of it.
        let sent = redacted(exchange.route.kind, &exchange.parts, &body);
        exchange
            .shared
            .journal
            .change(exchange.id, |request| request.body = sent);
        let mut damage = Damage::None;
        let reply = exchange.answer(&body, &mut damage).await;
        exchange.finish(reply, damage)
    }
}

impl Exchange {
    fn new(shared: Arc<Shared>, origin: Origin, parts: Parts) -> Self {
        let host = Host::of(&parts);
        let path = parts.uri.path();
        let mut route = api::route(&parts.method, path);
        if origin.plain {
            route.kind = if identity::is_path(path) {
                RequestKind::Identity
            } else {
                RequestKind::Unknown
            };
            route.is_vault = false;
        }
        let found = if route.is_vault {
            shared.vault_of_host(&host)
        } else {
            None
        };
        let vault = found.map(|(cell, resource)| {
            let name = lock(&cell.state).name.clone();
            (name, cell, resource)
        });
        let id = shared.journal.arrived(|id| RecordedRequest {
            id,
            connection: origin.connection,
            method: parts.method.to_string(),
            path: path.to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            host: host.to_string(),
            vault: vault.as_ref().map(|(name, ..)| name.clone()),
            kind: route.kind,
            secret: route.secret.clone(),
            has_token: bearer(&parts.headers).is_some(),
            authorized: false,
            body: None,
            status: 0,
            http_version: format!("{:?}", parts.version),
            at: Instant::now(),
        });
        Self {
            shared,
            id,
            origin,
            parts,
            host,
            route,
            vault,
        }
    }

    async fn answer(&self, body: &[u8], damage: &mut Damage) -> Reply {
        let Some((name, cell, resource)) = &self.vault else {
            return match self.fault(None, true, damage).await {
                Some(reply) => reply,
                None => self.answer_elsewhere(body),
            };
        };
        if let Some(reply) = self.fault(Some(name), false, damage).await {
            return reply;
        }
        let caller = match api::authenticate(&self.shared, &self.parts.headers, resource) {
            Ok(caller) => caller,
            Err(message) => return api::challenge(&self.shared, resource, &message),
        };
        self.shared.journal.change(self.id, |request| request.authorized = true);
        if let Some(reply) = self.fault(Some(name), true, damage).await {
            return reply;
        }
        let call = Call {
            shared: &self.shared,
            route: &self.route,
            method: &self.parts.method,
            query: self.parts.uri.query().unwrap_or_default(),
            base: &format!("https://{}", self.host),
            body,
        };
        api::answer(&call, cell, &caller)
    }

    /// Entra ID, managed identity, and hosts and paths that nobody knows.
    fn answer_elsewhere(&self, body: &[u8]) -> Reply {
        let path = self.parts.uri.path();
        if self.origin.plain {
            let query = self.parts.uri.query().unwrap_or_default();
            return identity::answer(&self.shared, &self.parts.method, path, query, &self.parts.headers);
        }
        if self.route.is_vault || !self.host.is_local() {
            // At Azure such a host does not resolve; a client that got here anyway asked the wrong server.
            return Reply::empty(StatusCode::MISDIRECTED_REQUEST);
        }
        let tenant = self.route.tenant.as_deref().unwrap_or_default();
        match self.route.kind {
            RequestKind::Token => {
                let header = |name: HeaderName| self.parts.headers.get(name)?.to_str().ok();
                let request = TokenRequest {
                    tenant,
                    version_2: self.route.version_2,
                    content_type: header(CONTENT_TYPE),
                    authorization: header(AUTHORIZATION),
                    body,
                };
                entra::token(&self.shared, &request)
            }
            RequestKind::OpenIdConfiguration => entra::openid_configuration(&self.shared, tenant, self.route.version_2),
            RequestKind::SigningKeys => entra::signing_keys(&self.shared, tenant),
            RequestKind::InstanceDiscovery => entra::instance_discovery(&self.shared),
            _ => api::no_such_path(&self.parts.method, &self.route).into(),
        }
    }

    /// The answer that a fault gives instead, if one hits; a delay only passes time.
    async fn fault(&self, vault: Option<&str>, authenticated: bool, damage: &mut Damage) -> Option<Reply> {
        let secret = self.route.secret.as_deref();
        let subject = fault::subject(self.route.kind, &self.parts, secret, vault, authenticated);
        let faults = &self.shared.faults;
        faults.act(&subject, &self.origin, damage, api::throttled).await
    }

    fn finish(&self, mut reply: Reply, damage: Damage) -> Response<Payload> {
        let status = reply.status.as_u16();
        self.shared.journal.change(self.id, |request| request.status = status);
        tracing::debug!(
            request = self.id,
            method = %self.parts.method,
            path = self.parts.uri.path(),
            status = reply.status.as_u16(),
            vault = self.vault.as_ref().map(|(name, ..)| name.as_str()),
            "answered"
        );
        if self.vault.is_some() && !matches!(damage, Damage::Foreign) {
            reply = api::with_vault_headers(reply, &self.parts.headers);
        }
        damage.send(reply)
    }
}
