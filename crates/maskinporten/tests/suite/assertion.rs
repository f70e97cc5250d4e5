//! What a client tells of where it asks, and an assertion for who asks by itself.

use maskinporten::{
    AltinnEnvironment, Environment, ErrorKind, ExposeSecret, KeyOptions, MaskinportenClient, MaskinportenSettings,
};
use serde_json::Value;

use crate::world::{World, request};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

#[tokio::test]
async fn an_assertion_is_taken_once_and_is_another_each_time() {
    let world = World::start().await;
    let client = world.client();
    let assertion = client.assertion(&request()).await.unwrap();
    assert_eq!(world.token_requests(), 0, "nothing was sent");
    assert!(!format!("{assertion:?}").contains(&assertion.expose_secret()[..20]));
    let another = client.assertion(&request()).await.unwrap();
    assert_ne!(assertion.expose_secret(), another.expose_secret());

    let endpoint = client.token_endpoint().await.unwrap();
    for (status, assertion) in [(200, &assertion), (400, &assertion), (200, &another)] {
        let form = [("grant_type", GRANT), ("assertion", assertion.expose_secret())];
        let reply = world
            .emulator
            .http_client()
            .post(&endpoint)
            .form(&form)
            .send()
            .await
            .unwrap();
        assert_eq!(reply.status(), status);
    }
    let claims: &Value = &world.emulator.requests().pop().unwrap().claims.unwrap();
    assert_eq!(claims["aud"], world.emulator.issuer());
}

#[tokio::test]
async fn an_assertion_is_not_signed_for_what_would_be_refused() {
    let world = World::start().await;
    let error = world
        .client()
        .assertion(&request().consumer_org("991825828"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
}

#[tokio::test]
async fn a_client_tells_where_it_asks() {
    let world = World::start().await;
    let client = world.client();
    assert_eq!(client.issuer().await.unwrap(), world.emulator.issuer());
    assert_eq!(client.token_endpoint().await.unwrap(), world.emulator.token_endpoint());
    assert_eq!(client.exchange_url(), Some(world.emulator.exchange_url()));
    assert_eq!(world.emulator.counts().metadata_requests, 1);

    // A named environment is known, and nothing is asked.
    let key = world.emulator.client().encoded_jwk();
    let settings = MaskinportenSettings::new("client", Environment::Test).key(key, KeyOptions::new());
    let client = MaskinportenClient::builder(settings)
        .altinn(AltinnEnvironment::Tt02)
        .build()
        .unwrap();
    assert_eq!(client.issuer().await.unwrap(), "https://test.maskinporten.no/");
    assert_eq!(
        client.token_endpoint().await.unwrap(),
        "https://test.maskinporten.no/token"
    );
    let exchange = "https://platform.tt02.altinn.no/authentication/api/v1/exchange/maskinporten";
    assert_eq!(client.exchange_url().as_deref(), Some(exchange));
}
