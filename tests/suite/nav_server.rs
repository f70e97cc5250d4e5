//! Our client against NAV's mock-oauth2-server, which `.ci/nav-server/run` starts. It hands out a token for every JWT grant, so
//! what is shown here is metadata, the form on the wire and the cache, and no refusal.

use maskinporten::{
    Consent, Environment, ExposeSecret as _, KeyOptions, MaskinportenClient, MaskinportenSettings, TokenRequest,
};
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

/// It takes whatever is asked for, and says so in its tokens.
#[tokio::test]
#[ignore = "needs the server that .ci/nav-server/run starts"]
async fn nav_server_takes_every_kind_of_request() {
    let server = std::env::var("NAV_SERVER").expect("NAV_SERVER names the issuer");
    let settings = MaskinportenSettings::new("a-client", Environment::parse(&server).expect("an authority"))
        .key(
            ClientKey::generate().jwk_json().expect("a private key"),
            KeyOptions::default(),
        )
        .scope("altinn:serviceowner/instances.read");
    let client = MaskinportenClient::from_settings(settings).expect("a client");
    assert_eq!(client.issuer().await.expect("an issuer"), server);

    let consent = Consent::of("77ed8698-e019-4d9c-a5e4-8e0a3cf3f9d4", "991825827");
    let consent = client.default_request().clone().consent(consent);
    let first = client.token(&consent).await.expect("a token");
    let fresh = client.token(&consent.clone().fresh()).await.expect("another token");
    assert_ne!(first.secret(), fresh.secret());
    let again = client.token(&consent).await.expect("the fresh one");
    assert_eq!(again.secret(), fresh.secret());
    assert_eq!(client.stats().token_requests, 2);

    // Signed here and sent by another.
    let assertion = client.assertion(&consent).await.expect("an assertion");
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
        ("assertion", assertion.expose_secret()),
    ];
    let endpoint = client.token_endpoint().await.expect("an endpoint");
    let reply = reqwest::Client::new().post(endpoint).form(&form).send();
    assert!(reply.await.expect("a reply").status().is_success());
}
