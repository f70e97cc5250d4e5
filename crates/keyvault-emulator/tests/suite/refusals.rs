//! What the service refuses, and in which words.

use keyvault_emulator::SecretSeed;
use reqwest::header::{CACHE_CONTROL, CONTENT_TYPE};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{Answer, Bench};

#[tokio::test]
async fn a_disabled_secret_is_listed_and_not_read() {
    let bench = Bench::new().await;
    bench
        .emulator
        .default_vault()
        .seed(SecretSeed::new("Off", "x").enabled(false));
    let page = bench.get("/secrets").await;
    assert_eq!(page.body["value"][0]["attributes"]["enabled"], json!(false));
    let refused = bench.get("/secrets/Off").await;
    assert_eq!(
        refused.body,
        json!({ "error": { "code": "Forbidden", "message": "Operation get is not allowed on a disabled secret.",
            "innererror": { "code": "SecretDisabled" } } })
    );
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let bench = Bench::new().await;
    bench.emulator.default_vault().set("Name", "x");
    let missing = bench.get("/secrets/Missing").await;
    assert_eq!(missing.error(), (404, "SecretNotFound", ""));
    assert!(missing.message().starts_with(
        "A secret with (name/id) Missing was not found in this key vault. If you recently deleted this secret you may \
         be able to recover it using the correct recovery command."
    ));
    let version = "0".repeat(32);
    let missing = bench.get(&format!("/secrets/Name/{version}")).await;
    assert!(missing.message().contains(&format!("(name/id) Name/{version} ")));
    assert_eq!(bench.get("/deletedsecrets/Missing").await.error().1, "SecretNotFound");
    assert_eq!(bench.get("/keys").await.error().0, 404);
    assert_eq!(bench.get("/secrets/a/b/c/d").await.error().0, 404);
}

#[tokio::test]
async fn bad_parameters_are_named() {
    let bench = Bench::new().await;
    let long = "n".repeat(128);
    for name in ["under_score", "dot.ted", "per%20cent", long.as_str()] {
        let refused = bench.get(&format!("/secrets/{name}")).await;
        assert_eq!(refused.error(), (400, "BadParameter", ""), "{name}");
        assert_eq!(
            refused.message(),
            format!("The request URI contains an invalid name: {name}")
        );
    }
    let longest = "n".repeat(127);
    assert_eq!(bench.put(&longest, json!({ "value": "" })).await.status, 200);

    for (query, message) in [
        ("", "api-version must be specified"),
        ("?api-version=", "api-version must be specified"),
        ("?api-version=1.0", "The specified version (1.0) is not recognized."),
    ] {
        let url = format!("{}/secrets{query}", bench.emulator.url());
        let response = bench.http.get(url).bearer_auth(&bench.token).send().await.unwrap();
        let refused = Answer::of(response).await;
        assert_eq!(refused.error(), (400, "BadParameter", ""));
        assert!(refused.message().starts_with(message), "{}", refused.message());
    }
    for version in ["7.4", "7.5", "2025-07-01"] {
        let url = format!("{}/secrets?api-version={version}", bench.emulator.url());
        let response = bench.http.get(url).bearer_auth(&bench.token).send().await.unwrap();
        assert_eq!(response.status(), 200, "{version}");
    }
    for size in ["0", "26", "-1", "many"] {
        let refused = bench.get(&format!("/secrets?maxresults={size}")).await;
        assert_eq!(refused.error(), (400, "BadParameter", ""), "{size}");
    }
    assert_eq!(bench.get("/secrets?$skiptoken=nonsense").await.error().0, 400);
}

#[tokio::test]
async fn a_value_has_25_kib_and_a_body_has_a_value() {
    let bench = Bench::new().await;
    let most = "v".repeat(25 * 1024);
    assert_eq!(bench.put("Most", json!({ "value": most })).await.status, 200);
    let more = bench.put("More", json!({ "value": format!("{most}v") })).await;
    assert_eq!(more.error(), (400, "BadParameter", ""));
    for body in [
        json!({}),
        json!({ "value": 5 }),
        json!([]),
        json!({ "value": "x", "attributes": { "enabled": "yes" } }),
    ] {
        assert_eq!(bench.put("Name", body).await.error(), (400, "BadParameter", ""));
    }
    let tags: serde_json::Map<_, _> = (0..16).map(|n| (n.to_string(), json!("x"))).collect();
    assert_eq!(
        bench.put("Name", json!({ "value": "x", "tags": tags })).await.error().0,
        400
    );
    assert_eq!(bench.emulator.default_vault().names(), ["Most"]);
}

#[tokio::test]
async fn methods_paths_and_hosts_are_checked() {
    let bench = Bench::new().await;
    assert_eq!(
        bench.post("/secrets", None).await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
    assert_eq!(
        bench.delete("/secrets/Name/versions").await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
    assert_eq!(bench.call(Method::PATCH, "/deletedsecrets", None).await.status, 405);
    assert_eq!(bench.get("/nothing").await.status, 404);

    // A host that this emulator does not serve, at the address that it does.
    let other = reqwest::Client::builder()
        .tls_certs_only([reqwest::Certificate::from_pem(bench.emulator.ca_pem().as_bytes()).unwrap()])
        .resolve("unknown.vault.azure.test", ([127, 0, 0, 1], 0).into())
        .build()
        .unwrap();
    let port = bench.emulator.url().rsplit(':').next().unwrap().to_owned();
    let url = format!("https://unknown.vault.azure.test:{port}/secrets?api-version=7.4");
    assert_eq!(
        other.get(url).send().await.unwrap().status(),
        StatusCode::MISDIRECTED_REQUEST
    );
}

#[tokio::test]
async fn answers_carry_the_headers_of_the_service() {
    let bench = Bench::new().await;
    let request = bench
        .http
        .get(bench.url("/secrets"))
        .header("x-ms-client-request-id", "mine");
    let headers = request
        .bearer_auth(&bench.token)
        .send()
        .await
        .unwrap()
        .headers()
        .clone();
    assert_eq!(headers[CONTENT_TYPE], "application/json; charset=utf-8");
    assert_eq!(headers[CACHE_CONTROL], "no-cache");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["x-ms-client-request-id"], "mine");
    for name in [
        "x-ms-keyvault-region",
        "x-ms-request-id",
        "x-ms-keyvault-service-version",
        "date",
        "strict-transport-security",
    ] {
        assert!(headers.contains_key(name), "{name}");
    }
}
