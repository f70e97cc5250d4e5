//! Who the client is: keys, certificates, rotation.

use maskinporten_emulator::{ClientKey, ClientSpec};
use serde_json::{Value, json};

use crate::support::{Bench, now};

const UNKNOWN_KEY: (u16, &str, u16, &str) = (
    400,
    "invalid_grant",
    0,
    "Invalid assertion. Client authentication failed. Unknown key identifier (kid) for client.",
);
const NO_KEY: (u16, &str, u16, &str) = (
    400,
    "invalid_grant",
    0,
    "Invalid assertion. Client authentication failed. The client requires pre-registered jwk and no key identifier \
     (kid) provided.",
);

#[tokio::test]
async fn the_client_must_be_known() {
    let bench = Bench::new().await;
    let refused = (
        400,
        "invalid_grant",
        100,
        "Invalid assertion. Client authentication failed. Client not found.",
    );
    for iss in [json!("unknown"), json!(7), Value::Null] {
        assert_eq!(bench.ask_with(json!({ "iss": iss })).await.refusal(), refused);
    }
    assert!(bench.emulator.remove_client(bench.client.client_id()));
    assert!(!bench.emulator.remove_client(bench.client.client_id()));
    assert_eq!(bench.ask(bench.claims()).await.refusal(), refused);
    assert!(bench.emulator.clients().is_empty());
}

#[tokio::test]
async fn a_registered_key_is_named_by_kid() {
    let bench = Bench::new().await;
    let key = bench.client.key();
    let kid = key.kid();
    assert_eq!(
        bench.ask_under(json!({ "alg": "RS256", "kid": kid }), key).await.status,
        200
    );
    assert_eq!(
        bench.ask_under(json!({ "alg": "RS384", "kid": kid }), key).await.status,
        200
    );
    assert_eq!(
        bench.ask_under(json!({ "alg": "RS512", "kid": kid }), key).await.status,
        200
    );

    let refusal = |header: Value| async { bench.ask_under(header, key).await };
    let unknown = refusal(json!({ "alg": "RS256", "kid": "other" })).await;
    assert_eq!(unknown.refusal(), UNKNOWN_KEY);
    let certificate = ClientKey::generate_certificate("991825827").x5c();
    for header in [json!({ "alg": "RS256" }), json!({ "alg": "RS256", "x5c": certificate })] {
        assert_eq!(refusal(header).await.refusal(), NO_KEY);
    }
    let both = refusal(json!({ "alg": "RS256", "kid": kid, "x5c": certificate })).await;
    assert_eq!((both.refusal().1, both.refusal().2), ("invalid_request", 11));
    for alg in ["PS256", "HS256", "none", "ES256"] {
        let answer = refusal(json!({ "alg": alg, "kid": kid })).await;
        assert_eq!(
            answer.refusal(),
            (
                400,
                "invalid_request",
                11,
                "Invalid assertion. Unsupported signature algorithm."
            ),
            "{alg}"
        );
    }
    // Signed by somebody else, under this client's `kid`.
    let answer = bench
        .ask_under(json!({ "alg": "RS256", "kid": kid }), &ClientKey::generate())
        .await;
    assert_eq!(
        answer.refusal(),
        (
            400,
            "invalid_grant",
            124,
            "Invalid assertion. Client authentication failed. Invalid JWT signature."
        )
    );
}

#[tokio::test]
async fn a_rotated_key_is_unknown_and_the_new_one_is_known() {
    let bench = Bench::new().await;
    let rotated = bench.emulator.rotate_key(bench.client.client_id()).unwrap();
    assert_ne!(rotated.key().kid(), bench.client.key().kid());
    assert_eq!(bench.ask(bench.claims()).await.refusal(), UNKNOWN_KEY);
    assert_eq!(
        bench.send(&rotated.key().sign(&bench.claims()).unwrap()).await.status,
        200
    );
    assert_eq!(bench.emulator.client().encoded_jwk(), rotated.encoded_jwk());
    // With both posted, both are good.
    let keys = [bench.client.key().clone(), rotated.key().clone()];
    bench.emulator.set_keys(bench.client.client_id(), keys).unwrap();
    assert_eq!(bench.ask(bench.claims()).await.status, 200);
    assert_eq!(
        bench.send(&rotated.key().sign(&bench.claims()).unwrap()).await.status,
        200
    );
    assert!(bench.emulator.rotate_key("unknown").is_none());
}

#[tokio::test]
async fn a_key_lives_until_it_expires() {
    let bench = Bench::new().await;
    let mut jwk: Value = serde_json::from_str(&bench.client.jwk_json()).unwrap();
    for (expires, status) in [(now() + 3_600, 200), (now() - 1, 400)] {
        jwk["exp"] = json!(expires);
        let key = ClientKey::from_jwk(&jwk.to_string()).unwrap();
        bench.emulator.set_keys(bench.client.client_id(), [key]).unwrap();
        let answer = bench.ask(bench.claims()).await;
        assert_eq!(answer.status, status);
        if status == 400 {
            assert_eq!(
                answer.refusal(),
                (
                    400,
                    "invalid_grant",
                    121,
                    "Invalid assertion. Client authentication failed. Expired key."
                )
            );
        }
    }
}

#[tokio::test]
async fn a_client_without_a_registered_key_sends_its_certificate() {
    let bench = Bench::new().await;
    let scopes = bench.client.scopes();
    let certified = |org: &str| {
        let key = ClientKey::generate_certificate(org);
        bench
            .emulator
            .register(ClientSpec::new(org).scopes(scopes).org(org).key(key))
    };
    let (own, other) = (certified("991825827"), certified("974760673"));
    let key = own.key();
    let ask = |header: Value, key: ClientKey| {
        let claims = bench.claims_with(json!({ "iss": own.client_id() }));
        let assertion = key.sign_with(&header, &claims).unwrap();
        let bench = &bench;
        async move { bench.send(&assertion).await }
    };
    let x5c = key.x5c();
    for good in [json!(x5c), json!([x5c[0]])] {
        let answer = ask(json!({ "alg": "RS256", "x5c": good }), key.clone()).await;
        let claims = crate::support::claims_of(answer.token());
        assert_eq!(claims["client_amr"], "virksomhetssertifikat");
    }
    for (x5c, number) in [
        (json!(x5c[0]), 123),
        (json!([]), 123),
        (json!(["not base64"]), 123),
        (json!(["AAAA"]), 123),
        (json!([x5c[0], 7]), 123),
        (json!(ClientKey::generate_certificate("991825827").x5c()), 120),
        (json!(other.key().x5c()), 122),
    ] {
        let answer = ask(json!({ "alg": "RS256", "x5c": x5c }), key.clone()).await;
        assert_eq!(answer.refusal().2, number, "{x5c}");
        assert_eq!(answer.status, 400);
    }
    let stolen = ask(json!({ "alg": "RS256", "x5c": x5c }), other.key().clone()).await;
    assert_eq!(stolen.refusal().2, 124);
    let neither = ask(json!({ "alg": "RS256" }), key.clone()).await;
    assert_eq!((neither.refusal().1, neither.refusal().2), ("invalid_request", 11));
    let kid = ask(json!({ "alg": "RS256", "kid": key.kid() }), key.clone()).await;
    assert_eq!(kid.refusal(), UNKNOWN_KEY);
}

#[tokio::test]
async fn an_expired_certificate_is_refused() {
    let two_years = 2 * 365 * 24 * 60 * 60;
    let builder = maskinporten_emulator::MaskinportenEmulator::builder()
        .clock(move || now() + two_years)
        .client(
            ClientSpec::new("certified")
                .scopes(["a:b"])
                .key(ClientKey::generate_certificate("991825827")),
        );
    let bench = Bench::of(builder).await;
    let answer = bench.send(&bench.emulator.assertion(&bench.client, "a:b")).await;
    assert_eq!(
        answer.refusal(),
        (
            400,
            "invalid_grant",
            124,
            "Invalid assertion. Client authentication failed. Expired certificate."
        )
    );
}
