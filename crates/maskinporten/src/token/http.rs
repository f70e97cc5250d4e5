//! One request for a token: a fresh assertion, one POST, one reply.

#[cfg(test)]
pub(crate) mod fuzz;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::ACCEPT;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};
use tracing::Span;

pub(crate) use super::claims::own_lifetime;
use super::claims::{is_dead, number, seconds};
use super::refusal::{Reply, refusal};
use super::{Token, TokenProvider, remedy};
use crate::authority::{Authority, Endpoints};
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Retry, Stage};
use crate::grant;
use crate::key::{Keys, SigningKey};
use crate::quoted::Secrets;
use crate::request::TokenRequest;
use crate::telemetry;
use crate::transport::{self, Clients};

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// Maskinporten has been seen to take 15 s once in a while.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);
/// For everything, where nobody says until when.
const ALONE: Duration = Duration::from_secs(60);
/// No token is that long.
const MOST: usize = 1024 * 1024;

/// Asks the token endpoint, once per call.
#[derive(Debug, Clone)]
pub(crate) struct HttpTokens {
    pub(crate) http: Clients,
    pub(crate) authority: Authority,
    pub(crate) keys: Keys,
    pub(crate) client_id: String,
    /// The setting of the scopes, where the settings are a section's.
    pub(crate) scope_setting: Option<String>,
    /// Log each assertion's header and claims. This client's, and no other's.
    pub(crate) debug: bool,
    pub(crate) limit: Duration,
    pub(crate) clock: Clock,
    /// Requests to the token endpoint, as they are sent.
    pub(crate) requests: Arc<AtomicU64>,
}

#[async_trait]
impl TokenProvider for HttpTokens {
    async fn token(&self, request: &TokenRequest) -> Result<Arc<Token>, Error> {
        self.token_until(request, self.clock.instant() + ALONE).await
    }

    async fn token_until(&self, request: &TokenRequest, until: Instant) -> Result<Arc<Token>, Error> {
        self.check(request)?;
        let (endpoints, key) = self.ready(until).await?;
        self.keys.look_at_its_end(&key, self.clock.unix());
        match self.with_any_key(&endpoints, &key, request, until).await {
            Ok(token) => Ok(Arc::new(token)),
            Err(error) => match timeout_at(until, self.learn(error.clone(), &endpoints, &key)).await {
                Ok(error) => Err(error),
                Err(_) => Err(error),
            },
        }
    }
}

/// It is the key that was refused: not known (yet), expired, or another one under its name.
fn is_about_the_key(error: &Error) -> bool {
    const SAID: [&str; 4] = [
        // Maskinporten gives this one no code.
        "key identifier",
        // Keycloak (JWTClientAuthenticator).
        "unable to load public key",
        // Hydra (fosite's handler of RFC 7523).
        "no public jwk was registered",
        "unable to verify the integrity",
    ];
    if error.kind() != ErrorKind::Refused || error.retry() != Retry::Never {
        return false;
    }
    match error.mp_code() {
        Some(code) => matches!(code, "MP-121" | "MP-124"),
        None => {
            let text = error.0.cause.to_ascii_lowercase();
            SAID.iter().any(|said| text.contains(said))
        }
    }
}

fn no_answer(endpoint: &str) -> Error {
    Error::new(ErrorKind::Unreachable, Stage::Token, "no answer before the deadline")
        .with_remedy("check that this host reaches the endpoint, or give the client a longer deadline")
        .with(|inner| {
            inner.endpoint = Some(endpoint.to_owned());
            inner.retry = Retry::After(None);
        })
}

impl HttpTokens {
    pub(crate) fn new(http: Clients, authority: Authority, keys: Keys, client_id: String, clock: Clock) -> Self {
        Self {
            http,
            authority,
            keys,
            client_id,
            scope_setting: None,
            debug: false,
            limit: LIMIT,
            clock,
            requests: Arc::default(),
        }
    }

    /// An assertion that is sent by somebody else.
    pub(crate) async fn assertion(&self, request: &TokenRequest) -> Result<SecretString, Error> {
        self.check(request)?;
        let (endpoints, key) = self.ready(self.clock.instant() + ALONE).await?;
        self.keys.look_at_its_end(&key, self.clock.unix());
        grant::assertion(&key, &self.client_id, &endpoints.issuer, request, self.clock.unix())
    }

    async fn ready(&self, until: Instant) -> Result<(Arc<Endpoints>, SigningKey), Error> {
        let ready = async { futures::try_join!(self.authority.endpoints(), self.keys.get()) };
        timeout_at(until, ready).await.map_err(|_| self.not_ready())?
    }

    /// The deadline came before anything was sent.
    fn not_ready(&self) -> Error {
        let error = match self.keys.current() {
            None => Error::new(ErrorKind::Key, Stage::Key, "its source gave no key before the deadline").with_remedy(
                "check that this host reaches the place where the key is kept, or give the client a longer deadline",
            ),
            Some(_) => Error::new(ErrorKind::Metadata, Stage::Metadata, "no answer before the deadline")
                .with_remedy("check that this host reaches the authority, or give the client a longer deadline")
                .with(|inner| inner.endpoint = Some(self.authority.name())),
        };
        error.with(|inner| inner.retry = Retry::After(None))
    }

    /// Nothing is sent that would be refused.
    fn check(&self, request: &TokenRequest) -> Result<(), Error> {
        request.validate().map_err(|error| match &self.scope_setting {
            Some(setting) if request.scopes.is_empty() => {
                error.with_remedy(format!("set `{setting}` or name scopes in the request"))
            }
            _ => error,
        })
    }

    /// With the key in use or, where that is not known, with a spare.
    async fn with_any_key(
        &self,
        endpoints: &Endpoints,
        key: &SigningKey,
        request: &TokenRequest,
        until: Instant,
    ) -> Result<Token, Error> {
        let refusal = match self.alive(endpoints, key, request, until).await {
            Ok(token) => {
                self.keys.works(key);
                return Ok(token);
            }
            Err(error) if is_about_the_key(&error) => error,
            Err(error) => return Err(error),
        };
        for spare in self.keys.spares(key, self.clock.instant()) {
            match self.alive(endpoints, spare.key(), request, until).await {
                Ok(token) => {
                    self.keys.spare_served(key, spare, self.clock.instant(), &refusal);
                    return Ok(token);
                }
                Err(error) if is_about_the_key(&error) => {}
                // With that key it would have come to this.
                Err(error) => return Err(error),
            }
        }
        Err(refusal)
    }

    async fn alive(
        &self,
        endpoints: &Endpoints,
        key: &SigningKey,
        request: &TokenRequest,
        until: Instant,
    ) -> Result<Token, Error> {
        let (token, dead) = self.ask(endpoints, key, request, until).await?;
        if !dead {
            return Ok(token);
        }
        tracing::debug!("the token had ended when it came; asking once more");
        // What is dead again is for the API to judge.
        Ok(self.ask(endpoints, key, request, until).await?.0)
    }

    /// A token, and whether it is dead already.
    async fn ask(
        &self,
        endpoints: &Endpoints,
        key: &SigningKey,
        request: &TokenRequest,
        until: Instant,
    ) -> Result<(Token, bool), Error> {
        // Before it is signed: an assertion's time starts then.
        let turn = self.http.turn(&endpoints.token_endpoint, Stage::Token, until).await?;
        let url = &endpoints.token_endpoint;
        let span = telemetry::request("POST", url);
        let post = self.post(&turn.http, endpoints, key, request, &span);
        let asked = telemetry::sent(&span, async {
            let asked = timeout_at(until, post).await;
            asked.unwrap_or_else(|_| Err(no_answer(url)))
        });
        asked.await
    }

    async fn post(
        &self,
        http: &reqwest::Client,
        endpoints: &Endpoints,
        key: &SigningKey,
        request: &TokenRequest,
        span: &Span,
    ) -> Result<(Token, bool), Error> {
        let url = endpoints.token_endpoint.as_str();
        let now = self.clock.unix();
        // Before it is sent: a token must not seem younger than it is.
        let received = self.clock.instant();
        let assertion = grant::assertion(key, &self.client_id, &endpoints.issuer, request, now)?;
        let sent = Secrets::of(assertion.expose_secret());
        if self.debug {
            tracing::info!(
                client_id = %self.client_id,
                token_endpoint = %url,
                assertion = %grant::shown(&assertion),
                "asking for a token"
            );
        }
        let unreachable = |error: reqwest::Error| {
            let error = self.http.unreached(url, Stage::Token, error, self.limit, &sent);
            error.with(|inner| inner.endpoint = Some(url.to_owned()))
        };
        let form = [("grant_type", GRANT_TYPE), ("assertion", assertion.expose_secret())];
        let post = http.post(url).header(ACCEPT, "application/json").timeout(self.limit);
        self.requests.fetch_add(1, Ordering::Relaxed);
        let response = post.form(&form).send().await.map_err(unreachable)?;
        let status = response.status();
        telemetry::answered(span, status);
        let invalid = |cause: &str| {
            Error::new(ErrorKind::InvalidResponse, Stage::Token, cause).with(|inner| {
                inner.endpoint = Some(url.to_owned());
                inner.status = Some(status.as_u16());
            })
        };
        transport::answered_from(&response, url)
            .map_err(|cause| invalid(&sent.cut(&cause)).with_remedy(transport::REDIRECTED))?;
        let headers = response.headers().clone();
        let body = transport::body(response, MOST).await.map_err(unreachable)?;
        let Some(body) = body else {
            return Err(invalid("the reply is too long for a token"));
        };
        if !status.is_success() {
            let error = refusal(&Reply {
                endpoint: url,
                status: status.as_u16(),
                headers: &headers,
                body: &body,
                sent: &sent,
                now: self.clock.unix(),
            });
            return Err(remedy::of_key(error, key));
        }
        read(&body, (received, now), self.clock.unix(), &request.scopes, sent).map_err(|cause| invalid(&cause))
    }

    /// A key that was rotated and an issuer that was renamed are worth another try, once they are known.
    async fn learn(&self, error: Error, endpoints: &Endpoints, key: &SigningKey) -> Error {
        if error.kind() != ErrorKind::Refused || error.retry() != Retry::Never {
            return error;
        }
        let changed = match error.mp_code() {
            _ if is_about_the_key(&error) => self.new_key(key).await,
            Some("MP-110") => self.authority.replace(endpoints).await,
            _ => false,
        };
        match changed {
            true => error.with(|inner| inner.retry = Retry::Once),
            false => error,
        }
    }

    async fn new_key(&self, used: &SigningKey) -> bool {
        self.keys.replace(used).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the signing key was refused, and cannot be loaded again");
            false
        })
    }
}

/// The token that a reply grants, and whether it is dead already. `sent_at` and `asked` are the moment of the
/// request by two clocks, and `now` is when the reply came.
fn read(
    body: &[u8],
    (sent_at, asked): (Instant, i64),
    now: i64,
    scopes: &[String],
    sent: Secrets,
) -> Result<(Token, bool), String> {
    let granted = Granted::read(body)?;
    let expires = granted
        .lifetime(asked)
        .and_then(|lifetime| sent_at.checked_add(lifetime));
    let nothing_left = granted.nothing_left;
    // What quotes a secret names no scopes; those that were asked for are none, whatever a token is made of.
    let held = sent.and(granted.token.expose_secret());
    let scope = granted.scope.filter(|scope| !held.are_in(scope, scopes));
    let token = Token::new(granted.token, sent_at, expires, scope);
    let dead = expires.is_none() && nothing_left || is_dead(&token, now);
    Ok((token, dead))
}

/// What a token endpoint grants, as other clients have to read it too: `expires_in` as a number or a text, no `scope`, any case of
/// `Bearer`.
struct Granted {
    token: SecretString,
    scope: Option<String>,
    expires_in: Option<Duration>,
    /// It says itself that it has ended.
    nothing_left: bool,
}

#[derive(Deserialize)]
struct Body {
    access_token: Option<SecretString>,
    token_type: Option<Value>,
    expires_in: Option<Value>,
    scope: Option<Value>,
}

impl Granted {
    fn read(body: &[u8]) -> Result<Self, String> {
        // The parser's own words may hold a piece of the body.
        let body: Body = serde_json::from_slice(body).map_err(|_| "the reply is not the JSON of a token".to_owned())?;
        let token = body.access_token.ok_or("the reply holds no `access_token`")?;
        let visible = |token: &str| !token.is_empty() && token.bytes().all(|c| c.is_ascii_graphic());
        if !visible(token.expose_secret()) {
            return Err("the reply's `access_token` cannot be sent in a header".to_owned());
        }
        match body.token_type {
            None | Some(Value::Null) => {}
            Some(Value::String(kind)) if kind.trim().eq_ignore_ascii_case("bearer") => {}
            Some(_) => return Err("the reply's `token_type` is not `Bearer`".to_owned()),
        }
        let scope = match body.scope {
            Some(Value::String(scope)) if !scope.trim().is_empty() => Some(scope),
            _ => None,
        };
        Ok(Self {
            token,
            scope,
            expires_in: body.expires_in.as_ref().and_then(seconds),
            nothing_left: body
                .expires_in
                .as_ref()
                .and_then(number)
                .is_some_and(|left| left <= 0.0),
        })
    }

    /// `expires_in`, but never longer than the token itself says; `None` if neither makes sense.
    fn lifetime(&self, now: i64) -> Option<Duration> {
        let own = own_lifetime(self.token.expose_secret(), now);
        match (self.expires_in, own) {
            (Some(said), Some(own)) => Some(said.min(own)),
            (said, own) => said.or(own),
        }
    }
}

#[cfg(test)]
mod tests;
