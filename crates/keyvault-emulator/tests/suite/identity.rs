//! Managed identity, both forms.

use serde_json::json;

use crate::support::{Answer, Bench};

async fn ask(bench: &Bench, url: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = bench.http.get(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Answer::of(request.send().await.unwrap()).await
}

#[tokio::test]
async fn app_service_gives_a_token_for_its_header() {
    let bench = Bench::new().await;
    let emulator = &bench.emulator;
    bench.emulator.default_vault().set("Name", "x");
    let url = format!(
        "{}?api-version=2019-08-01&resource=https%3A%2F%2Fvault.azure.net",
        emulator.identity_endpoint()
    );
    let header = [("x-identity-header", emulator.identity_header())];
    let answer = ask(&bench, &url, &header).await;
    assert_eq!(answer.status, 200);
    assert!(
        answer.body["expires_on"].as_str().unwrap().parse::<i64>().unwrap() > 1_700_000_000,
        "a string"
    );
    assert_eq!(answer.body["token_type"], json!("Bearer"));
    assert_eq!(answer.body["resource"], json!("https://vault.azure.net"));
    let token = answer.body["access_token"].as_str().unwrap();
    let response = bench
        .http
        .get(bench.url("/secrets/Name"))
        .bearer_auth(token)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);

    let assigned = format!("{url}&client_id={}", emulator.client_id());
    assert_eq!(
        ask(&bench, &assigned, &header).await.body["client_id"],
        json!(emulator.client_id())
    );
    for (url, headers, status) in [
        (url.clone(), vec![], 401),
        (url.clone(), vec![("x-identity-header", "wrong")], 401),
        (format!("{url}&client_id=nobody"), header.to_vec(), 400),
        (url.replace("2019-08-01", "2017-09-01"), header.to_vec(), 400),
        (url.replace("resource", "other"), header.to_vec(), 400),
        (url.replace("/msi/token", "/other"), header.to_vec(), 404),
    ] {
        assert_eq!(ask(&bench, &url, &headers).await.status.as_u16(), status, "{url}");
    }
    assert_eq!(emulator.counts().identity_requests, 7);
}

#[tokio::test]
async fn imds_gives_a_token_for_its_header() {
    let bench = Bench::new().await;
    let url = format!(
        "{}/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net",
        bench.emulator.imds_authority()
    );
    let header = [("Metadata", "true")];
    let answer = ask(&bench, &url, &header).await;
    assert_eq!(answer.status, 200);
    for member in ["expires_on", "expires_in", "not_before", "access_token"] {
        assert!(answer.body[member].is_string(), "{member}");
    }
    for (url, headers, description) in [
        (url.clone(), vec![], "Required metadata header not specified"),
        (format!("{url}&client_id=nobody"), header.to_vec(), "Identity not found"),
        (
            url.replace("api-version", "other"),
            header.to_vec(),
            "Required query variable 'api-version' is missing",
        ),
        (
            url.replace("resource", "other"),
            header.to_vec(),
            "Required query variable 'resource' is missing",
        ),
    ] {
        let refused = ask(&bench, &url, &headers).await;
        assert_eq!(refused.status, 400);
        assert_eq!(refused.body["error_description"], json!(description));
    }
}

/// MSAL for Java starts the path with two slashes (`//metadata/identity/oauth2/token`), MSAL for Node ends it in one.
#[tokio::test]
async fn a_slash_too_many_is_one_too_many_for_nobody() {
    let bench = Bench::new().await;
    let emulator = &bench.emulator;
    let query = "api-version=2019-08-01&resource=https%3A%2F%2Fvault.azure.net";
    let header = [("Metadata", "true"), ("x-identity-header", emulator.identity_header())];
    for path in ["/metadata/identity/oauth2/token", "/msi/token"] {
        for path in [format!("/{path}"), format!("{path}/"), format!("//{path}//")] {
            let url = format!("{}{path}?{query}", emulator.imds_authority());
            assert_eq!(ask(&bench, &url, &header).await.status, 200, "{path}");
        }
    }
    let inside = format!("{}/metadata//identity/oauth2/token?{query}", emulator.imds_authority());
    assert_eq!(bench.http.get(inside).send().await.unwrap().status(), 404);
    assert_eq!(emulator.counts().identity_requests, 6);
}
