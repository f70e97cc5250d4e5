//! Assertions that another library signed: same keys, same claims, same bytes.

use maskinporten_emulator::{ClientKey, ClientSpec, MaskinportenEmulator};
use serde_json::Value;

use crate::support::Bench;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../vectors/assertions.json")).unwrap()
}

fn key(vectors: &Value, name: &Value) -> ClientKey {
    ClientKey::from_jwk(&vectors["keys"][name.as_str().unwrap()]["jwk"].to_string()).unwrap()
}

#[tokio::test]
async fn they_are_accepted_at_their_time() {
    let vectors = vectors();
    let assertions = vectors["assertions"].as_array().unwrap();
    let issued = assertions[0]["claims"]["iat"].as_i64().unwrap();
    let mut spec = ClientSpec::new(assertions[0]["claims"]["iss"].as_str().unwrap());
    for assertion in assertions {
        spec = spec
            .scopes(assertion["claims"]["scope"].as_str().unwrap().split(' '))
            .key(key(&vectors, &assertion["key"]));
    }
    let builder = MaskinportenEmulator::builder()
        .audience("https://test.maskinporten.no/")
        .client(spec)
        .clock(move || issued + 3);
    let bench = Bench::of(builder).await;
    bench.emulator.approve_system_user("991825827", "customer-123");
    for assertion in assertions {
        let answer = bench.send(assertion["jws"].as_str().unwrap()).await;
        assert_eq!(answer.status, 200, "{}: {}", assertion["name"], answer.body);
        assert_eq!(answer.body["scope"], assertion["claims"]["scope"]);
        assert_eq!(bench.api(answer.token()).await.status, 200);
    }
}

#[test]
fn signatures_are_the_same() {
    let vectors = vectors();
    for assertion in vectors["assertions"].as_array().unwrap() {
        let jws = assertion["jws"].as_str().unwrap();
        let key = key(&vectors, &assertion["key"]);
        let ours = key.sign(&assertion["claims"]).unwrap();
        let decoded = |jws: &str| {
            let header = jsonwebtoken::decode_header(jws).unwrap();
            (header.alg, header.kid, crate::support::claims_of(jws))
        };
        // The order of members is the library's own, so the texts differ.
        assert_eq!(decoded(&ours), decoded(jws), "{}", assertion["name"]);
    }
}
