//! The address of an endpoint, where the authority's or the platform's was asked for.

use maskinporten::{AltinnEnvironment, Environment, KeyOptions, MaskinportenClient, MaskinportenSettings};
use serde_json::json;

use crate::world::{SCOPE, World, request};

#[tokio::test]
async fn no_endpoint_is_asked_for_twice_over() {
    let world = World::start().await;
    let (issuer, exchange) = (world.emulator.issuer(), world.emulator.exchange_base());
    let (issuer, exchange) = (issuer.trim_end_matches('/'), exchange.trim_end_matches('/'));
    let authorities = [
        "",
        "/",
        "//",
        "/token",
        "/token/",
        "//token",
        "/.well-known/oauth-authorization-server",
        "/.well-known/oauth-authorization-server/",
        "//.well-known/openid-configuration",
    ];
    let platforms = [
        "",
        "/",
        "/authentication/api/v1/exchange/maskinporten",
        "/authentication/api/v1/exchange/maskinporten/",
        "//authentication/api/v1/",
        "/Authentication/api/v1/Exchange/Maskinporten",
    ];
    let longest = authorities.len().max(platforms.len());
    for round in 0..longest {
        let authority = format!("{issuer}{}", authorities[round % authorities.len()]);
        let platform = format!("{exchange}{}", platforms[round % platforms.len()]);
        let client = world.emulator.client();
        let by_section = config::Config::builder()
            .add_source(config::File::from_str(
                &json!({ "M": {
                    "ClientId": client.client_id(), "EncodedJwk": client.encoded_jwk(), "Scope": SCOPE,
                    "Authority": authority, "TokenExchangeEnvironment": platform,
                }})
                .to_string(),
                config::FileFormat::Json,
            ))
            .build()
            .unwrap();
        let by_section = MaskinportenSettings::from_config(&by_section, "M").unwrap();
        let in_code = MaskinportenSettings::new(client.client_id(), Environment::Other(authority.parse().unwrap()))
            .key(client.encoded_jwk(), KeyOptions::new())
            .scope(SCOPE);
        let custom = AltinnEnvironment::Custom(platform.parse().unwrap());
        for builder in [
            MaskinportenClient::builder(by_section),
            MaskinportenClient::builder(in_code.clone()).altinn(custom),
            MaskinportenClient::builder(in_code.token_exchange_environment(&platform)),
        ] {
            let client = builder.token_http_client(world.emulator.http_client()).build().unwrap();
            let token = client.altinn_token(&request()).await;
            token.unwrap_or_else(|error| panic!("{authority} {platform}: {error}"));
        }
    }
    // Each at the first address that was tried.
    let counts = world.emulator.counts();
    assert_eq!(
        (
            counts.metadata_requests,
            counts.token_requests,
            counts.exchange_requests
        ),
        (3 * longest, 3 * longest, 3 * longest)
    );
}
