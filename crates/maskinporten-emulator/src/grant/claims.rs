//! The claims of an assertion (<https://docs.digdir.no/docs/Maskinporten/maskinporten_protocol_jwtgrant>).

use serde_json::Value;
use url::Url;

use super::{GrantError, jws::Jws};
use crate::state::Shared;

/// How far a client's clock may be off, in seconds.
const SKEW: i64 = 10;

/// The documented ones, and two registered names that are seen to be tolerated.
const KNOWN: [&str; 13] = [
    "aud",
    "iss",
    "iat",
    "exp",
    "jti",
    "scope",
    "resource",
    "consumer_org",
    "iss_onbehalfof",
    "pid",
    "authorization_details",
    "nbf",
    "sub",
];

/// One audience, equal to the issuer or to the token endpoint: Maskinporten's own check.
pub(crate) fn check_audience(shared: &Shared, jws: &Jws<'_>) -> Result<(), GrantError> {
    let audience = match jws.claims.get("aud") {
        Some(Value::String(audience)) => Some(audience.as_str()),
        Some(Value::Array(audiences)) if audiences.len() == 1 => audiences[0].as_str(),
        _ => None,
    };
    let is_ours = |audience: &str| {
        audience == shared.issuer()
            || audience == shared.token_endpoint()
            || shared.audiences.iter().any(|known| known == audience)
    };
    if audience.is_some_and(is_ours) {
        return Ok(());
    }
    Err(GrantError::authentication(110, "Invalid JWT claim aud."))
}

/// Maskinporten's own checks, in its order and words; the longest lifetime is the documented one.
pub(crate) fn check_times(shared: &Shared, jws: &Jws<'_>, now: i64) -> Result<(), GrantError> {
    let seconds = |claim: &str| {
        let value = jws.claims.get(claim).and_then(Value::as_i64);
        value.ok_or_else(|| GrantError::assertion(&format!("Missing or invalid claim: {claim}.")))
    };
    let (issued, expires) = (seconds("iat")?, seconds("exp")?);
    if now + SKEW < issued {
        return Err(GrantError::grant(None, "Issue time is in the future."));
    }
    let longest = i64::try_from(shared.max_assertion_lifetime.as_secs()).unwrap_or(i64::MAX);
    if expires.saturating_sub(issued) > longest {
        return Err(GrantError::grant(None, "JWT has too long lifetime."));
    }
    if now - SKEW > expires {
        return Err(GrantError::grant(130, "JWT has expired."));
    }
    Ok(())
}

/// Claims that are not documented are refused, and texts with line breaks (MP-011).
pub(crate) fn check_names(jws: &Jws<'_>) -> Result<(), GrantError> {
    for (name, value) in &jws.claims {
        if !KNOWN.contains(&name.as_str()) {
            return Err(GrantError::assertion(&format!(
                "Unknown claim: {}.",
                name.escape_debug()
            )));
        }
        if value.as_str().is_some_and(|text| text.contains(['\r', '\n'])) {
            return Err(GrantError::assertion(&format!("Invalid parameter value: {name}.")));
        }
    }
    Ok(())
}

/// The text of a claim that may be left out.
pub(crate) fn optional<'a>(jws: &'a Jws<'_>, claim: &str) -> Result<Option<&'a str>, GrantError> {
    match jws.claims.get(claim) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(GrantError::assertion(&format!("Invalid parameter value: {claim}."))),
    }
}

/// Digits, as many as that.
pub(crate) fn digits<'a>(jws: &'a Jws<'_>, claim: &str, count: usize) -> Result<Option<&'a str>, GrantError> {
    match optional(jws, claim)? {
        Some(text) if text.len() != count || !text.bytes().all(|byte| byte.is_ascii_digit()) => {
            Err(GrantError::assertion(&format!("Invalid parameter value: {claim}.")))
        }
        text => Ok(text),
    }
}

/// What the token is for: absolute URIs without a fragment (RFC 8707, section 2). The documentation asks for an array;
/// most clients send a text, and get their token.
pub(crate) fn resources(jws: &Jws<'_>) -> Result<Vec<String>, GrantError> {
    let values: Vec<&Value> = match jws.claims.get("resource") {
        None => return Ok(Vec::new()),
        Some(Value::Array(values)) if !values.is_empty() => values.iter().collect(),
        Some(value) => vec![value],
    };
    let read = |value: &Value| {
        let text = value.as_str()?;
        let url = Url::parse(text).ok()?;
        url.fragment().is_none().then(|| text.to_owned())
    };
    let invalid = || GrantError::target("Invalid resource: an absolute URI without a fragment is expected.");
    values
        .into_iter()
        .map(|value| read(value).ok_or_else(invalid))
        .collect()
}
