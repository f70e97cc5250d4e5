//! The same, as a layer of `tower`.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use http::{Request, Response};
use tower_layer::Layer as _;
use tower_service::Service;

use super::*;
use crate::middleware::MaskinportenLayer;
use crate::middleware::failure::BoxError;

type Inner = futures::future::BoxFuture<'static, Result<Response<String>, Infallible>>;

/// Answers 401 to the first token, and says what it got.
#[derive(Clone)]
struct Api(Arc<AtomicU64>, Arc<AtomicBool>);

impl Service<Request<String>> for Api {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Inner;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Infallible>> {
        self.1.store(true, Ordering::SeqCst);
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<String>) -> Inner {
        assert!(self.1.swap(false, Ordering::SeqCst), "called before it was ready");
        self.0.fetch_add(1, Ordering::SeqCst);
        let header = request
            .headers()
            .get(AUTHORIZATION)
            .expect("a token")
            .to_str()
            .expect("text")
            .to_owned();
        let mut response = Response::new(format!("{header} {}", request.body()));
        if header == "Bearer token 1" {
            *response.status_mut() = http::StatusCode::UNAUTHORIZED;
        }
        Box::pin(async move { Ok(response) })
    }
}

async fn call(layer: &MaskinportenLayer<String>, uri: &str) -> (Result<Response<String>, String>, u64) {
    let calls = Arc::new(AtomicU64::new(0));
    let mut service = layer.layer(Api(calls.clone(), Arc::default()));
    futures::future::poll_fn(|context| service.poll_ready(context))
        .await
        .expect("ready");
    let request = Request::get(uri).body("a body".to_owned()).expect("a request");
    let response = service.call(request).await.map_err(|error| error.to_string());
    (response, calls.load(Ordering::SeqCst))
}

#[tokio::test]
async fn a_request_is_resent_where_its_body_can_be_copied() {
    let fake = provider();
    let layer = MaskinportenLayer::new(client(&fake, None, LOCAL)).replay(|body: &String| Some(body.clone()));
    let (response, calls) = call(&layer, "https://api.example/").await;
    assert_eq!(
        (response.expect("a reply").into_body().as_str(), calls),
        ("Bearer token 2 a body", 2)
    );

    let layer = MaskinportenLayer::new(client(&provider(), None, LOCAL));
    let (response, calls) = call(&layer, "https://api.example/").await;
    assert_eq!((response.expect("a reply").status().as_u16(), calls), (401, 1));
    let (response, _) = call(&layer, "https://api.example/").await;
    assert_eq!(response.expect("a reply").body(), "Bearer token 2 a body");
}

/// Whatever is behind the layer may tell what it was given.
#[derive(Clone)]
struct Failing;

impl Service<Request<String>> for Failing {
    type Response = Response<String>;
    type Error = BoxError;
    type Future = std::future::Ready<Result<Response<String>, BoxError>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), BoxError>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<String>) -> Self::Future {
        let text = match request.uri().path() {
            "/quoted" => format!("no route for {:?}", request.headers()[AUTHORIZATION].to_str()),
            "/anothers" => "was eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiJoZW1tZWxpZyJ9.aGVtbWVsaWc".to_owned(),
            "/told" => format!("no way to {}", request.uri()),
            "/reqwest" => return std::future::ready(Err(failed_at(&request.uri().to_string()).into())),
            "/middleware" => {
                let error = reqwest_middleware::Error::Reqwest(failed_at(&request.uri().to_string()));
                return std::future::ready(Err(error.into()));
            }
            _ => "no route".to_owned(),
        };
        std::future::ready(Err(text.into()))
    }
}

#[tokio::test]
async fn a_service_that_tells_the_token_is_not_repeated() {
    let fake = Fake::new(|_| async {
        let secret = SecretString::from("a-token-of-an-opaque-kind");
        Ok(Arc::new(Token::new(secret, Instant::now(), None, None)))
    });
    let layer = MaskinportenLayer::new(client(&fake, None, LOCAL));
    let mut service = layer.layer(Failing);
    let mut failure = async |uri: &str| {
        let request = Request::get(uri).body(String::new()).expect("a request");
        service.call(request).await.expect_err("it fails")
    };
    let quoted = failure("https://api.example/quoted").await;
    let text = format!("{quoted} {quoted:?} {:?}", quoted.source());
    assert!(
        !text.contains("a-token") && text.contains(r#"no route for Ok("Bearer (a secret)")"#),
        "{text}"
    );
    let plain = failure("https://api.example/").await;
    assert!(
        !plain.is::<crate::Error>() && plain.to_string() == "no route",
        "{plain}"
    );
    for path in ["anothers", "told", "reqwest", "middleware"] {
        let error = failure(&format!("https://api.example/{path}?sig=hemmelig")).await;
        let text = format!("{error} {error:?}");
        assert!(!text.contains("hemmelig") && !text.contains("eyJqdGki"), "{text}");
        assert!(!text.contains("carried the token"), "{text}");
        let known = error.is::<reqwest::Error>() || error.is::<reqwest_middleware::Error>();
        assert_eq!(known, path == "reqwest" || path == "middleware", "{path}");
    }
    // A caller's own header, and a caller's own address.
    let request = Request::get("https://api.example/told?sig=hemmelig").header(AUTHORIZATION, "Basic x");
    let own = service.call(request.body(String::new()).expect("a request")).await;
    let text = own.expect_err("it fails").to_string();
    assert!(text.contains("no way to https://api.example/told;"), "{text}");
    assert!(!text.contains("hemmelig"), "{text}");
}

#[tokio::test]
async fn no_token_goes_over_plain_http() {
    let layer = MaskinportenLayer::new(client(&provider(), None, Behaviour::default()));
    for uri in ["http://api.example/", "/relative", "http://localhost/"] {
        let (response, calls) = call(&layer, uri).await;
        assert!(response.expect_err("refused").contains("no token is sent"));
        assert_eq!(calls, 0);
    }
}
