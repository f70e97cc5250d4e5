//! Our error in others'.

use std::error::Error as StdError;
use std::fmt;

use maskinporten::{Error, MaskinportenRequest, reqwest_middleware};
use maskinporten_emulator::{Fault, RequestKind};

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
