//! NAIS's variables, as its operator gives them to an app.

use std::collections::HashMap;

use maskinporten::{Environment, Error, ErrorKind, MaskinportenClient, MaskinportenSettings};
use maskinporten_emulator::MaskinportenEmulator;
use tracing::Level;

use crate::log::capture_at;
use crate::world::SCOPE;

type Variables = HashMap<&'static str, String>;

fn given(emulator: &MaskinportenEmulator) -> Variables {
    HashMap::from([
        ("MASKINPORTEN_CLIENT_ID", emulator.client().client_id().to_owned()),
        ("MASKINPORTEN_CLIENT_JWK", emulator.client().jwk_json()),
        ("MASKINPORTEN_SCOPES", format!("{SCOPE} altinn:serviceowner")),
        ("MASKINPORTEN_WELL_KNOWN_URL", emulator.metadata_url()),
        ("MASKINPORTEN_ISSUER", emulator.issuer()),
        ("MASKINPORTEN_TOKEN_ENDPOINT", emulator.token_endpoint()),
        ("MASKINPORTEN_JWKS_URI", emulator.jwks_url()),
    ])
}

fn read(variables: &Variables) -> Result<MaskinportenSettings, Error> {
    MaskinportenSettings::from_nais(|name| variables.get(name).cloned())
}

#[tokio::test]
async fn the_platforms_variables_make_a_client() {
    let emulator = MaskinportenEmulator::start().await.unwrap();
    let mut variables = given(&emulator);
    for (metadata, without) in [
        (0, &[][..]),
        (
            1,
            &[
                "MASKINPORTEN_ISSUER",
                "MASKINPORTEN_TOKEN_ENDPOINT",
                "MASKINPORTEN_JWKS_URI",
            ],
        ),
    ] {
        variables.retain(|name, _| !without.contains(name));
        let settings = read(&variables).unwrap();
        assert_eq!(settings.key_setting(), Some("MASKINPORTEN_CLIENT_JWK"));
        let client = MaskinportenClient::builder(settings)
            .ca_pem(emulator.ca_pem())
            .build()
            .unwrap();
        let token = client.token(client.default_request()).await.unwrap();
        assert!(token.scope().unwrap().contains(SCOPE));
        assert_eq!(emulator.counts().metadata_requests, metadata);
    }
}

#[test]
fn altinns_environment_goes_with_the_platforms() {
    let emulator = MaskinportenEmulator::start_blocking().unwrap();
    let mut variables = given(&emulator);
    variables.remove("MASKINPORTEN_WELL_KNOWN_URL");
    variables.insert("MASKINPORTEN_ISSUER", "https://test.maskinporten.no/".to_owned());
    variables.insert(
        "MASKINPORTEN_TOKEN_ENDPOINT",
        "https://test.maskinporten.no/token".to_owned(),
    );
    let settings = read(&variables).unwrap();
    assert_eq!(*settings.environment(), Environment::Test);
    MaskinportenClient::from_settings(settings.exchange_to_altinn_token(true)).unwrap();
}

#[test]
fn what_is_missing_or_wrong_is_told_at_once_by_the_variables_names() {
    let missing = read(&Variables::new()).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Settings);
    assert_eq!(
        missing.to_string(),
        "Maskinporten: settings failed: 3 problems: `MASKINPORTEN_CLIENT_ID`: is missing; NAIS sets it where the app's manifest \
         enables `maskinporten`; `MASKINPORTEN_WELL_KNOWN_URL`: is missing; `MASKINPORTEN_ISSUER` and \
         `MASKINPORTEN_TOKEN_ENDPOINT` would do as well; NAIS sets it where the app's manifest enables `maskinporten`; \
         `MASKINPORTEN_CLIENT_JWK`: is missing; NAIS sets it where the app's manifest enables `maskinporten`"
    );
    let emulator = MaskinportenEmulator::start_blocking().unwrap();
    let mut variables = given(&emulator);
    variables.insert("MASKINPORTEN_CLIENT_ID", emulator.client().jwk_json());
    variables.insert("MASKINPORTEN_ISSUER", "$ISSUER".to_owned());
    variables.insert("MASKINPORTEN_TOKEN_ENDPOINT", "http://texas/token".to_owned());
    variables.insert("MASKINPORTEN_CLIENT_JWK", "hunter2!".to_owned());
    let wrong = read(&variables).unwrap_err().to_string();
    for part in [
        "4 problems: `MASKINPORTEN_CLIENT_ID`: is JSON, as a JWK is, and is not shown; a private key belongs into \
         `MASKINPORTEN_CLIENT_JWK`",
        "`MASKINPORTEN_ISSUER`: is a placeholder",
        "`MASKINPORTEN_TOKEN_ENDPOINT`: must be https (http only for this machine, unless `MASKINPORTEN_ALLOW_INSECURE_HTTP` is \
         set)",
        "`MASKINPORTEN_CLIENT_JWK`: the key is neither JSON nor PEM",
    ] {
        assert!(wrong.contains(part), "{wrong}\nlacks\n{part}");
    }
    assert!(!wrong.contains("hunter2"));

    let mut compose = given(&emulator);
    compose.insert("MASKINPORTEN_TOKEN_ENDPOINT", "http://texas/token".to_owned());
    compose.insert("MASKINPORTEN_ALLOW_INSECURE_HTTP", "true".to_owned());
    assert!(read(&compose).unwrap().allows_insecure_http());

    // Turned off for the app: what else is missing is no news.
    let off = Variables::from([("MASKINPORTEN_ENABLED", "false".to_owned())]);
    assert_eq!(
        read(&off).unwrap_err().to_string(),
        "Maskinporten: settings failed: `MASKINPORTEN_ENABLED`: is `false`; enable `maskinporten` in the app's manifest"
    );
    let mut on = given(&emulator);
    on.insert("MASKINPORTEN_ENABLED", "true".to_owned());
    read(&on).unwrap();
}

#[tokio::test]
async fn without_scopes_each_request_names_its_own_and_the_variable_is_named() {
    let (log, _guard) = capture_at(Level::WARN);
    let emulator = MaskinportenEmulator::start().await.unwrap();
    let mut variables = given(&emulator);
    variables.insert("MASKINPORTEN_SCOPES", " ".to_owned());
    let client = MaskinportenClient::builder(read(&variables).unwrap())
        .ca_pem(emulator.ca_pem())
        .build()
        .unwrap();
    let told = "`MASKINPORTEN_SCOPES` is not set: a request that names no scopes itself cannot be sent";
    assert_eq!(log.text().matches(told).count(), 1, "{}", log.text());
    let error = client.check().await.unwrap_err();
    assert!(error.to_string().contains("set `MASKINPORTEN_SCOPES`"), "{error}");
    client.token(&maskinporten::TokenRequest::new([SCOPE])).await.unwrap();
}
