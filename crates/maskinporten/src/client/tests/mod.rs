#![allow(clippy::unwrap_used)]

mod metadata;
mod quoted;
mod surroundings;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::header::LOCATION;
use serde_json::Value;
use tokio::net::TcpListener;

use super::{MaskinportenClient, MaskinportenClientBuilder};
use crate::altinn::AltinnEnvironment;
use crate::authority::Environment;
use crate::error::ErrorKind;
use crate::key::KeyOptions;
use crate::server::{Server, reply};
use crate::settings::MaskinportenSettings;

fn key() -> String {
    let vectors: Value = serde_json::from_str(include_str!("../../../tests/vectors/assertions.json")).unwrap();
    vectors["keys"]["vector-2048"]["encoded_jwk"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn builder(base: &str) -> MaskinportenClientBuilder {
    let environment = Environment::Fixed {
        issuer: "https://test.maskinporten.no/".to_owned(),
        token_endpoint: format!("{base}/token").parse().unwrap(),
    };
    let settings = MaskinportenSettings::new("client", environment)
        .key(key(), KeyOptions::new())
        .scope("a:b");
    MaskinportenClient::builder(settings)
        .altinn(AltinnEnvironment::Custom(base.parse().unwrap()))
        .deadline(Duration::from_secs(2))
}

const TOKEN: &str = r#"{"access_token":"abc","token_type":"Bearer","expires_in":119}"#;

/// Sends what `moved` says elsewhere.
async fn redirecting(moved: &'static str, elsewhere: &Server) -> Server {
    let elsewhere = elsewhere.url("/stolen");
    Server::start(move |seen| {
        let mut answer = reply(200, TOKEN);
        if seen.path.contains(moved) {
            answer = reply(307, "");
            answer.headers_mut().insert(LOCATION, elsewhere.parse().unwrap());
        }
        async move { answer }
    })
    .await
}

#[tokio::test]
async fn the_client_of_the_apis_does_not_carry_assertions() {
    let elsewhere = Server::start(|_| async { reply(200, TOKEN) }).await;
    let server = redirecting("/token", &elsewhere).await;
    let client = builder(&server.url(""))
        .http_client(reqwest::Client::new())
        .build()
        .unwrap();
    client.token(client.default_request()).await.unwrap_err();
    assert_eq!((server.seen().len(), elsewhere.seen().len()), (1, 0));

    // Nor do wishes for the clients that are made here change it.
    let follow = |builder: reqwest::ClientBuilder| builder.redirect(reqwest::redirect::Policy::limited(3));
    let client = builder(&server.url("")).configure_http(follow).build().unwrap();
    client.token(client.default_request()).await.unwrap_err();
    assert_eq!(elsewhere.seen().len(), 0);

    let server = redirecting("/exchange", &elsewhere).await;
    let client = builder(&server.url(""))
        .http_client(reqwest::Client::new())
        .build()
        .unwrap();
    client.altinn_token(client.default_request()).await.unwrap_err();
    assert_eq!(elsewhere.seen().len(), 0);
}

#[tokio::test]
async fn a_token_from_elsewhere_is_none() {
    for moved in ["/token", "/exchange"] {
        let elsewhere = Server::start(|_| async { reply(200, TOKEN) }).await;
        let server = redirecting(moved, &elsewhere).await;
        let client = builder(&server.url(""))
            .token_http_client(reqwest::Client::new())
            .build()
            .unwrap();
        let error = client.altinn_token(client.default_request()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{error}");
        assert!(error.to_string().contains("redirected"), "{error}");
        assert!(error.remedy().unwrap().contains("Policy::none()"), "{error}");
    }
}

/// HTTP/2 lets a server say that it did not look at a request, and reqwest sends that again by itself.
#[tokio::test]
async fn no_assertion_is_sent_again_by_the_library() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let arrived = Arc::new(AtomicUsize::new(0));
    let count = arrived.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let count = count.clone();
            tokio::spawn(async move {
                let mut connection = h2::server::handshake(stream).await.unwrap();
                while let Some(Ok((_, mut answer))) = connection.accept().await {
                    count.fetch_add(1, Ordering::SeqCst);
                    answer.send_reset(h2::Reason::REFUSED_STREAM);
                }
            });
        }
    });
    let client = builder(&base)
        .configure_http(reqwest::ClientBuilder::http2_prior_knowledge)
        .build()
        .unwrap();
    let error = client.token(client.default_request()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
    // No more than were signed; the deadline may cut the last one off on its way.
    let (arrived, signed) = (arrived.load(Ordering::SeqCst) as u64, client.stats().token_requests);
    assert!(arrived > 0 && arrived <= signed, "{arrived} arrived of {signed}");
}
