#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use async_trait::async_trait;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::time::Instant;
use url::Url;

use super::{Granted, HttpTokens, own_lifetime};
use crate::authority::{Authority, Environment};
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Retry, Stage};
use crate::fake::{Answer, Log, Request, Server};
use crate::key::{KeyOptions, KeySource, Keys, SigningKey};
use crate::request::TokenRequest;
use crate::token::TokenProvider as _;
use crate::token::retry::{Patience, Retrying};
use crate::transport::Clients;

const NOW: u64 = 1_790_000_000;

fn key(name: &str) -> SigningKey {
    let vectors: Value = serde_json::from_str(include_str!("../../../tests/vectors/assertions.json")).unwrap();
    let text = vectors["keys"][name]["encoded_jwk"].as_str().unwrap().to_owned();
    SigningKey::read(text, &KeyOptions::new()).unwrap()
}

fn tokens(server: &Server, source: Arc<dyn KeySource>) -> HttpTokens {
    let clock = Clock::new(|| UNIX_EPOCH + Duration::from_secs(NOW));
    let http = Clients::plain();
    let environment = Environment::Fixed {
        issuer: "https://test.maskinporten.no/".to_owned(),
        token_endpoint: Url::parse(&format!("{}/token", server.url)).unwrap(),
    };
    let authority = Authority::new(environment, http.clone(), clock.clone());
    let keys = Keys::new(source, None);
    HttpTokens::new(http, authority, keys, "client".to_owned(), clock)
}

async fn asked(
    answer: impl Fn(&Request) -> Answer + Send + Sync + 'static,
) -> (Server, Result<Arc<crate::Token>, Error>) {
    let server = Server::start(answer).await;
    let tokens = tokens(&server, Arc::new(key("vector-2048")));
    let result = tokens.token(&TokenRequest::new(["a:b"])).await;
    (server, result)
}

#[derive(Debug)]
struct NoKey;

#[async_trait]
impl KeySource for NoKey {
    async fn load(&self) -> Result<SigningKey, Error> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn the_deadline_tells_how_far_it_came() {
    // Takes connections and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/", silent.local_addr().unwrap());
    let fixed = Environment::Fixed {
        issuer: base.clone(),
        token_endpoint: Url::parse(&format!("{base}token")).unwrap(),
    };
    let other = Environment::Other(Url::parse(&base).unwrap());
    let vector: Arc<dyn KeySource> = Arc::new(key("vector-2048"));
    for (environment, source, kind, text) in [
        (
            fixed.clone(),
            Arc::new(NoKey) as _,
            ErrorKind::Key,
            "key failed: its source gave no key".to_owned(),
        ),
        (
            other,
            vector.clone(),
            ErrorKind::Metadata,
            format!("metadata failed at {base}: no answer"),
        ),
        (
            fixed,
            vector,
            ErrorKind::Unreachable,
            format!("token failed at {base}token: no answer"),
        ),
    ] {
        let http = Clients::plain();
        let authority = Authority::new(environment, http.clone(), Clock::default());
        let keys = Keys::new(source, None);
        let tokens = HttpTokens::new(http, authority, keys, "client".to_owned(), Clock::default());
        let patience = Patience {
            deadline: Duration::from_millis(500),
            ..Patience::default()
        };
        let retrying = Retrying::new(tokens, Stage::Token, patience);
        let start = Instant::now();
        let error = retrying.token(&TokenRequest::new(["a:b"])).await.unwrap_err();
        assert!(start.elapsed() < Duration::from_secs(1));
        assert_eq!((error.kind(), error.retry()), (kind, Retry::After(None)));
        let text = format!("Maskinporten: {text} before the deadline");
        assert!(error.to_string().starts_with(&text), "{error}");
    }
}

fn form(request: &Request) -> Vec<(String, String)> {
    url::form_urlencoded::parse(request.body.as_bytes())
        .into_owned()
        .collect()
}

fn claims(request: &Request) -> Value {
    let assertion = form(request)[1].1.clone();
    let claims = BASE64_URL_SAFE_NO_PAD
        .decode(assertion.split('.').nth(1).unwrap())
        .unwrap();
    serde_json::from_slice(&claims).unwrap()
}

#[tokio::test]
async fn one_call_is_one_post_with_two_parameters() {
    let (server, token) = asked(|_| {
        let body = r#"{"access_token":"abc","token_type":"Bearer","expires_in":119,"scope":"a:b"}"#;
        (200, "content-type: application/json\r\n", body.to_owned())
    })
    .await;
    let token = token.unwrap();
    assert_eq!((token.secret(), token.scope()), ("abc", Some("a:b")));
    let left = token.remaining().unwrap();
    assert!(
        left > Duration::from_secs(110) && left <= Duration::from_secs(119),
        "{left:?}"
    );

    let requests = server.seen();
    assert_eq!(requests.len(), 1);
    assert!(requests[0].head.starts_with("POST /token HTTP/1.1\r\n"));
    assert!(
        requests[0]
            .head
            .contains("content-type: application/x-www-form-urlencoded")
    );
    let form = form(&requests[0]);
    assert_eq!(form.len(), 2);
    assert_eq!(form[0].0, "grant_type");
    assert_eq!(form[0].1, "urn:ietf:params:oauth:grant-type:jwt-bearer");
    assert_eq!(form[1].0, "assertion");
    let claims = claims(&requests[0]);
    assert_eq!(
        (&claims["iss"], &claims["scope"], &claims["iat"]),
        (&json!("client"), &json!("a:b"), &json!(NOW))
    );
}

#[tokio::test]
async fn a_bad_request_is_not_sent() {
    let server = Server::start(|_| (200, "", String::new())).await;
    let tokens = tokens(&server, Arc::new(key("vector-2048")));
    let error = tokens.token(&TokenRequest::new([""])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn two_calls_never_share_an_assertion() {
    let server = Server::start(|_| (503, "", String::new())).await;
    let tokens = tokens(&server, Arc::new(key("vector-2048")));
    for _ in 0..2 {
        tokens.token(&TokenRequest::new(["a"])).await.unwrap_err();
    }
    let jtis: Vec<Value> = server
        .seen()
        .iter()
        .map(|request| claims(request)["jti"].clone())
        .collect();
    assert_ne!(jtis[0], jtis[1]);
}

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
    let error = nobody.token(&TokenRequest::new(["a"])).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.retry()),
        (ErrorKind::Unreachable, Retry::After(None))
    );
    assert!(
        error
            .to_string()
            .contains("it could not be reached: Connection refused"),
        "{error}"
    );
    assert!(error.to_string().contains("; check the route there: DNS"), "{error}");

    let slow = Server::start(|_| {
        std::thread::sleep(Duration::from_millis(300));
        (200, "", String::new())
    })
    .await;
    let mut impatient = tokens(&slow, Arc::new(key("vector-2048")));
    impatient.limit = Duration::from_millis(50);
    let error = impatient.token(&TokenRequest::new(["a"])).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.retry()),
        (ErrorKind::Unreachable, Retry::After(None))
    );
    assert!(
        error
            .to_string()
            .contains("there was no answer within 0.05 s; check the route there, or"),
        "{error}"
    );
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

/// A certificate and its key, which send no `kid`.
fn certified() -> SigningKey {
    SigningKey::read(
        [
            include_str!("../../../tests/vectors/keys/pkcs8.pem"),
            include_str!("../../../tests/vectors/keys/certificate.pem"),
        ]
        .concat(),
        &KeyOptions::new(),
    )
    .unwrap()
}

/// Of no refusal is the remedy a `kid` that was not sent.
#[tokio::test]
async fn a_certificate_is_named_where_it_was_sent() {
    let codes = [
        "MP-100", "MP-110", "MP-120", "MP-121", "MP-122", "MP-123", "MP-124", "MP-130", "MP-999",
    ];
    let coded =
        codes.map(|code| format!(r#"{{"error":"invalid_grant","error_uri":"https://maskinporten.no/errors/{code}"}}"#));
    let texts = [
        r#"{"error":"invalid_grant"}"#,
        r#"{"error":"invalid_client"}"#,
        r#"{"error":"invalid_grant","error_description":"The client requires pre-registered jwk and no key identifier (kid) provided"}"#,
    ];
    for body in coded.into_iter().chain(texts.map(str::to_owned)) {
        let server = Server::start(move |_| (400, "", body.clone())).await;
        let error = tokens(&server, Arc::new(certified()))
            .token(&TokenRequest::new(["a"]))
            .await
            .unwrap_err();
        let remedy = error.remedy().unwrap();
        assert!(!remedy.contains("kid") && !remedy.contains("EncodedJwk"), "{remedy}");
        if matches!(error.mp_code(), Some("MP-121" | "MP-124"))
            || error.oauth_error() == Some("invalid_grant") && error.mp_code().is_none()
        {
            assert!(remedy.contains("certificate"), "{remedy}");
        }
        let error = tokens(&server, Arc::new(key("vector-2048")))
            .token(&TokenRequest::new(["a"]))
            .await
            .unwrap_err();
        assert!(!error.remedy().unwrap().contains("use the one that replaced it"));
    }
}

/// In Hydra's words, for which there is no code.
#[tokio::test]
async fn a_signature_that_does_not_fit_is_the_keys_or_the_certificates() {
    let body =
        r#"{"error":"invalid_grant","error_description":"Unable to verify the integrity of the 'assertion' value."}"#;
    for (key, remedy) in [
        (
            key("vector-2048"),
            "check that the private key is the one registered under this `kid`",
        ),
        (
            certified(),
            "check that the certificate is the one registered with this client",
        ),
    ] {
        let server = Server::start(move |_| (400, "", body.to_owned())).await;
        let asked = tokens(&server, Arc::new(key)).token(&TokenRequest::new(["a"])).await;
        assert_eq!(asked.unwrap_err().remedy(), Some(remedy));
    }
}

/// A `kid` beside a certificate may be a left-over: .NET does not read it.
#[tokio::test]
async fn a_kid_in_a_certificates_place_is_what_is_looked_at() {
    let pem = [
        include_str!("../../../tests/vectors/keys/pkcs8.pem"),
        include_str!("../../../tests/vectors/keys/certificate.pem"),
    ];
    let named = SigningKey::read(pem.concat(), &KeyOptions::new().kid("registered")).unwrap();
    for body in [
        r#"{"error":"invalid_grant","error_description":"Unknown key identifier (kid) for client"}"#,
        r#"{"error":"invalid_grant"}"#,
    ] {
        let server = Server::start(move |_| (400, "", body.to_owned())).await;
        let error = tokens(&server, Arc::new(named.clone()))
            .token(&TokenRequest::new(["a"]))
            .await
            .unwrap_err();
        assert_eq!(
            error.remedy(),
            Some(
                "check that the certificate's key is registered with this client under this `kid`; without a `kid` the certificate \
                 itself is sent"
            )
        );
    }
}

/// By the section's real name.
#[tokio::test]
async fn a_missing_scope_is_named_as_the_setting_is_called() {
    let server = Server::start(|_| (200, "", String::new())).await;
    let mut tokens = tokens(&server, Arc::new(key("vector-2048")));
    for (setting, expected) in [
        (None, "name scopes in the request or in the settings"),
        (
            Some("Other:Section.Scope"),
            "set `Other:Section.Scope` or name scopes in the request",
        ),
    ] {
        tokens.scope_setting = setting.map(str::to_owned);
        let error = tokens.token(&TokenRequest::new([""])).await.unwrap_err();
        assert_eq!(error.remedy(), Some(expected));
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (server, result) = asked(|_| (302, "location: /elsewhere\r\n", String::new())).await;
    let error = result.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::InvalidResponse, Some(302)));
    assert_eq!(server.seen().len(), 1);
}

/// A source whose second key is another.
#[derive(Debug, Default)]
struct Rotating(AtomicUsize);

#[async_trait]
impl KeySource for Rotating {
    async fn load(&self) -> Result<SigningKey, Error> {
        Ok(match self.0.fetch_add(1, Ordering::SeqCst) {
            0 => key("vector-2048"),
            _ => key("vector-4096"),
        })
    }
}

#[tokio::test]
async fn a_key_that_was_rotated_is_worth_one_more_try() {
    for body in [
        r#"{"error":"invalid_grant","error_description":"Invalid assertion. Expired key.","error_uri":"https://maskinporten.no/errors/MP-121"}"#,
        r#"{"error":"invalid_grant","error_description":"Unknown key identifier (kid) for client"}"#,
    ] {
        let server = Server::start(move |_| (400, "", body.to_owned())).await;
        let tokens = tokens(&server, Arc::new(Rotating::default()));
        let error = tokens.token(&TokenRequest::new(["a"])).await.unwrap_err();
        assert_eq!(error.retry(), Retry::Once);
        assert_eq!(tokens.keys.current().unwrap().kid(), Some("vector-4096"));
        let error = tokens.token(&TokenRequest::new(["a"])).await.unwrap_err();
        assert_eq!(error.retry(), Retry::Never);
    }
}

#[tokio::test]
async fn debug_logging_is_one_clients_own_and_shows_no_signature() {
    let server = Server::start(|_| {
        (
            200,
            "",
            r#"{"access_token":"secret-token","expires_in":120}"#.to_owned(),
        )
    })
    .await;
    let quiet = tokens(&server, Arc::new(key("vector-2048")));
    let mut loud = tokens(&server, Arc::new(key("vector-2048")));
    loud.client_id = "loud".to_owned();
    loud.debug = true;
    let log = Log::default();
    let written = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || written.clone())
        .finish();
    let ask = async {
        for client in [&loud, &quiet, &loud] {
            client.token(&TokenRequest::new(["a"])).await.unwrap();
        }
    };
    tracing::instrument::WithSubscriber::with_subscriber(ask, subscriber).await;

    let text = log.text();
    assert_eq!(text.matches("asking for a token").count(), 2, "{text}");
    assert_eq!(text.matches(r#""iss":"loud""#).count(), 2, "{text}");
    assert!(
        !text.contains(r#""iss":"client""#) && !text.contains("secret-token"),
        "{text}"
    );
    for request in server.seen() {
        let assertion = form(&request)[1].1.clone();
        let signature = assertion.rsplit('.').next().unwrap();
        assert!(
            !text.contains(&signature[..12]) && !text.contains(&assertion[..30]),
            "{text}"
        );
    }
}
