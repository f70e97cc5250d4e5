//! Numbers that somebody else chose: none of them, and no clock, ends a process.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::clock::Clock;
use crate::grant;
use crate::key::{KeyOptions, SigningKey};
use crate::quoted::Secrets;
use crate::request::TokenRequest;
use crate::token::Token;
use crate::token::claims::{is_dead, own_lifetime};
use crate::token::refusal::{Reply, refusal};

/// Anything, and more often what lies at an edge.
fn number() -> impl Strategy<Value = i64> {
    prop_oneof![
        any::<i64>(),
        Just(i64::MIN),
        Just(i64::MAX),
        -2..2_i64,
        1_789_999_000..1_790_001_000_i64
    ]
}

/// As a JSON document has it.
fn any_number() -> impl Strategy<Value = Value> {
    prop_oneof![
        number().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        number().prop_map(|number| Value::from(number.to_string())),
    ]
}

fn clock(unix: i64) -> Clock {
    let since = Duration::from_secs(u64::try_from(unix).unwrap_or_default());
    let at = UNIX_EPOCH.checked_add(since).unwrap_or(UNIX_EPOCH);
    Clock::new(move || at)
}

fn header() -> impl Strategy<Value = String> {
    let date = (0..253_402_300_799_u64).prop_map(|at| httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(at)));
    prop_oneof![
        date,
        any::<u64>().prop_map(|seconds| seconds.to_string()),
        number().prop_map(|number| number.to_string())
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn of_a_key(exp in any_number(), now in number()) {
        let vectors: Value = serde_json::from_str(include_str!("../tests/vectors/assertions.json")).unwrap();
        let text = vectors["keys"]["vector-2048"]["encoded_jwk"].as_str().unwrap();
        let text = base64::prelude::BASE64_STANDARD.decode(text).or_else(|_| BASE64_URL_SAFE_NO_PAD.decode(text)).unwrap();
        let mut jwk: Value = serde_json::from_slice(&text).unwrap();
        jwk["exp"] = exp;
        let mut options = KeyOptions::new();
        options.clock = clock(now);
        let key = SigningKey::read(jwk.to_string(), &options).unwrap();
        grant::assertion(&key, "client", "issuer", &TokenRequest::new(["a"]), now).unwrap();
    }
}

proptest! {
    #[test]
    fn of_a_token(exp in any_number(), iat in any_number(), now in number()) {
        let claims = BASE64_URL_SAFE_NO_PAD.encode(json!({ "exp": exp, "iat": iat }).to_string());
        let text = format!("e30.{claims}.c2ln");
        let received = Instant::now();
        let expires = own_lifetime(&text, now).map(|lifetime| received + lifetime);
        is_dead(&Token::new(text.into(), received, expires, None), now);
    }

    #[test]
    fn of_a_refusal(status in 100..1000_u16, after in header(), date in header(), now in number()) {
        let headers: HeaderMap = [(RETRY_AFTER, after), (DATE, date)]
            .into_iter()
            .map(|(name, value)| (name, HeaderValue::try_from(value).unwrap()))
            .collect();
        let body = br#"{"error":"invalid_grant","error_uri":"https://maskinporten.no/errors/MP-130"}"#;
        refusal(&Reply { endpoint: "https://a.example", status, headers: &headers, body, sent: &Secrets::none(), now });
    }
}
