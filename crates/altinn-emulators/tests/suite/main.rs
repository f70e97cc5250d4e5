//! Both emulators at once, driven by one bare client.

#![allow(clippy::unwrap_used)]

use altinn_emulators::Emulators;
use serde_json::Value;

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const SCOPE: &str = "altinn:serviceowner/instances.read";

#[tokio::test]
async fn the_vault_holds_what_the_guide_puts_there() {
    let both = Emulators::start().await.unwrap();
    let client = both.maskinporten.client();
    let http = both.http_client();
    let token = both.vault.access_token("https://vault.azure.net");
    for (name, value) in [
        ("MaskinportenSettings--ClientId", client.client_id().to_owned()),
        ("MaskinportenSettings--EncodedJwk", client.encoded_jwk()),
    ] {
        let url = format!("{}/secrets/{name}?api-version=7.5", both.vault.url());
        let answer = http.get(url).bearer_auth(&token).send().await.unwrap();
        let secret: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert_eq!(secret["value"], value);
    }
    // The same client reaches the other one, and the vault's named hosts.
    let assertion = both.maskinporten.assertion(&client, SCOPE);
    let form = [("grant_type", JWT_BEARER), ("assertion", &assertion)];
    let request = http.post(both.maskinporten.token_endpoint()).form(&form);
    assert_eq!(request.send().await.unwrap().status(), 200);
    let url = format!("{}/secrets?api-version=7.5", both.vault.vault_url("other"));
    assert_eq!(http.get(url).send().await.unwrap().status(), 401);
    assert_eq!(both.ca_pem().matches("BEGIN CERTIFICATE").count(), 2);
}

#[test]
fn both_start_without_a_runtime() {
    let both = Emulators::start_blocking().unwrap();
    assert_ne!(format!("{}/", both.vault.url()), both.maskinporten.issuer());
}
