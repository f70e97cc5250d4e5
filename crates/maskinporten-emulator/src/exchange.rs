//! `GET /authentication/api/v1/exchange/maskinporten`: Altinn takes a token of Maskinporten's for one of its own.
//!
//! What it checks and how it answers is read in the source of Altinn's authentication component
//! (`ExchangeExternalSystemToken`, `AuthenticateMaskinportenToken` in <https://github.com/Altinn/altinn-authentication>).

use emulator_kit::{JSON, Reply, bearer};
use hyper::header::{ACCEPT, ALLOW, HeaderName};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use jsonwebtoken::dangerous::insecure_decode_claims;
use jsonwebtoken::decode_header;
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::lock::lock;
use crate::party::{AUTHORITY, org_of};
use crate::state::{Shared, paths};
use crate::token::{exchange, verify};

/// In seconds.
const SKEW: i64 = 10;
const ENTERPRISE_USER: HeaderName = HeaderName::from_static("x-altinn-enterpriseuser-authentication");

pub(crate) fn answer(shared: &Shared, parts: &Parts) -> Reply {
    if parts.method != Method::GET {
        return Reply::empty(StatusCode::METHOD_NOT_ALLOWED).header(ALLOW, "GET");
    }
    // A token that can be read at all is asked for first, whoever is said to have issued it.
    if !bearer(&parts.headers).is_some_and(is_readable) {
        return Reply::empty(StatusCode::UNAUTHORIZED);
    }
    let provider = parts.uri.path().get(paths::EXCHANGES.len()..).unwrap_or_default();
    match provider.to_ascii_lowercase().as_str() {
        "maskinporten" => {}
        // No token of theirs is any here.
        "id-porten" | "altinnstudio" => return Reply::empty(StatusCode::UNAUTHORIZED),
        _ => {
            let message = format!(
                "Invalid token provider: {provider}. Trusted token providers are 'Maskinporten', 'Id-porten' and \
                 'AltinnStudio'."
            );
            return said(parts, StatusCode::BAD_REQUEST, &message);
        }
    }
    // Enterprise users went away with Altinn 2.
    if parts.headers.contains_key(ENTERPRISE_USER) {
        return gone();
    }
    let Some(token) = exchanged(shared, parts) else {
        return Reply::empty(StatusCode::UNAUTHORIZED);
    };
    said(parts, StatusCode::OK, &token)
}

/// A text, in quotes for who accepts JSON.
fn said(parts: &Parts, status: StatusCode, text: &str) -> Reply {
    let accept = parts.headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    if accept.is_some_and(|accept| accept.contains("application/json")) {
        Reply::text(status, JSON, json!(text).to_string())
    } else {
        Reply::text(status, "text/plain; charset=utf-8", text.to_owned())
    }
}

fn is_readable(token: &str) -> bool {
    decode_header(token).is_ok() && insecure_decode_claims::<Value>(token).is_ok()
}

fn exchanged(shared: &Shared, parts: &Parts) -> Option<String> {
    let token = bearer(&parts.headers)?;
    let keys = shared.signing_keys();
    let claims = verify(
        keys.iter().map(AsRef::as_ref),
        &shared.issuer(),
        token,
        shared.now(),
        SKEW,
    )?;
    let consumer = claims.get("consumer")?;
    if consumer["authority"].as_str() != Some(AUTHORITY) {
        return None;
    }
    let org = org_of(consumer)?.to_owned();
    let scope = claims.get("scope").and_then(Value::as_str).unwrap_or_default();
    let code = scope
        .contains("altinn:serviceowner")
        .then(|| lock(&shared.registry).org_code(&org).map(str::to_owned))
        .flatten();
    let code = match code.as_deref() {
        // The agency that runs the test organisation may act as it.
        Some("digdir") if wants_test_org(parts) => Some("ttd"),
        code => code,
    };
    Some(exchange(shared, claims, &org, code))
}

fn wants_test_org(parts: &Parts) -> bool {
    let query = parts.uri.query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes()).any(|(key, value)| key == "test" && value.eq_ignore_ascii_case("true"))
}

fn gone() -> Reply {
    let body = json!({
        "type": "https://tools.ietf.org/html/rfc9110#section-15.5.11",
        "title": "Gone",
        "status": 410,
        "detail": "Enterprise user authentication is no longer supported.",
    });
    Reply::text(
        StatusCode::GONE,
        "application/problem+json; charset=utf-8",
        body.to_string(),
    )
}
