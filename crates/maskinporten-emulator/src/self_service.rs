//! `/clients/{client_id}/jwks`: a client's keys by Digdir's self-service API, as far as it is documented.
//!
//! Documented (<https://docs.digdir.no/docs/idporten/oidc/oidc_api_admin>): the path; that `POST` and `PUT` both replace the whole set; up
//! to five keys; `kty`, `alg`, `use`, `e` and `n` in each and a `kid` that no other client has; the scopes; that a change is in force
//! after 0 to 2 minutes; that a key lives for a year from when it is posted. Seen in a client in use (nais/digdirator): the body is
//! `{"keys":[…]}`, and so are both answers, with `created` and `last_updated`, and `exp` in each key.
//!
//! Assumed: errors have the shape of RFC 7591, section 3.2.2, on which the API is said to be based; a client of another organisation is
//! answered as one that is not there; a private key is refused; `RS384`, `RS512` and longer keys are taken, which one page of the
//! documentation allows and another does not.

use emulator_kit::{Reply, bearer};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use crate::client::{ClientSpec, Registry};
use crate::key::ClientKey;
use crate::lock::lock;
use crate::party::org_of;
use crate::state::Shared;
use crate::token::{Claims, verify};

const MOST_KEYS: usize = 5;
const YEAR: i64 = 365 * 86_400;
const WRITE: [&str; 2] = ["idporten:dcr.write", "idporten:dcr.modify"];
const READ: &str = "idporten:dcr.read";

/// What a client's keys became by this API.
#[derive(Debug)]
pub(crate) struct Posted {
    pub(crate) keys: Vec<ClientKey>,
    created: i64,
    updated: i64,
    /// When the token endpoint knows of it.
    pub(crate) due: i64,
}

/// Whose keys are asked for, if the path is of this API.
pub(crate) fn client_of(path: &str) -> Option<&str> {
    let id = path.strip_prefix("/clients/")?.strip_suffix("/jwks")?;
    (!id.is_empty() && !id.contains('/')).then_some(id)
}

struct Refusal(StatusCode, &'static str, String);

impl From<Refusal> for Reply {
    fn from(Refusal(status, error, description): Refusal) -> Self {
        Self::json(status, &json!({ "error": error, "error_description": description }))
    }
}

pub(crate) fn answer(shared: &Shared, parts: &Parts, body: &[u8]) -> Reply {
    let (is_read, is_write) = match parts.method {
        Method::GET | Method::HEAD => (true, false),
        Method::POST | Method::PUT => (false, true),
        _ => (false, false),
    };
    if !is_read && !is_write {
        return Reply::empty(StatusCode::METHOD_NOT_ALLOWED);
    }
    let claims = match authorized(shared, parts, is_write) {
        Ok(claims) => claims,
        Err(refusal) => return refusal.into(),
    };
    let now = shared.now();
    let mut registry = lock(&shared.registry);
    registry.settle(now);
    let id = client_of(parts.uri.path()).unwrap_or_default();
    let org = claims.get("consumer").and_then(org_of);
    let Some(client) = registry.client(id).filter(|client| Some(client.org.as_str()) == org) else {
        let description = "No such client of this organization.".to_owned();
        return Refusal(StatusCode::NOT_FOUND, "not_found", description).into();
    };
    if is_write {
        let keys = match keys(body, client, &registry) {
            Ok(keys) => keys,
            Err(description) => {
                return Refusal(StatusCode::BAD_REQUEST, "invalid_client_metadata", description).into();
            }
        };
        let delay = i64::try_from(shared.propagation().as_secs()).unwrap_or(i64::MAX);
        let created = registry.posted(id).map_or(now, |before| before.created);
        let posted = Posted {
            keys: keys.iter().map(|key| key.renewed(now.saturating_add(YEAR))).collect(),
            created,
            updated: now,
            due: now.saturating_add(delay),
        };
        registry.post(id, posted);
        registry.settle(now);
    }
    match registry.client(id) {
        Some(client) => Reply::json(StatusCode::OK, &shown(client, registry.posted(id))),
        None => Reply::empty(StatusCode::NOT_FOUND),
    }
}

/// A token of Maskinporten's, with a scope for that.
fn authorized(shared: &Shared, parts: &Parts, is_write: bool) -> Result<Claims, Refusal> {
    let keys = shared.signing_keys();
    let claims = bearer(&parts.headers)
        .and_then(|token| verify(keys.iter().map(AsRef::as_ref), &shared.issuer(), token, shared.now(), 0))
        .ok_or_else(|| {
            let description = "An access token of Maskinporten's is required.".to_owned();
            Refusal(StatusCode::UNAUTHORIZED, "invalid_token", description)
        })?;
    let scope = claims.get("scope").and_then(Value::as_str).unwrap_or_default();
    let allows = |scope: &str| WRITE.contains(&scope) || (!is_write && scope == READ);
    match scope.split(' ').any(allows) {
        true => Ok(claims),
        false => {
            let description = format!("The scope {} is required.", if is_write { WRITE[0] } else { READ });
            Err(Refusal(StatusCode::FORBIDDEN, "insufficient_scope", description))
        }
    }
}

/// The keys of a set, or what is wrong with it.
fn keys(body: &[u8], client: &ClientSpec, registry: &Registry) -> Result<Vec<ClientKey>, String> {
    let body: Value = serde_json::from_slice(body).map_err(|_| "The body is not JSON.")?;
    let jwks = body["keys"].as_array().ok_or("The body has no list of keys.")?;
    if jwks.is_empty() || jwks.len() > MOST_KEYS {
        return Err(format!("A set has 1 to {MOST_KEYS} keys."));
    }
    let mut keys: Vec<ClientKey> = Vec::new();
    for jwk in jwks {
        let key = key(jwk.as_object().ok_or("A key is no object.")?)?;
        let is_taken = |other: &ClientSpec| {
            other.client_id != client.client_id && other.keys.iter().any(|known| known.kid() == key.kid())
        };
        if keys.iter().any(|other| other.kid() == key.kid()) || registry.clients().any(is_taken) {
            return Err("The kid of a key is taken.".to_owned());
        }
        // Where its private half is known, it stays so: the emulator's own clients sign with it.
        let is_same = |known: &&ClientKey| known.kid() == key.kid() && known.is_of(&key);
        keys.push(client.keys.iter().find(is_same).cloned().unwrap_or(key));
    }
    Ok(keys)
}

fn key(jwk: &Map<String, Value>) -> Result<ClientKey, String> {
    let text = |member: &str| jwk.get(member).and_then(Value::as_str);
    for member in ["kty", "alg", "use", "kid", "e", "n"] {
        if text(member).is_none() {
            return Err(format!("A key has no {member}."));
        }
    }
    if ["d", "p", "q", "dp", "dq", "qi"]
        .iter()
        .any(|part| jwk.contains_key(*part))
    {
        return Err("A key is private.".to_owned());
    }
    if jwk.contains_key("x5c") {
        return Err("Keys with certificates are not served by this emulator.".to_owned());
    }
    if text("use") != Some("sig") {
        return Err("A key is not for signatures.".to_owned());
    }
    let is_fine = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if !text("kid").is_some_and(|kid| !kid.is_empty() && kid.chars().all(is_fine)) {
        return Err("The kid of a key has other characters than letters, digits, '.', '_' and '-'.".to_owned());
    }
    let json = Value::Object(jwk.clone()).to_string();
    ClientKey::from_jwk(&json).map_err(|problem| format!("A key cannot be used: {problem}."))
}

fn shown(client: &ClientSpec, posted: Option<&Posted>) -> Value {
    let registered = || client.keys.iter().filter(|key| key.leaf().is_none()).cloned().collect();
    let keys: Vec<ClientKey> = posted.map_or_else(registered, |posted| posted.keys.clone());
    let keys = keys.iter().map(|key| {
        let mut jwk = key.public_jwk().clone();
        if let Some(expires) = key.expires() {
            jwk["exp"] = json!(expires);
        }
        jwk
    });
    let mut set = json!({ "keys": keys.collect::<Vec<_>>() });
    if let Some(posted) = posted {
        set["created"] = json!(date(posted.created));
        set["last_updated"] = json!(date(posted.updated));
    }
    set
}

/// RFC 3339, in UTC.
fn date(unix: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp(unix).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (hour, minute, second) = time.to_hms();
    format!("{}T{hour:02}:{minute:02}:{second:02}Z", time.date())
}
