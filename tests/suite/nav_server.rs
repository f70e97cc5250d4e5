//! Our client against NAV's mock-oauth2-server, which `.ci/nav-server/run` starts. It hands out a token for every JWT grant, so
//! what is shown here is metadata, the form on the wire and the cache, and no refusal.

use maskinporten::{Environment, KeyOptions, MaskinportenClient, MaskinportenSettings, TokenRequest};
use maskinporten_emulator::ClientKey;

#[tokio::test]
#[ignore = "needs the server that .ci/nav-server/run starts"]
async fn nav_server_gives_tokens_and_the_cache_keeps_them() {
    let server = std::env::var("NAV_SERVER").expect("NAV_SERVER names the issuer");
    let settings = MaskinportenSettings::new("a-client", Environment::parse(&server).expect("an authority"))
        .key(
            ClientKey::generate().jwk_json().expect("a private key"),
            KeyOptions::default(),
        )
        .scope("altinn:serviceowner/instances.read");
    let client = MaskinportenClient::from_settings(settings).expect("a client");

    let first = client.token(client.default_request()).await.expect("a token");
    let again = client.token(client.default_request()).await.expect("the same token");
    assert_eq!(first.secret(), again.secret());
    assert!(first.remaining().is_some_and(|left| left.as_secs() > 60), "{first:?}");

    let other = client
        .token(&TokenRequest::new(["altinn:serviceowner/instances.write"]))
        .await
        .expect("another token");
    assert_ne!(first.secret(), other.secret());

    let stats = client.stats();
    assert_eq!((stats.token_requests, stats.cached), (2, 1), "{stats:?}");
}

/// As NAIS gives them to an app, which in its own tests has this server in the place of Maskinporten.
#[tokio::test]
#[ignore = "needs the server that .ci/nav-server/run starts"]
async fn nav_server_serves_a_client_with_the_variables_of_nais() {
    let server = std::env::var("NAV_SERVER").expect("NAV_SERVER names the issuer");
    let jwk = ClientKey::generate().jwk_json().expect("a private key");
    let variables = |name: &str| match name {
        "MASKINPORTEN_CLIENT_ID" => Some("a-client".to_owned()),
        "MASKINPORTEN_CLIENT_JWK" => Some(jwk.clone()),
        "MASKINPORTEN_SCOPES" => Some("altinn:serviceowner/instances.read".to_owned()),
        "MASKINPORTEN_WELL_KNOWN_URL" => Some(format!("{server}/.well-known/oauth-authorization-server")),
        _ => None,
    };
    let settings = MaskinportenSettings::from_nais(variables).expect("settings");
    let client = MaskinportenClient::from_settings(settings).expect("a client");
    client.check().await.expect("a token");

    // With issuer and token endpoint nobody is asked for metadata; a name that the server does not know itself by is then no matter.
    let elsewhere = |name: &str| match name {
        "MASKINPORTEN_WELL_KNOWN_URL" => None,
        "MASKINPORTEN_ISSUER" => Some("https://issuer.example/".to_owned()),
        "MASKINPORTEN_TOKEN_ENDPOINT" => Some(format!("{server}/token")),
        name => variables(name),
    };
    let settings = MaskinportenSettings::from_nais(elsewhere).expect("settings");
    let client = MaskinportenClient::from_settings(settings).expect("a client");
    client.check().await.expect("a token");
}
