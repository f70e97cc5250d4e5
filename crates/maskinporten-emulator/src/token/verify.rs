//! Whether a token is one of ours and still good.

use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use keyvault_emulator::server::SigningKey;
use serde_json::{Map, Value};

pub(crate) type Claims = Map<String, Value>;

/// What `Authorization: Bearer` holds; the scheme in any case (RFC 9110, section 11.1).
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim())
        .filter(|token| !token.is_empty())
}

/// The claims of a token that one of these keys signed for this issuer, and that is good for `skew` seconds more.
pub(crate) fn verify<'a>(
    keys: impl IntoIterator<Item = &'a SigningKey>,
    issuer: &str,
    token: &str,
    now: i64,
    skew: i64,
) -> Option<Claims> {
    let kid = decode_header(token).ok()?.kid?;
    let key = keys.into_iter().find(|key| key.kid == kid)?;
    let mut validation = Validation::new(Algorithm::RS256);
    // Time is the emulator's, and audiences are for APIs to judge.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let claims = decode::<Claims>(token, &key.decoding, &validation).ok()?.claims;
    let is_ours = claims.get("iss").and_then(Value::as_str) == Some(issuer);
    let expires = claims.get("exp").and_then(Value::as_i64)?;
    (is_ours && now < expires.saturating_add(skew)).then_some(claims)
}
