//! What the emulator remembers of requests.

use keyvault_emulator::{Fault, RequestKind};
use serde_json::json;

use crate::support::Bench;

#[tokio::test]
async fn requests_are_recorded_by_kind_and_without_secrets() {
    let bench = Bench::new().await;
    bench.put("Name", json!({ "value": "marker-value" })).await;
    bench.get("/secrets/Name").await;
    bench.get("/secrets").await;
    bench.get("/secrets/Name/versions").await;
    bench.delete("/secrets/Name").await;
    let requests = bench.emulator.requests();
    let kinds: Vec<_> = requests.iter().map(|request| request.kind).collect();
    use RequestKind::{Delete, Get, List, ListVersions, Set};
    assert_eq!(kinds, [Set, Get, List, ListVersions, Delete]);
    let get = &requests[1];
    assert_eq!(
        (get.method.as_str(), get.path.as_str(), get.status),
        ("GET", "/secrets/Name", 200)
    );
    assert_eq!(
        (get.secret.as_deref(), get.vault.as_deref()),
        (Some("Name"), Some("default"))
    );
    assert!(get.authorized && get.query.contains("api-version") && get.host.starts_with("localhost:"));
    assert!(
        requests.iter().all(|request| request.connection == 1),
        "one connection is reused"
    );

    let counts = bench.emulator.counts();
    assert_eq!(
        (counts.requests, counts.lists, counts.gets, counts.connections),
        (5, 1, 1, 1)
    );
    let shown = format!("{requests:?}{:?}{:?}", bench.emulator, bench.emulator.default_vault());
    for secret in ["marker-value", &bench.token, bench.emulator.client_secret()] {
        assert!(!shown.contains(secret));
    }
    bench.emulator.clear_requests();
    assert_eq!(bench.emulator.counts(), Default::default());
}

#[tokio::test]
async fn a_body_is_recorded_without_what_is_secret_in_it() {
    let bench = Bench::new().await;
    let body = json!({
        "value": "marker-value", "contentType": "text/plain", "tags": { "a": "b" },
        "attributes": { "enabled": true }, "unheardOf": "marker-unknown",
    });
    bench.put("Name", body).await;
    let restore = json!({ "value": "marker-backup" });
    bench.post("/secrets/restore", Some(restore)).await;
    bench.get("/secrets/Name").await;
    bench.put("Name", json!("marker-text")).await;
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "somebody"),
        ("scope", "https://vault.azure.net/.default openid"),
        ("client_secret", "marker-secret"),
        ("client_assertion", "marker-assertion"),
        ("password", "marker-password"),
    ];
    bench
        .emulator
        .inject(Fault::status(500, "").for_kind(RequestKind::Token).once());
    bench.token("tenant", &form).await;

    let requests = bench.emulator.requests();
    let bodies: Vec<_> = requests.iter().map(|request| request.body.clone()).collect();
    let expected = [
        Some(json!({
            "value": "[redacted]", "contentType": "text/plain", "tags": { "a": "b" },
            "attributes": { "enabled": true }, "unheardOf": "[redacted]",
        })),
        Some(json!({ "value": "[redacted]" })),
        None,
        None,
        // What was sent counts, whatever became of it.
        Some(json!({
            "grant_type": "client_credentials", "client_id": "somebody", "scope": "https://vault.azure.net/.default openid",
            "client_secret": "[redacted]", "client_assertion": "[redacted]", "password": "[redacted]",
        })),
    ];
    assert_eq!(bodies, expected);
    assert!(!format!("{requests:?}").contains("marker"));
}
