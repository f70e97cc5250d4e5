//! No token, assertion or key in any log line, on either side, at any level.

use std::io;
use std::sync::{Arc, Mutex};

use maskinporten_emulator::Fault;

use crate::support::{Bench, SCOPE};

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
    // For the whole process: whether a line is logged at all is cached once for all threads.
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let bench = Bench::new().await;
    let assertion = bench.emulator.assertion(&bench.client, SCOPE);
    let token = bench.send(&assertion).await.token().to_owned();
    bench.send(&assertion).await;
    bench.emulator.inject(Fault::status(500, "marker").once());
    bench.send(&assertion).await;
    let altinn = bench.exchange(&token).await.body.as_str().unwrap().to_owned();
    bench.api(&altinn).await;
    let shown = format!(
        "{:?} {:?} {:?}",
        bench.emulator,
        bench.client,
        bench.emulator.requests()
    );

    let logs = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap() + &shown;
    assert!(
        logs.contains("maskinporten_emulator") && logs.contains("path=\"/token\""),
        "it logs"
    );
    let signature = |jwt: &str| jwt.rsplit('.').next().unwrap().to_owned();
    let jwk: serde_json::Value = serde_json::from_str(&bench.client.jwk_json()).unwrap();
    for secret in [
        "marker",
        &signature(&assertion),
        &signature(&token),
        &signature(&altinn),
        jwk["d"].as_str().unwrap(),
        &bench.client.encoded_jwk(),
    ] {
        assert!(!logs.contains(secret), "{secret} shows up");
    }
}
