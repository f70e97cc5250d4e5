#![allow(clippy::unwrap_used)]

mod keys;
mod replies;

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use async_trait::async_trait;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::time::Instant;
use url::Url;

use super::HttpTokens;
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
    let vectors: Value = serde_json::from_str(include_str!("../../../../tests/vectors/assertions.json")).unwrap();
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
