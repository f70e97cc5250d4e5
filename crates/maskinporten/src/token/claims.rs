//! What a token that is a JWT says of itself. Nobody checks its signature here: it is for the API.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;

use super::Token;

/// What says that it lives longer is not believed: Maskinporten's own limit is two hours.
const LONGEST: f64 = 7.0 * 86_400.0;

/// A request with it has to arrive.
const USE: Duration = Duration::from_secs(1);

/// How far clocks may be apart, as Maskinporten has it.
const SKEW: f64 = 10.0;

fn claims(token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let (Some(_), Some(claims), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    let claims = BASE64_URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&claims).ok()
}

/// By the issuer's clock where they tell when it was issued, else by ours.
pub(crate) fn own_lifetime(token: &str, now: i64) -> Option<Duration> {
    let claims = claims(token)?;
    let exp = claims.get("exp")?.as_f64()?;
    #[allow(clippy::cast_precision_loss)]
    let from = claims.get("iat").and_then(Value::as_f64).unwrap_or(now as f64);
    seconds(&Value::from(exp - from))
}

/// The `scope` claim: a text, or a list as some issuers write it.
pub(crate) fn own_scope(token: &str) -> Option<String> {
    let scope = match claims(token)?.get("scope")? {
        Value::String(scope) => scope.trim().to_owned(),
        Value::Array(scopes) => {
            let scopes: Vec<&str> = scopes.iter().filter_map(Value::as_str).collect();
            scopes.join(" ")
        }
        _ => return None,
    };
    Some(scope).filter(|scope| !scope.is_empty())
}

/// It has ended by the time it came, or before it can be used.
pub(crate) fn is_dead(token: &Token, now: i64) -> bool {
    #[allow(clippy::cast_precision_loss)]
    let over = || {
        let exp = claims(token.secret())?.get("exp")?.as_f64()?;
        Some(exp + SKEW <= now as f64)
    };
    token.remaining().is_some_and(|remaining| remaining < USE) || over().unwrap_or_default()
}

/// A lifetime that makes sense.
pub(super) fn seconds(value: &Value) -> Option<Duration> {
    // `contains` is false for NaN as well.
    number(value)
        .filter(|seconds| (0.0..=LONGEST).contains(seconds))
        .map(Duration::from_secs_f64)
        .filter(|life| !life.is_zero())
}

pub(super) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}
