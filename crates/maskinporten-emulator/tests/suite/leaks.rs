//! No token, assertion or key in any log line, on either side, at any level.

use emulator_kit::testing::LogLines;
use maskinporten_emulator::Fault;

use crate::support::{Bench, SCOPE};

#[tokio::test]
async fn logs_hold_no_secret() {
    let lines = LogLines::capture();

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

    let logs = lines.text() + &shown;
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
