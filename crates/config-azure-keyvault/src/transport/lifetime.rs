//! How long a token is said to live, before the SDK reckons with it.

use serde_json::Value;

/// A day: no token of Entra ID's lives longer.
const LONGEST: i64 = 24 * 60 * 60;

/// A token endpoint's reply with a lifetime that the SDK can add to the time of day; one that no clock can hold makes it panic.
/// What is no reply with a lifetime stays as it is, for the SDK to refuse.
pub(super) fn bounded(body: Vec<u8>) -> Vec<u8> {
    let Ok(Value::Object(mut reply)) = serde_json::from_slice(&body) else {
        return body;
    };
    let Some(lifetime) = reply.get("expires_in").and_then(Value::as_i64) else {
        return body;
    };
    let bounded = lifetime.clamp(0, LONGEST);
    if bounded == lifetime {
        return body;
    }
    reply.insert("expires_in".to_owned(), Value::from(bounded));
    Value::Object(reply).to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_lifetime_out_of_bounds_is_touched() {
        for (body, is) in [
            (r#"{"expires_in":3599,"access_token":"x"}"#, None),
            (r#"{"expires_in":86400}"#, None),
            (r#"{"expires_in":0}"#, None),
            (r#"{"expires_in":300000000000}"#, Some(r#"{"expires_in":86400}"#)),
            (r#"{"expires_in":9223372036854775807}"#, Some(r#"{"expires_in":86400}"#)),
            (r#"{"expires_in":-9223372036854775808}"#, Some(r#"{"expires_in":0}"#)),
            (r#"{"expires_in":-1}"#, Some(r#"{"expires_in":0}"#)),
            // No whole number of 64 bits: the SDK refuses it.
            (r#"{"expires_in":9223372036854775808}"#, None),
            (r#"{"expires_in":1e300}"#, None),
            (r#"{"expires_in":"3599"}"#, None),
            (r#"{"expires_in":null}"#, None),
            ("[1]", None),
            ("no JSON", None),
        ] {
            let bounded = bounded(body.as_bytes().to_vec());
            assert_eq!(String::from_utf8_lossy(&bounded), is.unwrap_or(body));
        }
    }
}
