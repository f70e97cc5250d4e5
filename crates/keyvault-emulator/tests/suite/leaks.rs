//! No secret in any log line, on either side, at any level.

use emulator_kit::testing::LogLines;
use keyvault_emulator::{Fault, FaultAction};
use serde_json::json;

use crate::support::Bench;

#[tokio::test]
async fn logs_hold_no_secret() {
    // Every other test of this binary is listened to as well, and its markers must not show up either.
    let lines = LogLines::capture();

    let bench = Bench::new().await;
    let emulator = &bench.emulator;
    bench
        .put(
            "Name",
            json!({ "value": "marker-value", "tags": { "a": "marker-tag" } }),
        )
        .await;
    bench.get("/secrets/Name").await;
    bench.post("/secrets/Name/backup", None).await;
    let mut wrong = String::new();
    for secret in [emulator.client_secret(), "marker-wrong"] {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", emulator.client_id()),
            ("client_secret", secret),
            ("scope", "https://vault.azure.net/.default"),
        ];
        wrong = bench.token(emulator.tenant(), &form).await.body.to_string();
    }
    emulator.inject(Fault::new(FaultAction::Status {
        status: 500,
        body: json!({ "marker": "marker-body" }).to_string(),
        headers: Vec::new(),
    }));
    bench.get("/secrets").await;

    let logs = lines.text();
    assert!(
        logs.contains("keyvault_emulator") && logs.contains("path=\"/secrets/Name\""),
        "it logs"
    );
    for secret in [
        "marker",
        emulator.client_secret(),
        &bench.token,
        emulator.identity_header(),
    ] {
        assert!(!logs.contains(secret), "{secret} shows up");
    }
    assert!(!wrong.contains("marker"));
}
