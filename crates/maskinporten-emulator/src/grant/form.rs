//! The request: a form of `grant_type` and `assertion` (RFC 7523, section 2.1).

use emulator_kit::Reply;
use hyper::header::{ALLOW, CONTENT_TYPE};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use url::form_urlencoded;

use super::GrantError;

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// The assertion of a request.
pub(crate) fn assertion(parts: &Parts, body: &[u8]) -> Result<String, Reply> {
    if parts.method != Method::POST {
        return Err(Reply::empty(StatusCode::METHOD_NOT_ALLOWED).header(ALLOW, "POST"));
    }
    read(parts, body).map_err(Reply::from)
}

fn read(parts: &Parts, body: &[u8]) -> Result<String, GrantError> {
    let content_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    // Parameters such as `charset` are harmless, and clients send them.
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default();
    if !essence.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(GrantError::request(
            "Content type must be application/x-www-form-urlencoded",
        ));
    }
    match parameter(body, "grant_type")?.as_deref() {
        Some(JWT_BEARER) => {}
        Some(_) => return Err(GrantError::unsupported_grant_type()),
        None => return Err(GrantError::request("Missing parameter: grant_type")),
    }
    parameter(body, "assertion")?.ok_or_else(|| GrantError::request("Missing parameter: assertion"))
}

/// A parameter without a value counts as left out, and none may come twice (RFC 6749, section 3.2).
fn parameter(body: &[u8], name: &str) -> Result<Option<String>, GrantError> {
    let mut values = form_urlencoded::parse(body).filter(|(key, _)| key == name);
    let value = values.next().map(|(_, value)| value.into_owned());
    match values.next() {
        Some(_) => Err(GrantError::request(format!("Duplicate parameter: {name}"))),
        None => Ok(value.filter(|value| !value.is_empty())),
    }
}
