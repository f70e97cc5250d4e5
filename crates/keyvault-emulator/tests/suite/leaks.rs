//! No secret in any log line, on either side, at any level.

use std::io;
use std::sync::{Arc, Mutex};

use keyvault_emulator::{Fault, FaultAction};
use serde_json::json;

use crate::support::Bench;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn logs_hold_no_secret() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    // For the whole process: whether a line is logged at all is cached once for all threads. So every other test of this
    // binary is listened to as well, and its markers must not show up either.
    tracing::subscriber::set_global_default(subscriber).unwrap();

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

    let logs = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
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
