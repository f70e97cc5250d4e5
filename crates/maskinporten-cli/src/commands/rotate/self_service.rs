//! A client's registered keys, by Digdir's self-service API.
//!
//! Documented (<https://docs.digdir.no/docs/idporten/oidc/oidc_api_admin>): `/clients/{client_id}/jwks`; `POST` replaces the whole set; up
//! to five keys with `kty`, `alg`, `use`, `e`, `n` and a `kid`; the scopes `idporten:dcr.write`, `.modify` and `.read`; a change is in
//! force after 0 to 2 minutes. Read in a client in use (nais/digdirator, `pkg/digdir`): `GET` of the same path, the body `{"keys":[…]}` in
//! both directions, `exp` in each key that comes back.
//!
//! Assumed, and not seen by us: that a key's own `exp` need not be sent; that posting a key again renews it; that `x5c` is taken as it
//! came; that `idporten:dcr.write` is enough for `GET`; how errors look, of which only `error` is shown.

use std::error::Error as _;
use std::time::Duration;

use maskinporten::reqwest::{self, Method, StatusCode, Url};
use maskinporten::reqwest_middleware::{self, ClientWithMiddleware};
use maskinporten::{Environment, MaskinportenClient};
use serde_json::{Map, Value, json};

use crate::failure::Failure;

/// What a client may have.
pub(super) const MOST_KEYS: usize = 5;
/// What it takes to change a client's keys.
pub(super) const SCOPE: &str = "idporten:dcr.write";
/// For one request.
const PATIENCE: Duration = Duration::from_secs(30);

/// A key that is registered.
#[derive(Clone)]
pub(super) struct Registered {
    pub(super) kid: String,
    expires: Option<i64>,
    jwk: Map<String, Value>,
}

impl Registered {
    /// One to be registered.
    pub(super) fn of(jwk: Value) -> Option<Self> {
        let Value::Object(jwk) = jwk else { return None };
        Some(Self {
            kid: jwk.get("kid")?.as_str()?.to_owned(),
            expires: jwk.get("exp").and_then(Value::as_i64),
            jwk,
        })
    }

    pub(super) fn has_ended(&self, now: i64) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// What is sent of it: nothing that the service sets itself.
    fn sent(&self) -> Value {
        let members = ["kty", "use", "alg", "kid", "n", "e", "x5c"];
        let sent = members
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), self.jwk.get(*name)?.clone())));
        Value::Object(sent.collect())
    }
}

/// The API, for one client's keys.
pub(super) struct SelfService {
    client: MaskinportenClient,
    http: ClientWithMiddleware,
    url: Url,
}

/// Where the API is.
pub(super) fn base(said: Option<&str>, environment: &Environment) -> Result<Url, Failure> {
    let text = match (said, environment) {
        (Some(url), _) => url,
        (None, Environment::Prod) => "https://api.samarbeid.digdir.no",
        (None, Environment::Test) => "https://api.test.samarbeid.digdir.no",
        (None, other) => {
            return Err(Failure::usage(format!(
                "the self-service API of {other} is not known; name it with --self-service URL"
            )));
        }
    };
    match Url::parse(text.trim()) {
        Ok(url) if url.scheme() == "https" && url.host().is_some() && url.password().is_none() => Ok(url),
        _ => Err(Failure::usage(
            "--self-service is no https URL; it is as `https://api.samarbeid.digdir.no`",
        )),
    }
}

impl SelfService {
    /// `client` is the one that may change keys, `client_id` the one whose keys they are.
    pub(super) fn new(client: MaskinportenClient, mut base: Url, client_id: &str) -> Result<Self, Failure> {
        if let Ok(mut path) = base.path_segments_mut() {
            path.pop_if_empty().extend(["clients", client_id, "jwks"]);
        }
        Ok(Self {
            http: client.http_client(),
            client,
            url: base,
        })
    }

    pub(super) async fn keys(&self) -> Result<Vec<Registered>, Failure> {
        self.ask(Method::GET, None).await
    }

    /// Replaces the set, and tells what it became.
    pub(super) async fn post(&self, keys: &[Registered]) -> Result<Vec<Registered>, Failure> {
        let keys: Vec<Value> = keys.iter().map(Registered::sent).collect();
        self.ask(Method::POST, Some(json!({ "keys": keys }))).await
    }

    async fn ask(&self, method: Method, body: Option<Value>) -> Result<Vec<Registered>, Failure> {
        // First, so that what Maskinporten says of it is said in its words.
        if let Err(error) = self.client.token(self.client.default_request()).await {
            return Err(match error.oauth_error() {
                Some("invalid_scope") => Failure::failed(format!(
                    "{error}; where another client may change keys, name its settings with --admin-section"
                )),
                _ => error.into(),
            });
        }
        let mut request = self.http.request(method, self.url.clone()).timeout(PATIENCE);
        if let Some(body) = &body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        let reply = request.send().await.map_err(|error| self.unreached(&error))?;
        let status = reply.status();
        let text = reply
            .text()
            .await
            .map_err(|error| self.unreached(&reqwest_middleware::Error::Reqwest(error)))?;
        let body: Value = serde_json::from_str(&text).unwrap_or_default();
        if !status.is_success() {
            return Err(self.refused(status, &body));
        }
        let keys = body.get("keys").unwrap_or(&body).as_array();
        let read = keys.map(|keys| keys.iter().cloned().map(Registered::of).collect::<Option<Vec<_>>>());
        read.flatten().ok_or_else(|| {
            Failure::failed(format!(
                "{} answered something else than a set of keys; check --self-service, and what stands between",
                self.url
            ))
        })
    }

    fn unreached(&self, error: &reqwest_middleware::Error) -> Failure {
        let cause = match error {
            reqwest_middleware::Error::Reqwest(error) if error.is_timeout() => "it did not answer in time".to_owned(),
            reqwest_middleware::Error::Reqwest(error) => deepest(error),
            reqwest_middleware::Error::Middleware(_) => "no token could be had for it".to_owned(),
        };
        Failure::failed(format!(
            "{} cannot be reached: {cause}; what is done stays done, and the same command goes on from there",
            self.url
        ))
    }

    fn refused(&self, status: StatusCode, body: &Value) -> Failure {
        let is_word = |c: char| c.is_ascii_lowercase() || c == '_';
        let error = body["error"]
            .as_str()
            .filter(|error| error.len() < 64 && error.chars().all(is_word));
        let said = error.map(|error| format!(" {error}")).unwrap_or_default();
        let remedy = match status.as_u16() {
            401 | 403 => {
                "the client that asks needs the scope `idporten:dcr.write`: name its settings with --admin-section"
            }
            404 => "check that the client is of the same organisation as the one that asks, and is of this environment",
            400..=499 => "the keys are refused; see at https://samarbeid.digdir.no which ones are registered",
            _ => "what is done stays done; run the same command again later",
        };
        Failure::failed(format!("{} answered {}{said}; {remedy}", self.url, status.as_u16()))
    }
}

/// The cause of all causes; none of them quotes what was sent.
fn deepest(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    if error.source().is_none() {
        return "the request could not be sent".to_owned();
    }
    cause.to_string().replace(['\r', '\n'], " ")
}
