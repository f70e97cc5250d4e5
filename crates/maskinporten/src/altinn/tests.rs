use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::time::Instant;

use super::{AltinnEnvironment, Exchange, reply};
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Retry, Stage};
use crate::request::TokenRequest;
use crate::server::{Seen, Server, reply as http};
use crate::token::cache::Cached;
use crate::token::limits::CacheLimits;
use crate::token::retry::{Patience, Retrying};
use crate::token::tests::{Fake, token};
use crate::token::{Token, TokenProvider as _};
use crate::transport::{Clients, Variables};

fn jwt(claims: &str) -> String {
    format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
}

fn lives(text: &str) -> Duration {
    let token = reply::token(text, Instant::now(), 1_000).expect("a token");
    token.expires.expect("an end") - token.received
}

#[tokio::test(start_paused = true)]
async fn raw_and_quoted_bodies_are_the_same_token() {
    let jwt = jwt(r#"{"iat":1000,"exp":2800}"#);
    for body in [
        jwt.clone(),
        format!("\"{jwt}\""),
        format!("\u{feff}  \"{jwt}\"\r\n"),
        format!("{jwt}\n"),
    ] {
        assert_eq!(
            reply::token(&body, Instant::now(), 1_000).expect("a token").secret(),
            jwt
        );
    }
    for body in ["", "\"\"", "\"open", "<html>", "{\"token\":1}", "two words", "[]"] {
        let error = reply::token(body, Instant::now(), 1_000).expect_err("no token");
        assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_lifetime_is_the_altinn_tokens_own() {
    assert_eq!(lives(&jwt(r#"{"iat":5000,"exp":6800}"#)), Duration::from_secs(1_800));
    assert_eq!(lives(&jwt(r#"{"iat":5000,"exp":5060}"#)), Duration::from_secs(60));
    assert_eq!(lives(&jwt(r#"{"exp":1600}"#)), Duration::from_secs(600));
    for silent in [
        jwt("{}"),
        jwt("not json"),
        "opaque".to_owned(),
        jwt(r#"{"iat":9,"exp":1}"#),
        jwt(r#"{"exp":9223372036854775807}"#),
    ] {
        assert_eq!(lives(&silent), Duration::from_secs(1_800), "{silent}");
    }
}

#[test]
fn every_environment_has_its_address() {
    for (name, base) in [
        ("prod", "https://platform.altinn.no"),
        ("TT02", "https://platform.tt02.altinn.no"),
        ("Production", "https://platform.altinn.no"),
        // Maskinporten's names, as .NET takes them.
        ("test", "https://platform.tt02.altinn.no"),
        ("Test", "https://platform.tt02.altinn.no"),
        ("ver1", "https://platform.tt02.altinn.no"),
        ("VER2", "https://platform.tt02.altinn.no"),
        (
            "https://platform.tt02.altinn.no/authentication/api/v1/exchange/maskinporten",
            "https://platform.tt02.altinn.no",
        ),
        (
            "https://platform.altinn.no/authentication/api/v1/exchange/maskinporten/",
            "https://platform.altinn.no",
        ),
        (
            "https://platform.at22.altinn.cloud/Authentication/API/v1/Exchange/Maskinporten",
            "https://platform.at22.altinn.cloud",
        ),
        (
            "https://platform.tt02.altinn.no//authentication/api/v1/",
            "https://platform.tt02.altinn.no",
        ),
        (
            "https://platform.example/base/authentication/api/v1/exchange/maskinporten",
            "https://platform.example/base",
        ),
        (
            "https://platform.example/maskinporten",
            "https://platform.example/maskinporten",
        ),
        // A path of a platform's own, and a host that is called as a path is.
        (
            "https://platform.example/authentication",
            "https://platform.example/authentication",
        ),
        ("https://authentication/", "https://authentication"),
        ("https://authentication/api/v1", "https://authentication/api/v1"),
        ("https://authentication/authentication/api/", "https://authentication"),
        ("https://platform.example/api/v1/", "https://platform.example/api/v1"),
        (" at21 ", "https://platform.at21.altinn.cloud"),
        ("at22", "https://platform.at22.altinn.cloud"),
        ("at23", "https://platform.at23.altinn.cloud"),
        ("at24", "https://platform.at24.altinn.cloud"),
        ("yt01", "https://platform.yt01.altinn.cloud"),
        ("https://platform.example/base/", "https://platform.example/base"),
        ("http://localhost:5101", "http://localhost:5101"),
    ] {
        let environment: AltinnEnvironment = name.parse().expect("an environment");
        assert_eq!(environment.base(), base);
        let endpoint = format!("{base}/authentication/api/v1/exchange/maskinporten");
        assert_eq!(environment.endpoint(false), endpoint);
        assert_eq!(environment.endpoint(true), format!("{endpoint}?test=true"));
        if let Ok(url) = name.parse() {
            assert_eq!(AltinnEnvironment::Custom(url).endpoint(false), endpoint);
        }
    }
    for (text, named) in [
        ("test", AltinnEnvironment::Tt02),
        ("https://platform.altinn.no/", AltinnEnvironment::Prod),
        (
            "https://platform.yt01.altinn.cloud/authentication/api/v1/exchange/maskinporten",
            AltinnEnvironment::Yt01,
        ),
    ] {
        assert_eq!(text.parse::<AltinnEnvironment>().expect("an environment"), named);
    }
    for (bad, expected) in [
        (
            "https://platform.tt02.altinn.no/authentication/api/v1/exchange/maskinporten?test=true",
            "has a query; leave it out, and set `UseAltinnTestOrg` instead",
        ),
        ("<environment>", "the Altinn environment is a placeholder"),
        ("'tt02'", "begins or ends with a quotation mark"),
        (
            "@Microsoft.KeyVault(VaultName=v;SecretName=hunter2)",
            "that nobody resolved",
        ),
        ("hunter2", "is none of `prod`, `tt02`, `at21` to `at24` and `yt01`"),
    ] {
        let error = bad.parse::<AltinnEnvironment>().expect_err(bad).to_string();
        assert!(error.contains(expected) && !error.contains("hunter2"), "{error}");
    }
    for bad in [
        "",
        "at25",
        "ver3",
        "http://platform.example",
        "https://u:p@platform.example",
        "https://a.example/?b",
        "ftp://a",
    ] {
        bad.parse::<AltinnEnvironment>().expect_err(bad);
    }
}

/// The exchange as a client wires it, over a server that answers the numbered request.
struct Case {
    maskinporten: Arc<Fake>,
    server: Server,
    altinn: Cached,
}

async fn case(lifetime: u64, answer: impl Fn(u64, Seen) -> (u16, String) + Send + Sync + 'static) -> Case {
    let calls = AtomicU64::new(0);
    let server = Server::start(move |seen| {
        let (status, body) = answer(calls.fetch_add(1, Ordering::SeqCst) + 1, seen);
        async move { http(status, &body) }
    })
    .await;
    let lifetime = Some(Duration::from_secs(lifetime));
    let maskinporten = Fake::new(move |call| async move { Ok(token(call, lifetime)) });
    let limits = CacheLimits::default();
    let tokens = Cached::new(Arc::new(maskinporten.clone()), Stage::Token, limits, None);
    let environment = AltinnEnvironment::Custom(server.url("").parse().expect("a URL"));
    let exchange = Exchange::new(
        tokens,
        Clients::given(reqwest::Client::new(), Variables::default()),
        environment.endpoint(true),
        Clock::new(|| std::time::UNIX_EPOCH + Duration::from_secs(1_000)),
    );
    let patience = Patience {
        first_pause: Duration::from_millis(1),
        ..Patience::default()
    };
    let retrying = Retrying::new(exchange, Stage::Exchange, patience);
    Case {
        maskinporten,
        server,
        altinn: Cached::new(Arc::new(retrying), Stage::Exchange, limits, None),
    }
}

impl Case {
    async fn token(&self) -> Result<Arc<Token>, Error> {
        self.altinn.token(&TokenRequest::new(["a"])).await
    }
}

fn altinn(call: u64) -> String {
    jwt(&format!(r#"{{"iat":1000,"exp":2800,"call":{call}}}"#))
}

#[tokio::test]
async fn a_token_is_exchanged_once_and_kept_for_its_own_time() {
    let case = case(120, |call, _| (200, altinn(call))).await;
    let first = case.token().await.expect("a token");
    assert_eq!(first.secret(), altinn(1));
    assert!(first.remaining().expect("an end") > Duration::from_secs(1_700));
    assert!(Arc::ptr_eq(&first, &case.token().await.expect("a token")));
    let seen = case.server.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].path, "/authentication/api/v1/exchange/maskinporten?test=true");
    assert_eq!(seen[0].authorization.as_deref(), Some("Bearer token 1"));
}

#[tokio::test]
async fn a_maskinporten_token_that_ends_soon_is_not_exchanged() {
    let case = case(14, |call, _| (200, altinn(call))).await;
    case.token().await.expect("a token");
    // These live less than the fifteen seconds: a fresh one is as good as it gets.
    assert_eq!(case.maskinporten.calls(), 1);
    case.altinn
        .invalidate(&TokenRequest::new(["a"]), &case.token().await.expect("a token"));
    case.token().await.expect("a token");
    assert_eq!(case.maskinporten.calls(), 2);
}

#[tokio::test]
async fn a_401_gets_a_fresh_maskinporten_token() {
    let case = case(120, |call, _| {
        if call == 1 {
            (401, String::new())
        } else {
            (200, altinn(call))
        }
    })
    .await;
    case.token().await.expect("a token");
    let expected = ["Bearer token 1", "Bearer token 2"].map(|header| Some(header.to_owned()));
    assert_eq!(case.server.authorizations(), expected);
}

#[tokio::test]
async fn three_401s_are_the_end() {
    let case = case(120, |_, _| (401, "{\"title\":\"Unauthorized\"}".to_owned())).await;
    let error = case.token().await.expect_err("refused");
    assert_eq!(
        (error.kind(), error.status(), error.retry()),
        (ErrorKind::Exchange, Some(401), Retry::Never)
    );
    assert!(error.remedy().expect("a remedy").contains("tt02"));
    assert_eq!((case.server.seen().len(), case.maskinporten.calls()), (3, 2));
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_what_will_not_is_not() {
    let passing = case(120, |call, _| {
        if call < 3 {
            (503, String::new())
        } else {
            (200, altinn(call))
        }
    })
    .await;
    passing.token().await.expect("a token");
    assert_eq!((passing.server.seen().len(), passing.maskinporten.calls()), (3, 1));

    for (status, word) in [
        (400, "address"),
        (403, "access"),
        (404, "TokenExchangeEnvironment"),
        (410, "system user"),
    ] {
        let case = case(120, move |_, _| (status, "{\"detail\":\"because\"}".to_owned())).await;
        let error = case.token().await.expect_err("refused");
        assert_eq!((error.status(), case.server.seen().len()), (Some(status), 1));
        assert!(error.remedy().expect("a remedy").contains(word), "{error}");
        assert!(error.to_string().contains("because"));
        assert!(!error.to_string().contains("token 1"));
    }
}

#[tokio::test]
async fn a_failure_of_maskinporten_is_not_multiplied() {
    let fake = Fake::new(|_| async { Err(crate::token::tests::failure(Retry::After(None))) });
    let tokens = Cached::new(Arc::new(fake.clone()), Stage::Token, CacheLimits::default(), None);
    let exchange = Exchange::new(
        tokens,
        Clients::given(reqwest::Client::new(), Variables::default()),
        "http://localhost:1/".to_owned(),
        Clock::default(),
    );
    let retrying = Retrying::new(exchange, Stage::Exchange, Patience::default());
    let error = retrying.token(&TokenRequest::new(["a"])).await.expect_err("no token");
    assert_eq!((error.stage(), fake.calls()), (Stage::Token, 1));
}

/// Its own claim, else what the exchanged token was granted, else what was asked for.
#[tokio::test]
async fn the_scope_is_that_of_the_token() {
    for (claims, expected) in [
        (
            r#"{"iat":1000,"exp":2800,"scope":"its:own and:more"}"#,
            "its:own and:more",
        ),
        (
            r#"{"iat":1000,"exp":2800,"scope":["its:own","and:more"]}"#,
            "its:own and:more",
        ),
        (r#"{"iat":1000,"exp":2800,"scope":" "}"#, "a"),
        (r#"{"iat":1000,"exp":2800}"#, "a"),
    ] {
        let case = case(120, move |_, _| (200, jwt(claims))).await;
        assert_eq!(case.token().await.expect("a token").scope(), Some(expected));
    }
}

#[tokio::test]
async fn an_altinn_token_that_is_dead_on_arrival_is_exchanged_once_more() {
    // The clock says 1000.
    let dead = r#"{"iat":100,"exp":900}"#;
    for (then, exchanges) in [(r#"{"iat":1000,"exp":2800}"#, 2), (dead, 2)] {
        let case = case(120, move |call, _| (200, jwt(if call == 1 { dead } else { then }))).await;
        assert_eq!(case.token().await.expect("a token").secret(), jwt(then));
        assert_eq!((case.server.seen().len(), case.maskinporten.calls()), (exchanges, 1));
    }
}

#[tokio::test]
async fn a_failure_is_counted_where_it_happened_and_nowhere_else() {
    let fake = Fake::new(|_| async { Err(crate::token::tests::failure(Retry::Never)) });
    let tokens = Cached::new(Arc::new(fake), Stage::Token, CacheLimits::default(), None);
    let clients = Clients::given(reqwest::Client::new(), Variables::default());
    let exchange = Exchange::new(
        tokens.clone(),
        clients,
        "http://localhost:1/".to_owned(),
        Clock::default(),
    );
    let altinn = Cached::new(Arc::new(exchange), Stage::Exchange, CacheLimits::default(), None);
    altinn.token(&TokenRequest::new(["a"])).await.expect_err("no token");
    assert_eq!((tokens.failures(), altinn.failures()), (1, 0));

    let refusing = case(120, |_, _| (403, String::new())).await;
    refusing.token().await.expect_err("refused");
    assert_eq!(refusing.altinn.failures(), 1);
}
