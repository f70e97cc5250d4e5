//! Our error in others'.

use std::error::Error as StdError;
use std::fmt;

use maskinporten::{Error, MaskinportenRequest, reqwest_middleware};
use maskinporten_emulator::{Fault, RequestKind};

use maskinporten::AltinnEnvironment;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::log::capture_spans;
use crate::world::{World, request};

#[derive(Debug)]
struct Around(Box<dyn StdError + Send + Sync>);

impl fmt::Display for Around {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("around it")
    }
}

impl StdError for Around {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.0)
    }
}

async fn refused() -> reqwest_middleware::Error {
    let world = World::start().await;
    let wish = MaskinportenRequest::new().scopes(["no:such"]);
    let sent = world
        .client()
        .http_client()
        .get(world.emulator.api_url())
        .with_extension(wish)
        .send();
    sent.await.unwrap_err()
}

fn code<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a str> {
    Error::find(error)?.mp_code()
}

#[tokio::test]
async fn our_error_is_found_wherever_it_is() {
    let error = refused().await;
    assert_eq!(code(&error), Some("MP-200"));
    let own = Error::find(&error).unwrap().clone();
    assert_eq!(code(&own), Some("MP-200"));

    let boxed: Box<dyn StdError + Send + Sync> = Box::new(own.clone());
    assert_eq!(code(&*boxed), Some("MP-200"));
    let deep = Around(Box::new(Around(Box::new(error))));
    assert_eq!(code(&deep), Some("MP-200"));
    let io = Around(Box::new(std::io::Error::other(own)));
    assert_eq!(code(&io), Some("MP-200"));
    let both = reqwest_middleware::Error::middleware(Around(Box::new(reqwest_middleware::Error::middleware(io))));
    assert_eq!(code(&both), Some("MP-200"));
}

/// Shows another's text and sources as its own, as `thiserror`'s `transparent` does. So does the middleware that retries (`RetryError` of
/// `reqwest-retry`), and it stands before this one.
#[derive(Debug)]
struct Transparent(reqwest_middleware::Error);

impl fmt::Display for Transparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for Transparent {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}

#[tokio::test]
async fn our_error_is_found_in_what_shows_it_as_its_own() {
    let error = refused().await;
    let line = error.to_string();
    let nested = reqwest_middleware::Error::middleware(reqwest_middleware::Error::middleware(error));
    assert_eq!(code(&nested), Some("MP-200"));
    let io = std::io::Error::other(Error::find(&nested).unwrap().clone());
    assert_eq!(code(&reqwest_middleware::Error::middleware(io)), Some("MP-200"));

    let retried = reqwest_middleware::Error::middleware(Transparent(nested));
    assert_eq!(code(&retried), Some("MP-200"));
    let own = Transparent(Transparent(retried).0);
    assert_eq!(code(&own), Some("MP-200"));
    assert_eq!(own.to_string(), line);
    assert_eq!(Error::find(&own).unwrap().to_string(), line);
    // Who prints the whole chain does not print it twice.
    let sources = std::iter::successors(own.source(), |&error| error.source());
    assert!(!sources.map(ToString::to_string).any(|text| text.contains("MP-200")));
}

#[tokio::test]
async fn an_error_that_is_not_ours_is_not_found() {
    let error = reqwest_middleware::Error::from(reqwest::Client::new().get("http://").send().await.unwrap_err());
    assert!(Error::find(&error).is_none());
    assert!(Error::find(&Around("text".into())).is_none());
}

/// OpenTelemetry's semantic conventions, HTTP client spans: `http.request.resend_count`.
#[tokio::test]
async fn each_attempt_is_a_span_that_says_which_it_is() {
    let world = World::start().await;
    let (log, _guard) = capture_spans();
    world
        .emulator
        .inject(Fault::status(503, "").for_kind(RequestKind::Token).times(2));
    world
        .emulator
        .inject(Fault::status(503, "").for_kind(RequestKind::Exchange).once());
    world.client().altinn_token(&request()).await.unwrap();
    let text = log.text();
    let attempts = |path: &str| -> Vec<String> {
        let of_path = |line: &&str| line.contains("close") && line.contains("http.request{") && line.contains(path);
        text.lines().filter(of_path).map(str::to_owned).collect()
    };
    let tokens = attempts("/token\"");
    assert_eq!(tokens.len(), 3, "{text}");
    assert!(!tokens[0].contains("resend_count"), "{}", tokens[0]);
    assert!(tokens[1].contains("http.request.resend_count=1"), "{}", tokens[1]);
    assert!(tokens[2].contains("http.request.resend_count=2"), "{}", tokens[2]);
    let exchanges = attempts("/exchange/maskinporten\"");
    assert_eq!(exchanges.len(), 2, "{text}");
    assert!(!exchanges[0].contains("resend_count") && exchanges[1].contains("http.request.resend_count=1"));
    assert!(tokens[0].contains("maskinporten.token") && exchanges[0].contains("maskinporten.exchange"));
}

/// OpenTelemetry's semantic conventions, HTTP client spans: `http.response.status_code` wherever a reply came.
#[tokio::test]
async fn the_span_of_an_exchange_that_was_redirected_has_its_status() {
    let world = World::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut seen = [0; 4096];
            let length = stream.read(&mut seen).await.unwrap();
            let redirected = seen[..length].starts_with(b"GET /elsewhere");
            let status = if redirected {
                "401 No"
            } else {
                "302 Found\r\nlocation: /elsewhere"
            };
            let reply = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(reply.as_bytes()).await.unwrap();
        }
    });
    let altinn: AltinnEnvironment = base.parse().unwrap();
    let root = reqwest::Certificate::from_pem(world.emulator.ca_pem().as_bytes()).unwrap();
    let following = reqwest::Client::builder()
        .tls_certs_only([root])
        .no_proxy()
        .build()
        .unwrap();
    let client = world
        .builder(world.settings())
        .token_http_client(following)
        .altinn(altinn);
    let client = client.build().unwrap();
    let (log, _guard) = capture_spans();
    let error = client.altinn_token(&request()).await.unwrap_err();
    assert!(error.to_string().contains("the request was redirected"), "{error}");
    assert_eq!(error.status(), Some(401));
    assert_eq!(
        client.stats().exchange_requests,
        1,
        "nobody who matters refused the token"
    );
    let text = log.text();
    let span = text
        .lines()
        .find(|line| line.contains("close") && line.contains("http.request{") && line.contains("/exchange/"));
    assert!(span.unwrap().contains("http.response.status_code=401"), "{text}");
    serving.abort();
}
