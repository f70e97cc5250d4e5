//! What an assertion must claim, and in which words it is refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use maskinporten_emulator::MaskinportenEmulator;
use serde_json::{Value, json};

use crate::support::{Bench, now};

#[tokio::test]
async fn the_audience_is_the_issuer_alone() {
    let bench = Bench::new().await;
    let issuer = bench.emulator.issuer();
    for good in [json!(issuer), json!([issuer]), json!(bench.emulator.token_endpoint())] {
        assert_eq!(bench.ask_with(json!({ "aud": good })).await.status, 200, "{good}");
    }
    let refused = (
        400,
        "invalid_grant",
        110,
        "Invalid assertion. Client authentication failed. Invalid JWT claim aud.",
    );
    for bad in [
        json!(issuer.trim_end_matches('/')),
        json!("https://test.maskinporten.no/"),
        json!([issuer, issuer]),
        json!([]),
        json!(7),
        Value::Null,
    ] {
        let answer = bench.ask_with(json!({ "aud": bad })).await;
        assert_eq!(answer.refusal(), refused, "{bad}");
    }
}

#[tokio::test]
async fn times_are_checked_as_the_service_checks_them() {
    let time = Arc::new(AtomicI64::new(now()));
    let clock = Arc::clone(&time);
    let bench = Bench::of(MaskinportenEmulator::builder().clock(move || clock.load(Ordering::SeqCst))).await;
    let now = time.load(Ordering::SeqCst);
    let future = (
        400,
        "invalid_grant",
        0,
        "Invalid assertion. Issue time is in the future.",
    );
    let long = (400, "invalid_grant", 0, "Invalid assertion. JWT has too long lifetime.");
    let expired = (400, "invalid_grant", 130, "Invalid assertion. JWT has expired.");
    for (issued, expires, outcome) in [
        (0, 120, None),
        (10, 130, None),
        (11, 130, Some(future)),
        (-110, 10, None),
        (-60, -10, None),
        (-60, -11, Some(expired)),
        (0, 121, Some(long)),
        (0, -5, None),
    ] {
        let answer = bench
            .ask_with(json!({ "iat": now + issued, "exp": now + expires }))
            .await;
        match outcome {
            Some(refused) => assert_eq!(answer.refusal(), refused, "{issued} {expires}"),
            None => assert_eq!(answer.status, 200, "{issued} {expires}: {}", answer.body),
        }
    }
    for claim in ["iat", "exp"] {
        for value in [Value::Null, json!("1790000000")] {
            let answer = bench.ask_with(json!({ claim: value })).await;
            let detail = format!("Invalid assertion. Missing or invalid claim: {claim}.");
            assert_eq!(answer.refusal(), (400, "invalid_request", 11, detail.as_str()));
        }
    }
    // A client measures its clock by the header.
    time.store(784_111_777, Ordering::SeqCst);
    let answer = bench.ask(bench.claims()).await;
    assert_eq!(answer.headers["date"], "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_eq!(answer.refusal(), future);
}

#[tokio::test]
async fn the_longest_lifetime_can_be_what_the_service_is_said_to_allow() {
    let builder = MaskinportenEmulator::builder().max_assertion_lifetime(Duration::from_secs(180));
    let bench = Bench::of(builder).await;
    assert_eq!(bench.ask_with(json!({ "exp": now() + 179 })).await.status, 200);
    assert_eq!(
        bench.ask_with(json!({ "exp": now() + 185 })).await.refusal().3,
        "Invalid assertion. JWT has too long lifetime."
    );
}

#[tokio::test]
async fn an_assertion_is_used_once() {
    let bench = Bench::new().await;
    let used = (400, "invalid_grant", 12, "Invalid assertion. Grant is used before.");
    let claims = bench.claims();
    assert_eq!(bench.ask(claims.clone()).await.status, 200);
    assert_eq!(bench.ask(claims.clone()).await.refusal(), used);
    // Another assertion with the same `jti` is no better.
    let again = bench.claims_with(json!({ "jti": claims["jti"], "exp": now() + 50 }));
    assert_eq!(bench.ask(again).await.refusal(), used);
    assert_eq!(bench.emulator.seen_jtis(), vec![claims["jti"].as_str().unwrap(); 3]);

    // One that was refused for its scope was understood, and is used up.
    let claims = bench.claims_with(json!({ "scope": "unknown:scope" }));
    assert_eq!(bench.ask(claims.clone()).await.refusal().2, 200);
    assert_eq!(bench.ask(claims).await.refusal(), used);

    // Without a `jti` the whole of it counts.
    let claims = bench.claims_with(json!({ "jti": null }));
    assert_eq!(bench.ask(claims.clone()).await.status, 200);
    assert_eq!(bench.ask(claims).await.refusal(), used);
}

#[tokio::test]
async fn two_clients_may_choose_the_same_jti() {
    let bench = Bench::new().await;
    let spec = maskinporten_emulator::ClientSpec::new("other").scopes(bench.client.scopes());
    let other = bench.emulator.register(spec);
    let claims = bench.claims();
    assert_eq!(bench.ask(claims.clone()).await.status, 200);
    let mut theirs = claims;
    theirs["iss"] = json!("other");
    assert_eq!(bench.send(&other.key().sign(&theirs).unwrap()).await.status, 200);
}

#[tokio::test]
async fn only_documented_claims_are_taken() {
    let bench = Bench::new().await;
    for tolerated in [json!({ "nbf": now() }), json!({ "sub": "client" })] {
        assert_eq!(bench.ask_with(tolerated).await.status, 200);
    }
    for (changes, detail) in [
        (
            json!({ "consumer_orgno": "991825827" }),
            "Unknown claim: consumer_orgno.",
        ),
        (json!({ "azp": "x" }), "Unknown claim: azp."),
        (
            json!({ "scope": "altinn:serviceowner\n" }),
            "Invalid parameter value: scope.",
        ),
        (
            json!({ "scope": ["altinn:serviceowner"] }),
            "Invalid parameter value: scope.",
        ),
        (json!({ "scope": null }), "Missing or invalid claim: scope."),
        (json!({ "scope": " " }), "Missing or invalid claim: scope."),
        (json!({ "jti": 7 }), "Invalid parameter value: jti."),
        (json!({ "pid": "1234567890" }), "Invalid parameter value: pid."),
        (json!({ "pid": "1234567890x" }), "Invalid parameter value: pid."),
        (
            json!({ "consumer_org": "99182582" }),
            "Invalid parameter value: consumer_org.",
        ),
        (
            json!({ "consumer_org": 991_825_827 }),
            "Invalid parameter value: consumer_org.",
        ),
    ] {
        let answer = bench.ask_with(changes.clone()).await;
        let detail = format!("Invalid assertion. {detail}");
        assert_eq!(
            answer.refusal(),
            (400, "invalid_request", 11, detail.as_str()),
            "{changes}"
        );
    }
}

#[tokio::test]
async fn resources_are_absolute_and_have_no_fragment() {
    let bench = Bench::new().await;
    for (resource, audience) in [
        (json!("https://api.test/a"), json!("https://api.test/a")),
        (json!(["https://api.test/a"]), json!("https://api.test/a")),
        (json!(["https://a.test", "urn:b"]), json!(["https://a.test", "urn:b"])),
    ] {
        let answer = bench.ask_with(json!({ "resource": resource })).await;
        assert_eq!(crate::support::claims_of(answer.token())["aud"], audience);
    }
    for bad in [
        json!("https://api.test/#part"),
        json!("/relative"),
        json!("api"),
        json!([]),
        json!(["https://api.test", 7]),
        json!({}),
    ] {
        let answer = bench.ask_with(json!({ "resource": bad })).await;
        assert_eq!(
            answer.refusal(),
            (
                400,
                "invalid_target",
                0,
                "Invalid resource: an absolute URI without a fragment is expected."
            ),
            "{bad}"
        );
    }
}
