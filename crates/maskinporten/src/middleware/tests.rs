#[cfg(feature = "tower")]
mod tower;

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::future::join_all;
use http::header::{AUTHORIZATION, LOCATION};
use secrecy::SecretString;
use tokio::time::Instant;
use url::Url;

use super::MaskinportenRequest;
use super::bearer::{authorize, may_carry};
use super::target::Target;
use crate::client::{Asked, Behaviour, Kind, MaskinportenClient, Parts};
use crate::error::Stage;
use crate::request::{SystemUser, TokenRequest};
use crate::server::{Server, reply};
use crate::token::Token;
use crate::token::cache::Cached;
use crate::token::limits::CacheLimits;
use crate::token::tests::{Fake, token};

const LOCAL: Behaviour = Behaviour {
    exchange: false,
    overwrite: false,
    plain_loopback: true,
    plain_anywhere: false,
};

fn provider() -> Arc<Fake> {
    Fake::new(|call| async move {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Ok(token(call, Some(Duration::from_secs(120))))
    })
}

fn client(fake: &Arc<Fake>, altinn: Option<&Arc<Fake>>, behaviour: Behaviour) -> MaskinportenClient {
    let cached = |fake: &Arc<Fake>, stage| Cached::new(Arc::new(fake.clone()), stage, CacheLimits::default(), None);
    let parts = Parts {
        tokens: cached(fake, Stage::Token),
        altinn: altinn.map(|fake| cached(fake, Stage::Exchange)),
        default_request: TokenRequest::new(["a"]),
        behaviour,
        asked: Asked::default(),
    };
    MaskinportenClient::assemble(parts, crate::transport::ApiClient::given(reqwest::Client::new()))
}

fn bearers(tokens: &[u64]) -> Vec<Option<String>> {
    tokens
        .iter()
        .map(|token| Some(format!("Bearer token {token}")))
        .collect()
}

#[tokio::test]
async fn every_request_carries_the_token() {
    let (fake, server) = (provider(), Server::start(|_| async { reply(200, "") }).await);
    let client = client(&fake, None, LOCAL).http_client();
    for _ in 0..3 {
        client.get(server.url("/")).send().await.expect("a reply");
    }
    assert_eq!((server.authorizations(), fake.calls()), (bearers(&[1, 1, 1]), 1));
}

#[tokio::test]
async fn a_callers_header_stays_unless_it_is_to_be_overwritten() {
    for overwrite in [false, true] {
        let (fake, server) = (provider(), Server::start(|_| async { reply(401, "") }).await);
        let client = client(&fake, None, Behaviour { overwrite, ..LOCAL }).http_client();
        client
            .get(server.url("/"))
            .header(AUTHORIZATION, "mine")
            .send()
            .await
            .expect("a reply");
        let expected = match overwrite {
            // Theirs was refused: that is no reason to touch our token.
            false => (vec![Some("mine".to_owned())], 0),
            true => (bearers(&[1, 2]), 2),
        };
        assert_eq!((server.authorizations(), fake.calls()), expected);
    }
}

#[tokio::test]
async fn a_refused_token_is_replaced_and_the_request_resent_with_its_body() {
    let fake = provider();
    let server = Server::start(|seen| async move {
        match seen.authorization.as_deref() {
            Some("Bearer token 1") => reply(401, ""),
            _ => reply(200, "done"),
        }
    })
    .await;
    let client = client(&fake, None, LOCAL).http_client();
    let response = client
        .post(server.url("/"))
        .body("a body")
        .send()
        .await
        .expect("a reply");
    assert_eq!(response.text().await.expect("a body"), "done");
    assert_eq!(server.authorizations(), bearers(&[1, 2]));
    assert!(server.seen().iter().all(|seen| seen.body == "a body"));
}

#[tokio::test]
async fn an_api_that_refuses_everything_gets_one_resend() {
    let (fake, server) = (provider(), Server::start(|_| async { reply(401, "") }).await);
    let client = client(&fake, None, LOCAL).http_client();
    let response = client.get(server.url("/")).send().await.expect("a reply");
    assert_eq!((response.status().as_u16(), server.seen().len()), (401, 2));
    // Again at once: another token would not help, and Maskinporten is left alone.
    client.get(server.url("/")).send().await.expect("a reply");
    assert_eq!((server.seen().len(), fake.calls()), (3, 2));
}

#[tokio::test]
async fn a_body_that_cannot_be_sent_again_is_not() {
    let (fake, server) = (provider(), Server::start(|_| async { reply(401, "") }).await);
    let client = client(&fake, None, LOCAL).http_client();
    let chunks = futures::stream::iter([Ok::<_, std::io::Error>("a body")]);
    let body = reqwest::Body::wrap_stream(chunks);
    let response = client.post(server.url("/")).body(body).send().await.expect("a reply");
    assert_eq!((response.status().as_u16(), server.seen().len()), (401, 1));
    // The next request gets another token.
    client.get(server.url("/")).send().await.expect("a reply");
    assert_eq!(server.authorizations()[1], bearers(&[2])[0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_refusals_at_once_are_one_refresh_and_one_resend_each() {
    const REQUESTS: usize = 1_000;
    let fake = provider();
    let refused = Arc::new(tokio::sync::Barrier::new(REQUESTS));
    let server = Server::start(move |seen| {
        let refused = refused.clone();
        async move {
            if seen.authorization.as_deref() != Some("Bearer token 1") {
                return reply(200, "");
            }
            // All are under way with the same token before the first is refused.
            refused.wait().await;
            reply(401, "")
        }
    })
    .await;
    let client = client(&fake, None, LOCAL).http_client();
    let replies = join_all((0..REQUESTS).map(|_| client.get(server.url("/")).send())).await;
    for reply in replies {
        assert_eq!(reply.expect("a reply").status().as_u16(), 200);
    }
    assert_eq!(fake.calls(), 2);
    let seen = server.authorizations();
    let with = |token: &str| seen.iter().filter(|header| header.as_deref() == Some(token)).count();
    assert_eq!(
        (with("Bearer token 1"), with("Bearer token 2"), seen.len()),
        (REQUESTS, REQUESTS, REQUESTS * 2)
    );
}

#[tokio::test]
async fn a_redirect_does_not_take_the_token_to_another_host() {
    let other = Server::start(|_| async { reply(401, "") }).await;
    // Another name and another port, each on its own, and the same host.
    let there = [format!("http://localhost:{}/", other.port()), other.url("/")];
    for there in there {
        let fake = provider();
        let server = Server::start(move |_| {
            let mut redirect = reply(307, "");
            redirect
                .headers_mut()
                .insert(LOCATION, there.parse().expect("a header"));
            async move { redirect }
        })
        .await;
        let client = client(&fake, None, LOCAL).http_client();
        let response = client
            .post(server.url("/"))
            .body("a body")
            .send()
            .await
            .expect("a reply");
        // Its 401 is not to our token, which it never saw.
        assert_eq!((response.status().as_u16(), fake.calls()), (401, 1));
        assert_eq!(server.authorizations(), bearers(&[1]));
    }
    assert_eq!(other.authorizations(), [None, None]);
}

#[tokio::test]
async fn a_redirect_on_the_same_host_keeps_it() {
    let fake = provider();
    let server = Server::start(|seen| async move {
        if seen.path == "/there" {
            return reply(200, "");
        }
        let mut redirect = reply(302, "");
        redirect
            .headers_mut()
            .insert(LOCATION, "/there".parse().expect("a header"));
        redirect
    })
    .await;
    let client = client(&fake, None, LOCAL).http_client();
    client.get(server.url("/")).send().await.expect("a reply");
    assert_eq!(server.authorizations(), bearers(&[1, 1]));
}

#[tokio::test]
async fn no_token_goes_over_plain_http() {
    let (fake, server) = (provider(), Server::start(|_| async { reply(200, "") }).await);
    let client = client(&fake, None, Behaviour::default()).http_client();
    let error = client.get(server.url("/")).send().await.expect_err("plain");
    assert!(error.to_string().contains("plain http"), "{error}");
    assert_eq!((server.seen().len(), fake.calls()), (0, 0));

    let may = |url: &str, plain_loopback| {
        let behaviour = Behaviour {
            plain_loopback,
            ..Behaviour::default()
        };
        may_carry(behaviour, &Url::parse(url).expect("a URL")).is_ok()
    };
    assert!(may("https://api.example/", false));
    assert!(may("http://localhost:1/", true) && may("http://127.0.0.1/", true) && may("http://[::1]:1/", true));
    assert!(!may("http://localhost:1/", false));
    for url in [
        "http://api.example/",
        "http://localhost.example/",
        "http://10.0.0.1/",
        "ws://localhost/",
        "file:///etc",
    ] {
        assert!(!may(url, true), "{url}");
    }
}

#[tokio::test]
async fn a_request_says_what_it_wants_otherwise() {
    let (fake, altinn) = (
        provider(),
        Fake::new(|call| async move { Ok(token(100 + call, Some(Duration::from_secs(1_800)))) }),
    );
    let server = Server::start(|_| async { reply(200, "") }).await;
    let client = client(&fake, Some(&altinn), LOCAL).http_client();
    let user = |organisation: &str| MaskinportenRequest::new().system_user(SystemUser::of(organisation));
    let wishes = [
        MaskinportenRequest::new(),
        user("991825827"),
        user("310000000"),
        MaskinportenRequest::new().resource("https://api.example/"),
        MaskinportenRequest::new().consumer_org("991825827"),
        MaskinportenRequest::new().scopes(["b"]),
        MaskinportenRequest::new().exchange(true),
    ];
    for wish in wishes.iter().chain(&wishes) {
        client
            .get(server.url("/"))
            .with_extension(wish.clone())
            .send()
            .await
            .expect("a reply");
    }
    let whole = TokenRequest::new(["b"]);
    client
        .get(server.url("/"))
        .with_extension(whole)
        .send()
        .await
        .expect("a reply");
    let round = [1, 2, 3, 4, 5, 6, 101];
    assert_eq!(
        server.authorizations(),
        bearers(&[&round[..], &round[..], &[6]].concat())
    );
}

#[test]
fn wishes_lie_over_the_settings() {
    let settings = TokenRequest::new(["a"])
        .resource("https://a.example/")
        .on_behalf_of("1")
        .pid("2");
    let mut extensions = http::Extensions::new();
    let parts = || {
        Arc::new(Parts {
            tokens: Cached::new(Arc::new(provider()), Stage::Token, CacheLimits::default(), None),
            altinn: None,
            default_request: settings.clone(),
            behaviour: Behaviour {
                exchange: true,
                ..LOCAL
            },
            asked: Asked::default(),
        })
    };
    let target = Target::new(parts(), None, &extensions);
    assert!(target.kind() == Kind::Altinn && *target.request() == settings);

    let wish = MaskinportenRequest::new()
        .resource("https://b.example/")
        .resource("https://c.example/");
    extensions.insert(wish.consumer_org("991825827").exchange(false));
    let target = Target::new(parts(), None, &extensions);
    let expected = TokenRequest::new(["a"])
        .resource("https://b.example/")
        .resource("https://c.example/")
        .consumer_org("991825827")
        .pid("2");
    assert!(target.kind() == Kind::Maskinporten && *target.request() == expected);
}

#[tokio::test]
async fn the_setting_chooses_the_token_and_a_401_is_to_that_one() {
    let (fake, altinn) = (provider(), provider());
    let server = Server::start(|seen| async move {
        reply(
            if seen.authorization.as_deref() == Some("Bearer token 1") {
                401
            } else {
                200
            },
            "",
        )
    })
    .await;
    let maskinporten = client(
        &fake,
        Some(&altinn),
        Behaviour {
            exchange: true,
            ..LOCAL
        },
    );
    maskinporten
        .token(maskinporten.default_request())
        .await
        .expect("a token");
    maskinporten
        .http_client()
        .get(server.url("/"))
        .send()
        .await
        .expect("a reply");
    assert_eq!(
        (server.authorizations(), altinn.calls(), fake.calls()),
        (bearers(&[1, 2]), 2, 1)
    );
    assert_eq!(maskinporten.stats().tokens, 2);
}

#[tokio::test]
async fn nothing_shows_a_token() {
    let (fake, server) = (provider(), Server::start(|_| async { reply(200, "") }).await);
    let client = client(&fake, None, LOCAL);
    client.http_client().get(server.url("/")).send().await.expect("a reply");
    let mut headers = http::HeaderMap::new();
    authorize(
        &mut headers,
        &client.token(client.default_request()).await.expect("a token"),
    )
    .expect("fits");
    let shown = format!("{client:?} {:?} {:?} {headers:?}", client.middleware(), client.stats());
    assert!(!shown.contains("token 1"), "{shown}");
}

/// A person's number is in the token, and in the address that the caller asks for.
#[tokio::test]
async fn a_callers_own_address_is_no_quote() {
    let claims = URL_SAFE_NO_PAD.encode(r#"{"pid":"01017012343"}"#);
    let fake = Fake::new(move |_| {
        let secret = SecretString::from(format!("e30.{claims}.c2lnbmF0dXJl"));
        async move { Ok(Arc::new(Token::new(secret, Instant::now(), None, None))) }
    });
    let client = client(&fake, None, LOCAL).http_client();
    let sent = client.get("http://127.0.0.1:1/persons/01017012343").send().await;
    let error = sent.expect_err("nobody is there");
    assert!(error.is_connect(), "{error}");
}

/// Whoever stands between us and the API may tell anything, in any error.
struct Telling(Tell);

/// Of the request's address.
type Tell = fn(String) -> reqwest_middleware::Error;

#[async_trait::async_trait]
impl reqwest_middleware::Middleware for Telling {
    async fn handle(
        &self,
        request: reqwest::Request,
        _: &mut http::Extensions,
        _: reqwest_middleware::Next<'_>,
    ) -> reqwest_middleware::Result<reqwest::Response> {
        Err((self.0)(request.url().to_string()))
    }
}

#[tokio::test]
async fn another_middleware_is_not_repeated_either() {
    const ANOTHERS: &str = "eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiJoZW1tZWxpZyJ9.aGVtbWVsaWc";
    let other = |text: String| reqwest_middleware::Error::middleware(std::io::Error::other(text));
    let tellings: [(Tell, &str); 4] = [
        (|url| reqwest_middleware::Error::middleware(failed_at(&url)), "/there"),
        (
            |url| reqwest_middleware::Error::middleware(std::io::Error::other(format!("at {url}"))),
            "at https://api.example.no/there",
        ),
        (
            |_| reqwest_middleware::Error::middleware(std::io::Error::other(format!("was {ANOTHERS}"))),
            "was (a secret)",
        ),
        (
            |_| reqwest_middleware::Error::middleware(std::io::Error::other("at redis://u:hemmelig@h/")),
            "at redis://(a secret)@h/",
        ),
    ];
    for (telling, expected) in tellings {
        let client = reqwest_middleware::ClientBuilder::new(reqwest::Client::new())
            .with(client(&provider(), None, LOCAL).middleware())
            .with(Telling(telling))
            .build();
        for request in [
            client.get("https://api.example.no/there?sig=hemmelig"),
            client
                .get("https://api.example.no/there?sig=hemmelig")
                .header(AUTHORIZATION, "Basic x"),
        ] {
            let error = request.send().await.expect_err("it fails");
            let text = format!("{error} {error:?}");
            assert!(text.contains(expected), "{text}");
            assert!(!text.contains("hemmelig") && !text.contains("eyJqdGki"), "{text}");
            assert!(
                !text.contains("carried the token") && !text.contains("API answers quotes"),
                "{text}"
            );
        }
    }
    // What says nothing comes as it is.
    let error = super::failure::of_reqwest(
        other("no route".to_owned()),
        &crate::quoted::Secrets::none(),
        "https://h/",
    );
    assert_eq!(error.to_string(), "no route");
}

/// An error of reqwest's with this address in it.
fn failed_at(url: &str) -> reqwest::Error {
    let response = http::Response::builder().status(500).body("").expect("a response");
    let response = reqwest::Response::from(response);
    let error = response.error_for_status().expect_err("a status");
    error.with_url(url.parse().expect("a URL"))
}
