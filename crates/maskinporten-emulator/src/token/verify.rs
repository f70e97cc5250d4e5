//! Whether a token is one of ours and still good.

use emulator_kit::SigningKey;
use serde_json::{Map, Value};

pub(crate) type Claims = Map<String, Value>;

/// The claims of a token that one of these keys signed for this issuer, and that is good for `skew` seconds more.
pub(crate) fn verify<'a>(
    keys: impl IntoIterator<Item = &'a SigningKey>,
    issuer: &str,
    token: &str,
    now: i64,
    skew: i64,
) -> Option<Claims> {
    let claims = keys.into_iter().find_map(|key| key.verify::<Claims>(token))?;
    let is_ours = claims.get("iss").and_then(Value::as_str) == Some(issuer);
    let expires = claims.get("exp").and_then(Value::as_i64)?;
    (is_ours && now < expires.saturating_add(skew)).then_some(claims)
}
