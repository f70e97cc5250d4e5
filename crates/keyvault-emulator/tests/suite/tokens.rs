//! The token endpoint, and what a vault makes of tokens.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyvault_emulator::KeyVaultEmulator;
use serde_json::{Value, json};

use crate::support::{Answer, Bench, RESOURCE};

const SCOPE: &str = "https://vault.azure.net/.default";
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

async fn secret_grant(bench: &Bench, change: &[(&str, &str)]) -> Answer {
    let emulator = &bench.emulator;
    let (id, secret) = (emulator.client_id().to_owned(), emulator.client_secret().to_owned());
    let mut form = vec![
        ("grant_type", "client_credentials"),
        ("client_id", id.as_str()),
        ("client_secret", secret.as_str()),
        ("scope", SCOPE),
    ];
    for (name, value) in change {
        form.retain(|(known, _)| known != name);
        if !value.is_empty() {
            form.push((name, value));
        }
    }
    bench.token(emulator.tenant(), &form).await
}

/// The number of an error, checked for Entra's form.
fn number(answer: &Answer, status: u16, error: &str) -> u64 {
    assert_eq!(answer.status.as_u16(), status, "{:?}", answer.body);
    assert_eq!(answer.body["error"], json!(error));
    let number = answer.body["error_codes"][0].as_u64().unwrap();
    let text = answer.body["error_description"].as_str().unwrap();
    assert!(text.starts_with(&format!("AADSTS{number}: ")), "{text}");
    let lines: Vec<_> = text.rsplitn(4, "\r\n").collect();
    let line = |index: usize, label: &str, member: &str| {
        assert_eq!(
            lines[index],
            format!("{label}: {}", answer.body[member].as_str().unwrap())
        );
    };
    line(2, "Trace ID", "trace_id");
    line(1, "Correlation ID", "correlation_id");
    line(0, "Timestamp", "timestamp");
    assert!(
        answer.body["error_uri"]
            .as_str()
            .unwrap()
            .ends_with(&format!("code={number}"))
    );
    number
}

#[tokio::test]
async fn a_token_says_who_for_what_and_until_when() {
    let bench = Bench::new().await;
    let answer = secret_grant(&bench, &[]).await;
    let token = answer.body["access_token"].as_str().unwrap();
    let claims = claims(token);
    assert_eq!(claims["aud"], json!(RESOURCE));
    assert_eq!(
        claims["iss"],
        json!(format!("https://sts.windows.net/{}/", bench.emulator.tenant()))
    );
    assert_eq!(claims["appid"], json!(bench.emulator.client_id()));
    assert_eq!(claims["tid"], json!(bench.emulator.tenant()));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3_599);
    assert_eq!(answer.body["ext_expires_in"], json!(3_599));
}

#[tokio::test]
async fn basic_authentication_and_assertions_sign_in_too() {
    let bench = Bench::new().await;
    let emulator = &bench.emulator;
    let url = format!("{}/{}/oauth2/v2.0/token", emulator.authority(), emulator.tenant());
    let request = bench
        .http
        .post(url)
        .basic_auth(emulator.client_id(), Some(emulator.client_secret()));
    let form = [("grant_type", "client_credentials"), ("scope", SCOPE)];
    assert_eq!(request.form(&form).send().await.unwrap().status(), 200);

    let token = emulator.federated_token();
    let assertion = [
        ("client_secret", ""),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", &token),
    ];
    assert_eq!(secret_grant(&bench, &assertion).await.status, 200);

    for (assertion, status, error, expected) in [
        ("garbage", 400, "invalid_request", 50_027),
        (bench.token.as_str(), 401, "invalid_client", 700_211),
    ] {
        let form = [
            ("client_secret", ""),
            ("client_assertion_type", JWT_BEARER),
            ("client_assertion", assertion),
        ];
        let answer = secret_grant(&bench, &form).await;
        assert_eq!(number(&answer, status, error), expected);
        assert!(!answer.body.to_string().contains(assertion));
    }
    let untyped = [("client_secret", ""), ("client_assertion", token.as_str())];
    assert_eq!(
        number(&secret_grant(&bench, &untyped).await, 400, "invalid_request"),
        900_144
    );
    // The right claims under another signature.
    let (head, tail) = token.split_at(token.len() - 8);
    let forged = format!("{head}{}", tail.chars().rev().collect::<String>());
    let form = [
        ("client_secret", ""),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", forged.as_str()),
    ];
    assert_eq!(
        number(&secret_grant(&bench, &form).await, 401, "invalid_client"),
        700_027
    );
}

/// MSAL for Go, Java and .NET sends the four beside the resource, in any order.
#[tokio::test]
async fn the_scopes_of_openid_connect_are_ignored() {
    let bench = Bench::new().await;
    let assertion = bench.emulator.federated_token();
    for scope in [
        "https://vault.azure.net/.default openid offline_access profile",
        "openid profile offline_access email https://vault.azure.net/.default",
        " email  https://vault.azure.net/.default ",
    ] {
        let answer = secret_grant(&bench, &[("scope", scope)]).await;
        assert_eq!(answer.status, 200, "{scope}: {:?}", answer.body);
        let token = answer.body["access_token"].as_str().unwrap();
        assert_eq!(claims(token)["aud"], json!(RESOURCE), "{scope}");
        let federated = [
            ("scope", scope),
            ("client_secret", ""),
            ("client_assertion_type", JWT_BEARER),
            ("client_assertion", &assertion),
        ];
        assert_eq!(secret_grant(&bench, &federated).await.status, 200, "{scope}");
    }
    // Any other is still one too many.
    let other = secret_grant(&bench, &[("scope", "https://vault.azure.net/.default address")]).await;
    assert_eq!(number(&other, 400, "invalid_scope"), 70_011);
}

#[tokio::test]
async fn version_1_takes_a_resource() {
    let bench = Bench::new().await;
    let emulator = &bench.emulator;
    let url = format!("{}/{}/oauth2/token", emulator.authority(), emulator.tenant());
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", emulator.client_id()),
        ("client_secret", emulator.client_secret()),
        ("resource", RESOURCE),
    ];
    let answer = Answer::of(bench.http.post(&url).form(&form).send().await.unwrap()).await;
    assert_eq!(answer.body["expires_in"], json!("3599"));
    assert_eq!(
        claims(answer.body["access_token"].as_str().unwrap())["aud"],
        json!(RESOURCE)
    );
    let missing = Answer::of(bench.http.post(&url).form(&form[..3]).send().await.unwrap()).await;
    assert_eq!(number(&missing, 400, "invalid_request"), 900_144);
}

#[tokio::test]
async fn every_mistake_has_its_number() {
    let bench = Bench::new().await;
    let wrong = secret_grant(&bench, &[("client_secret", "marker-wrong")]).await;
    assert_eq!(number(&wrong, 401, "invalid_client"), 7_000_215);
    assert!(
        wrong
            .body
            .to_string()
            .contains("Invalid client secret provided. Ensure the secret being sent")
    );
    assert!(!wrong.body.to_string().contains("marker-wrong"));

    for (change, status, error, expected) in [
        (("client_id", "nobody"), 400, "unauthorized_client", 700_016),
        (("client_secret", ""), 401, "invalid_client", 7_000_216),
        (("grant_type", ""), 400, "invalid_request", 900_144),
        (("client_id", ""), 400, "invalid_request", 900_144),
        (("scope", ""), 400, "invalid_request", 900_144),
        (("grant_type", "password"), 400, "unsupported_grant_type", 70_003),
        (("scope", "https://vault.azure.net"), 400, "invalid_scope", 1_002_012),
        (("scope", "openid profile"), 400, "invalid_scope", 1_002_012),
        (
            (
                "scope",
                "https://vault.azure.net/.default https://graph.microsoft.com/.default",
            ),
            400,
            "invalid_scope",
            70_011,
        ),
        (
            ("scope", "https://unknown.example/.default"),
            400,
            "invalid_resource",
            500_011,
        ),
    ] {
        let answer = secret_grant(&bench, &[change]).await;
        assert_eq!(number(&answer, status, error), expected, "{change:?}");
    }
    let answer = bench.token("elsewhere", &[("grant_type", "client_credentials")]).await;
    assert_eq!(number(&answer, 400, "invalid_request"), 90_002);
    let missing = secret_grant(&bench, &[("scope", "")]).await;
    assert!(
        missing.body["error_description"]
            .as_str()
            .unwrap()
            .contains("parameter: 'scope'")
    );
    assert_eq!(bench.emulator.counts().token_requests, 13);
}

#[tokio::test]
async fn a_vault_refuses_tokens_that_are_not_for_it() {
    let bench = Bench::new().await;
    let other = KeyVaultEmulator::builder()
        .tenant("99999999-9999-4999-8999-999999999999")
        .start()
        .await
        .unwrap();
    let (head, tail) = bench.token.split_at(bench.token.len() - 8);
    let forged = format!("{head}{}", tail.chars().rev().collect::<String>());
    let unsigned = {
        let payload = bench.token.split('.').nth(1).unwrap();
        format!("{}.{payload}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#))
    };
    for (token, message) in [
        ("garbage".to_owned(), "AKV10001: "),
        (unsigned, "AKV10001: "),
        (
            forged,
            "AKV10046: Unable to resolve the key used for signature validation.",
        ),
        (
            other.access_token(RESOURCE),
            "AKV10032: Invalid issuer. Expected one of https://sts.windows.net/",
        ),
        (bench.emulator.federated_token(), "AKV10001: "),
        (
            bench.emulator.access_token("https://management.azure.com"),
            "AKV10022: Invalid audience. Expected https://vault.azure.net or ",
        ),
        (
            bench.emulator.access_token("https://vault.azure.net/"),
            "AKV10022: Invalid audience.",
        ),
    ] {
        let response = bench
            .http
            .get(bench.url("/secrets"))
            .bearer_auth(&token)
            .send()
            .await
            .unwrap();
        let refused = Answer::of(response).await;
        assert_eq!(refused.error(), (401, "Unauthorized", ""));
        assert!(refused.message().starts_with(message), "{}", refused.message());
        assert!(refused.headers.contains_key("www-authenticate"));
        assert!(!refused.message().contains(&token));
    }
    let counts = bench.emulator.counts();
    assert_eq!(
        (counts.requests, counts.lists, counts.challenges),
        (7, 0, 0),
        "a bad token is no challenge"
    );
    let response = bench
        .http
        .get(bench.url("/secrets"))
        .basic_auth("a", Some("b"))
        .send()
        .await
        .unwrap();
    assert!(Answer::of(response).await.message().starts_with("AKV10000: "));
}

#[tokio::test]
async fn a_token_expires() {
    let bench = Bench::of(KeyVaultEmulator::builder().token_lifetime(Duration::ZERO)).await;
    // And not only when it is seen for the first time.
    for _ in 0..2 {
        let refused = bench.get("/secrets").await;
        assert_eq!(refused.error().0, 401);
        assert_eq!(refused.message(), "[TokenExpired] Error validating token: 'S2S12086'.");
    }
}

#[tokio::test]
async fn clients_find_the_endpoints_they_read_first() {
    let bench = Bench::new().await;
    let (authority, tenant) = (bench.emulator.authority(), bench.emulator.tenant().to_owned());
    for path in [
        format!("/{tenant}/v2.0"),
        "/common/v2.0".to_owned(),
        format!("/{tenant}"),
    ] {
        let url = format!("{authority}{path}/.well-known/openid-configuration");
        let document = Answer::of(bench.http.get(url).send().await.unwrap()).await;
        assert_eq!(document.status, 200, "{path}");
        for member in [
            "token_endpoint",
            "authorization_endpoint",
            "device_authorization_endpoint",
            "issuer",
            "jwks_uri",
        ] {
            assert!(
                document.body[member].as_str().unwrap().starts_with("https://"),
                "{path} {member}"
            );
        }
        let keys = document.body["jwks_uri"].as_str().unwrap();
        let keys = Answer::of(bench.http.get(keys).send().await.unwrap()).await;
        assert_eq!(keys.body["keys"][0]["kty"], json!("RSA"));
    }
    let url = format!("{authority}/common/discovery/instance?api-version=1.1&authorization_endpoint=x");
    let instance = Answer::of(bench.http.get(url).send().await.unwrap()).await;
    assert!(
        instance.body["tenant_discovery_endpoint"]
            .as_str()
            .unwrap()
            .starts_with(&authority)
    );
    let url = format!("{authority}/elsewhere/v2.0/.well-known/openid-configuration");
    let unknown = Answer::of(bench.http.get(url).send().await.unwrap()).await;
    assert_eq!(number(&unknown, 400, "invalid_request"), 90_002);
}
