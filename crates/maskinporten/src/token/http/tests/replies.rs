//! What comes back, or does not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use url::Url;

use super::super::{Granted, HttpTokens, own_lifetime};
use super::{NOW, asked, claims, key, tokens};
use crate::authority::{Authority, Environment};
use crate::clock::Clock;
use crate::error::{ErrorKind, Retry};
use crate::fake::Server;
use crate::request::TokenRequest;
use crate::token::TokenProvider as _;
use crate::transport::Clients;

fn jwt(claims: Value) -> String {
    format!("e30.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(claims.to_string()))
}

#[test]
fn lifetimes() {
    let lifetime = |token: &str, rest: &str| {
        let body = format!(r#"{{"access_token":"{token}"{rest}}}"#);
        Granted::read(body.as_bytes())
            .unwrap()
            .lifetime(1000)
            .map(|life| life.as_secs())
    };
    assert_eq!(lifetime("opaque", r#","expires_in":120"#), Some(120));
    assert_eq!(lifetime("opaque", r#","expires_in":"3600""#), Some(3600));
    assert_eq!(lifetime("opaque", r#","expires_in":30.0"#), Some(30));
    for absurd in [
        "",
        r#","expires_in":0"#,
        r#","expires_in":-1"#,
        r#","expires_in":1e300"#,
        r#","expires_in":"soon""#,
        r#","expires_in":null"#,
        r#","expires_in":[1]"#,
    ] {
        assert_eq!(lifetime("opaque", absurd), None, "{absurd}");
        // By the issuer's clock, however wrong ours is.
        assert_eq!(
            lifetime(&jwt(json!({ "iat": 5000, "exp": 5060 })), absurd),
            Some(60),
            "{absurd}"
        );
    }
    assert_eq!(lifetime(&jwt(json!({ "exp": 1090 })), ""), Some(90));
    assert_eq!(lifetime(&jwt(json!({ "exp": 990 })), ""), None);
    // `expires_in` was once that of the authorization, and too long.
    let short = jwt(json!({ "iat": 1000, "exp": 1030 }));
    assert_eq!(lifetime(&short, r#","expires_in":3600"#), Some(30));
    assert_eq!(lifetime(&short, r#","expires_in":10"#), Some(10));
    assert_eq!(own_lifetime("a.b", 0), None);
    assert_eq!(own_lifetime("a.b.c", 0), None);
}

#[tokio::test]
async fn replies_are_read_liberally_but_not_blindly() {
    for body in [
        r#"{"access_token":"abc"}"#,
        r#"{"access_token":"abc","token_type":"bearer","expires_in":"120"}"#,
        r#"{"access_token":"abc","token_type":"BEARER","expires_in":null,"scope":null,"more":[1]}"#,
    ] {
        let (_, token) = asked(move |_| (200, "", body.to_owned())).await;
        assert_eq!(token.unwrap().secret(), "abc");
    }
    for (body, expected) in [
        ("", "the reply is not the JSON of a token"),
        ("<html>", "the reply is not the JSON of a token"),
        ("\"secret-token\"", "the reply is not the JSON of a token"),
        (
            r#"{"access_token":["secret-token"]}"#,
            "the reply is not the JSON of a token",
        ),
        (r#"{"token_type":"Bearer"}"#, "the reply holds no `access_token`"),
        (
            r#"{"access_token":""}"#,
            "the reply's `access_token` cannot be sent in a header",
        ),
        (
            r#"{"access_token":"secret-token\r\nx: y"}"#,
            "the reply's `access_token` cannot be sent in a header",
        ),
        (
            r#"{"access_token":"secret-token","token_type":"DPoP"}"#,
            "the reply's `token_type` is not `Bearer`",
        ),
    ] {
        let (_, token) = asked(move |_| (200, "", body.to_owned())).await;
        let error = token.unwrap_err();
        assert_eq!(
            (error.kind(), error.status(), error.retry()),
            (ErrorKind::InvalidResponse, Some(200), Retry::Never)
        );
        let shown = format!("{error} {error:?}");
        assert!(shown.contains(expected), "{shown}");
        assert!(!shown.contains("secret-token"), "{shown}");
    }
}

#[tokio::test]
async fn what_does_not_answer_is_worth_another_try() {
    let (_, reset) = asked(|_| (0, "", String::new())).await;
    let error = reset.unwrap_err();
    assert_eq!(
        (error.kind(), error.retry()),
        (ErrorKind::Unreachable, Retry::After(None))
    );
    assert!(
        error.to_string().contains("/token: the exchange was cut short: "),
        "{error}"
    );
    assert!(
        error.to_string().contains("; check the route there: the service"),
        "{error}"
    );
    // What quotes nothing stays behind it.
    assert!(std::error::Error::source(&error).is_some());

    let server = Server::start(|_| (200, "", String::new())).await;
    let mut nobody = tokens(&server, Arc::new(key("vector-2048")));
    nobody.authority = Authority::new(
        Environment::Fixed {
            issuer: "x".to_owned(),
            token_endpoint: Url::parse("http://127.0.0.1:1/token").unwrap(),
        },
        Clients::plain(),
        Clock::default(),
    );
    let told = unreachable(&nobody).await;
    assert!(told.contains("it could not be reached: Connection refused"), "{told}");
    assert!(told.contains("; check the route there: DNS"), "{told}");

    let slow = Server::start(|_| {
        std::thread::sleep(Duration::from_millis(300));
        (200, "", String::new())
    })
    .await;
    let mut impatient = tokens(&slow, Arc::new(key("vector-2048")));
    impatient.limit = Duration::from_millis(50);
    let told = unreachable(&impatient).await;
    assert!(
        told.contains("there was no answer within 0.05 s; check the route there, or"),
        "{told}"
    );
}

/// What is told where no reply comes, which is worth another try.
async fn unreachable(tokens: &HttpTokens) -> String {
    let error = tokens.token(&TokenRequest::new(["a"])).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.retry()),
        (ErrorKind::Unreachable, Retry::After(None))
    );
    error.to_string()
}

/// What was issued dead, or has ended on its way, is asked for once more; then it is for the API to judge.
#[tokio::test]
async fn a_token_that_is_dead_on_arrival_is_asked_for_once_more() {
    let ends = |exp: u64| jwt(json!({ "exp": exp }));
    let issued = |iat: u64| jwt(json!({ "iat": iat, "exp": iat + 120 }));
    let good = r#"{"access_token":"good","expires_in":120}"#.to_owned();
    let dead = [
        r#"{"access_token":"opaque","expires_in":0}"#.to_owned(),
        r#"{"access_token":"opaque","expires_in":-30}"#.to_owned(),
        r#"{"access_token":"opaque","expires_in":0.5}"#.to_owned(),
        format!(r#"{{"access_token":"{}"}}"#, ends(NOW - 20)),
        format!(r#"{{"access_token":"{}","expires_in":120}}"#, ends(NOW - 20)),
        format!(r#"{{"access_token":"{}"}}"#, issued(NOW - 140)),
    ];
    for body in dead {
        for then in [good.clone(), body.clone()] {
            let (first, again) = (AtomicUsize::new(0), then.clone());
            let body = body.clone();
            let (server, token) = asked(move |_| match first.fetch_add(1, Ordering::SeqCst) {
                0 => (200, "", body.clone()),
                _ => (200, "", again.clone()),
            })
            .await;
            assert_eq!(server.seen().len(), 2, "{then}");
            assert_ne!(claims(&server.seen()[0])["jti"], claims(&server.seen()[1])["jti"]);
            assert_eq!(token.unwrap().secret() == "good", then == good);
        }
    }
    // Within what clocks may differ; and what says nothing of its end.
    for body in [
        format!(r#"{{"access_token":"{}","expires_in":60}}"#, ends(NOW - 5)),
        r#"{"access_token":"opaque"}"#.to_owned(),
        r#"{"access_token":"opaque","expires_in":2}"#.to_owned(),
    ] {
        let (server, token) = asked(move |_| (200, "", body.clone())).await;
        token.unwrap();
        assert_eq!(server.seen().len(), 1);
    }
    // The second try's own failure is told.
    let first = AtomicUsize::new(0);
    let (_, token) = asked(move |_| match first.fetch_add(1, Ordering::SeqCst) {
        0 => (200, "", r#"{"access_token":"opaque","expires_in":0}"#.to_owned()),
        _ => (503, "", String::new()),
    })
    .await;
    assert_eq!(token.unwrap_err().status(), Some(503));
}
