#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use super::{Authority, Environment, FRESH, PAUSE};
use crate::clock::Clock;
use crate::error::{ErrorKind, Retry, Stage};
use crate::fake::Server;
use crate::request::TokenRequest;
use crate::token::TokenProvider as _;
use crate::token::http::HttpTokens;
use crate::token::retry::{Patience, Retrying};
use crate::transport::Clients;

fn authority(url: &str) -> Authority {
    let environment = Environment::Other(Url::parse(url).unwrap());
    Authority::new(environment, Clients::plain(), Clock::default())
}

fn document(base: &str) -> String {
    format!(r#"{{"issuer":"{base}/","token_endpoint":"{base}/token","jwks_uri":"{base}/jwk"}}"#)
}

/// What the server is called is only known once it runs: the request says it.
fn base(request: &crate::fake::Request) -> String {
    let host = request
        .head
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .unwrap();
    format!("http://{host}")
}

#[tokio::test]
async fn known_environments_ask_nobody() {
    for (environment, issuer, token_endpoint) in [
        (
            Environment::Prod,
            "https://maskinporten.no/",
            "https://maskinporten.no/token",
        ),
        (
            Environment::Test,
            "https://test.maskinporten.no/",
            "https://test.maskinporten.no/token",
        ),
        (
            Environment::SkyportenProd,
            "https://sky.maskinporten.no",
            "https://sky.maskinporten.no/token",
        ),
        (
            Environment::SkyportenTest,
            "https://test.sky.maskinporten.no",
            "https://test.sky.maskinporten.no/token",
        ),
    ] {
        let authority = Authority::new(environment, Clients::plain(), Clock::default());
        let endpoints = authority.endpoints().await.unwrap();
        assert_eq!(endpoints.issuer, issuer);
        assert_eq!(endpoints.token_endpoint, token_endpoint);
        assert!(!authority.replace(&endpoints).await);
    }
}

#[tokio::test]
async fn metadata_is_asked_for_once_by_a_crowd_and_again_when_it_is_old() {
    let down = Arc::new(AtomicBool::new(false));
    let is_down = down.clone();
    let server = Server::start(move |request| match is_down.load(Ordering::SeqCst) {
        false => (200, "", document(&base(request))),
        true => (503, "", String::new()),
    })
    .await;
    let authority = Arc::new(authority(&server.url));
    let crowd: Vec<_> = (0..50)
        .map(|_| {
            let authority = authority.clone();
            tokio::spawn(async move { authority.endpoints().await.unwrap().issuer.clone() })
        })
        .collect();
    for one in crowd {
        assert_eq!(one.await.unwrap(), format!("{}/", server.url));
    }
    assert_eq!(server.seen().len(), 1);
    assert_eq!(server.seen()[0].target, "/.well-known/oauth-authorization-server");

    // Old, and the authority is down: what is known serves on, and it is not asked again at once.
    down.store(true, Ordering::SeqCst);
    tokio::time::pause();
    tokio::time::advance(FRESH).await;
    tokio::time::resume();
    for _ in 0..3 {
        authority.endpoints().await.unwrap();
    }
    until(|| server.seen().len() == 2).await;
    authority.endpoints().await.unwrap();
    assert_eq!(server.seen().len(), 2);
}

/// The metadata hangs, and its refresh is due.
async fn due(authority: &Authority, hangs: &AtomicBool) {
    authority.endpoints().await.unwrap();
    hangs.store(true, Ordering::SeqCst);
    tokio::time::pause();
    tokio::time::advance(FRESH).await;
}

async fn hanging(hangs: Arc<AtomicBool>) -> crate::server::Server {
    let base = Arc::new(std::sync::OnceLock::<String>::new());
    let known = base.clone();
    let server = crate::server::Server::start(move |_| {
        let (hangs, base) = (hangs.load(Ordering::SeqCst), known.get().unwrap().clone());
        async move {
            if hangs {
                std::future::pending::<()>().await;
            }
            crate::server::reply(200, &document(&base))
        }
    })
    .await;
    base.set(server.url("")).unwrap();
    server
}

/// What is known serves at once, whatever the deadline, and one refresh is tried in each pause.
#[tokio::test]
async fn a_refresh_that_hangs_holds_nobody_up_and_is_told_of_once_in_a_pause() {
    let hangs = Arc::new(AtomicBool::new(false));
    let server = hanging(hangs.clone()).await;
    let authority = authority(&server.url(""));
    let log = crate::fake::Log::default();
    let guard = log.capture();
    due(&authority, &hangs).await;
    // Ten minutes of token requests, each of which gives up at once.
    for second in 0..600 {
        let start = Instant::now();
        let asked = tokio::time::timeout(Duration::ZERO, authority.endpoints()).await;
        asked.expect("at once").unwrap();
        assert_eq!(start.elapsed(), Duration::ZERO, "at {second}");
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    drop(guard);
    // Ten seconds for each, and thirty between two.
    let warnings = log.text().matches("metadata could not be refreshed").count();
    assert!((14..=16).contains(&warnings), "{warnings}");
    hangs.store(false, Ordering::SeqCst);
    tokio::time::advance(PAUSE).await;
    tokio::time::resume();
    let asked = server.seen().len();
    authority.endpoints().await.unwrap();
    until(|| authority.0.state().failure.is_none()).await;
    assert!(server.seen().len() > asked);
}

/// Nothing is known, and no caller stays for as long as the metadata's own limit.
#[tokio::test]
async fn a_failure_is_remembered_though_the_caller_is_gone() {
    let hangs = Arc::new(AtomicBool::new(true));
    let server = hanging(hangs.clone()).await;
    let authority = authority(&server.url(""));
    tokio::time::pause();
    let first = tokio::time::timeout(Duration::from_secs(5), authority.endpoints()).await;
    first.expect_err("it hangs");
    tokio::time::sleep(Duration::from_secs(6)).await;
    let start = Instant::now();
    let error = authority.endpoints().await.unwrap_err();
    assert_eq!((start.elapsed(), server.seen().len()), (Duration::ZERO, 1));
    assert!(
        error.to_string().contains("no answer within 10 s; asked 1 s ago"),
        "{error}"
    );
}

/// Looks until it is so.
async fn until(so: impl Fn() -> bool) {
    while !so() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_failure_is_told_to_all_and_not_repeated_for_a_while() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let server = Server::start(move |request| match counted.fetch_add(1, Ordering::SeqCst) {
        0..3 => (503, "", "<html>secret</html>".to_owned()),
        _ => (200, "", document(&base(request))),
    })
    .await;
    let authority = authority(&server.url);
    let expected = format!(
        "Maskinporten: metadata failed at {}/.well-known/oauth-authorization-server: 503: the metadata cannot be had",
        server.url
    );
    let error = authority.endpoints().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status(), error.retry()),
        (ErrorKind::Metadata, Some(503), Retry::After(Some(PAUSE)))
    );
    assert_eq!(error.to_string(), expected);
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(12)).await;
    let error = authority.endpoints().await.unwrap_err();
    tokio::time::resume();
    let Retry::After(Some(left)) = error.retry() else {
        panic!("{:?}", error.retry());
    };
    assert!(
        left > Duration::from_secs(17) && left <= Duration::from_secs(18),
        "{left:?}"
    );
    assert_eq!(
        error.to_string(),
        format!("{expected}; asked 12 s ago, asked again in 18 s")
    );
    assert_eq!(calls.load(Ordering::SeqCst), 3);
    tokio::time::pause();
    tokio::time::advance(PAUSE).await;
    tokio::time::resume();
    authority.endpoints().await.unwrap();
}

#[tokio::test]
async fn a_failure_that_passes_is_not_remembered() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let server = Server::start(move |request| match counted.fetch_add(1, Ordering::SeqCst) {
        0 => (503, "", String::new()),
        _ => (200, "", document(&base(request))),
    })
    .await;
    let start = Instant::now();
    authority(&server.url).endpoints().await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_failure_that_lasts_is_told_at_once_and_not_waited_for() {
    let server = Server::start(|_| (503, "", String::new())).await;
    let http = Clients::plain();
    let key = crate::key::Keys::new(Arc::new(NoKey), None);
    let tokens = HttpTokens::new(http, authority(&server.url), key, "client".to_owned(), Clock::default());
    let retrying = Retrying::new(tokens, Stage::Token, Patience::default());
    for _ in 0..2 {
        let start = Instant::now();
        let error = retrying.token(&TokenRequest::new(["a:b"])).await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Metadata, Some(503)));
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    }
    assert_eq!(server.seen().len(), 3);
}

/// A key that takes longer than the metadata.
#[derive(Debug)]
struct NoKey;

#[async_trait::async_trait]
impl crate::key::KeySource for NoKey {
    async fn load(&self) -> Result<crate::key::SigningKey, crate::error::Error> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn every_address_is_tried_where_one_is_not_there() {
    let server = Server::start(|request| match request.target.as_str() {
        "/one/.well-known/openid-configuration" => {
            let base = format!("{}/one", base(request));
            (200, "", document(&base))
        }
        _ => (404, "", String::new()),
    })
    .await;
    let endpoints = authority(&format!("{}/one", server.url)).endpoints().await.unwrap();
    assert_eq!(endpoints.issuer, format!("{}/one/", server.url));
    assert_eq!(endpoints.token_endpoint, format!("{}/one/token", server.url));
    let asked: Vec<String> = server.seen().into_iter().map(|request| request.target).collect();
    assert_eq!(
        asked,
        [
            "/.well-known/oauth-authorization-server/one",
            "/one/.well-known/oauth-authorization-server",
            "/one/.well-known/openid-configuration",
        ]
    );
}

#[tokio::test]
async fn metadata_that_cannot_be_used_says_why() {
    for (body, expected) in [
        ("", "the reply is not the JSON of metadata"),
        ("<html>", "the reply is not the JSON of metadata"),
        (r#"{"token_endpoint":"BASE/token"}"#, "the metadata names no `issuer`"),
        (
            r#"{"issuer":" ","token_endpoint":"BASE/token"}"#,
            "the metadata names no `issuer`",
        ),
        (r#"{"issuer":"BASE"}"#, "the metadata names no `token_endpoint`"),
        (
            r#"{"issuer":"https://other.example/","token_endpoint":"BASE/token"}"#,
            "the metadata is of another issuer, `https://other.example/`, than the authority `",
        ),
        // What it quotes of somebody's is not repeated, and no password is taken with an issuer.
        (
            r#"{"issuer":"https://user:hemmelig@HOST/","token_endpoint":"BASE/token"}"#,
            "the metadata is of another issuer, `http",
        ),
        (
            r#"{"issuer":"http://user:hemmelig@HOST/","token_endpoint":"BASE/token"}"#,
            "the metadata is of another issuer, `http",
        ),
        (
            r#"{"issuer":"eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiJ4In0.aGVtbWVsaWc","token_endpoint":"BASE/token"}"#,
            "the metadata is of another issuer, `(a secret)`, than the authority `",
        ),
        (
            r#"{"issuer":"BASE","token_endpoint":"http://user:hemmelig@HOST/token"}"#,
            "the metadata's `token_endpoint` must hold no user name and no password",
        ),
        (
            r#"{"issuer":"BASE","token_endpoint":"http://other.example/token"}"#,
            "the metadata's `token_endpoint` must be https",
        ),
    ] {
        let server = Server::start(move |request| {
            let base = base(request);
            let body = body.replace("HOST", base.trim_start_matches("http://"));
            (200, "", body.replace("BASE", &base))
        })
        .await;
        let error = authority(&server.url).endpoints().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Metadata);
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!format!("{error} {error:?}").contains("hemmelig"), "{error}");
    }
    let error = authority("http://127.0.0.1:1").endpoints().await.unwrap_err();
    assert_eq!(error.retry(), Retry::After(Some(PAUSE)));
    assert!(error.to_string().contains("it could not be reached: "), "{error}");
    assert_eq!(error.remedy(), Some("check the route there: DNS, firewall, proxy"));
}

#[tokio::test]
async fn an_issuer_that_was_renamed_is_found() {
    let renamed = Arc::new(AtomicBool::new(false));
    let is_renamed = renamed.clone();
    let server = Server::start(move |request| {
        let slash = if is_renamed.load(Ordering::SeqCst) { "" } else { "/" };
        let base = base(request);
        (
            200,
            "",
            format!(r#"{{"issuer":"{base}{slash}","token_endpoint":"{base}/token"}}"#),
        )
    })
    .await;
    let authority = authority(&server.url);
    let first = authority.endpoints().await.unwrap();
    assert_eq!(first.issuer, format!("{}/", server.url));
    assert!(!authority.replace(&first).await);
    renamed.store(true, Ordering::SeqCst);
    assert!(authority.replace(&first).await);
    assert_eq!(authority.endpoints().await.unwrap().issuer, server.url);
    // Who comes late with the old one learns of the new one without another request.
    let asked = server.seen().len();
    assert!(authority.replace(&first).await);
    assert_eq!(server.seen().len(), asked);
}

/// What a server answers at the address of an authority `/token`, and at its parent's.
async fn token(own: (u16, bool), parent: (u16, bool)) -> (Result<Arc<super::Endpoints>, crate::Error>, Server) {
    let server = Server::start(move |request| {
        let ((status, is_there), path) = match request.target.contains("/token") {
            true => (own, "/token"),
            false => (parent, ""),
        };
        let body = match is_there {
            true => document(&format!("{}{path}", base(request))),
            false => String::new(),
        };
        (status, "", body)
    })
    .await;
    let endpoints = authority(&format!("{}/token", server.url)).endpoints().await;
    (endpoints, server)
}

/// An issuer may be called as a token endpoint is: its parent is another, and is not taken for it.
#[tokio::test]
async fn the_authority_is_the_one_that_is_written() {
    for parent in [(200, true), (404, false), (503, false), (429, false), (400, false)] {
        let (endpoints, server) = token((200, true), parent).await;
        assert_eq!(endpoints.unwrap().issuer, format!("{}/token/", server.url));
        assert!(server.seen().iter().all(|request| request.target.contains("/token")));
    }
    // It is there, and does not answer now, or not with what it should.
    for (own, expected) in [
        ((503, false), "503: the metadata cannot be had"),
        ((429, false), "429: the metadata cannot be had"),
        ((200, false), "the reply is not the JSON of metadata"),
    ] {
        let (endpoints, server) = token(own, (200, true)).await;
        let error = endpoints.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert!(server.seen().iter().all(|request| request.target.contains("/token")));
    }
}

#[tokio::test]
async fn the_authority_of_a_token_endpoint_is_asked_where_it_is_none_itself() {
    for own in [404, 405, 401] {
        let log = crate::fake::Log::default();
        let guard = log.capture();
        let (endpoints, server) = token((own, false), (200, true)).await;
        drop(guard);
        assert_eq!(endpoints.unwrap().issuer, format!("{}/", server.url));
        let log = log.text();
        assert!(log.contains("that of a token endpoint"), "{log}");
        assert!(
            log.contains(&format!("authority={0}/token issuer={0}/", server.url)),
            "{log}"
        );
    }
    // Neither is: the one that is written is told.
    let (endpoints, _) = token((404, false), (404, false)).await;
    let error = endpoints.unwrap_err().to_string();
    assert!(
        error.contains("/.well-known/oauth-authorization-server/token: 404"),
        "{error}"
    );
    let (endpoints, _) = token((404, false), (503, false)).await;
    assert_eq!(endpoints.unwrap_err().status(), Some(503));
}
