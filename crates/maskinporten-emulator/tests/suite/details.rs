//! System users and consents.

use serde_json::{Value, json};

use crate::support::{Bench, claims_of, unique};

const ORG: &str = "974760673";

fn system_user() -> Value {
    json!({
        "type": "urn:altinn:systemuser",
        "systemuser_org": { "authority": "iso6523-actorid-upis", "ID": format!("0192:{ORG}") },
    })
}

fn with(mut entry: Value, pointer: &str, value: Value) -> Value {
    let (parent, member) = pointer.rsplit_once('/').unwrap();
    entry.pointer_mut(parent).unwrap()[member] = value;
    entry
}

#[tokio::test]
async fn a_system_user_is_approved_first() {
    let bench = Bench::new().await;
    let ask = |reference: Option<&str>| {
        let entry = match reference {
            Some(reference) => with(system_user(), "/externalRef", json!(reference)),
            None => system_user(),
        };
        bench.ask_with(json!({ "authorization_details": [entry] }))
    };
    for reference in [None, Some("customer-123")] {
        let answer = ask(reference).await;
        let (status, error, number, _) = answer.refusal();
        assert_eq!(
            (status, error, number),
            (400, "invalid_altinn_customer_configuration", 303)
        );
    }
    // Left out, the reference is the organisation's number.
    let id = bench.emulator.approve_system_user(ORG, ORG);
    let answer = ask(None).await;
    let claims = claims_of(answer.token());
    let details = &claims["authorization_details"];
    assert_eq!(details[0]["systemuser_id"], json!([id]));
    assert_eq!(details[0]["systemuser_org"], system_user()["systemuser_org"]);
    assert!(details[0]["system_id"].is_string() && details[0].get("externalRef").is_none());
    assert_eq!(bench.api(answer.token()).await.body["system_user"], json!(id));
    assert_eq!(bench.api(answer.token()).await.body["system_user_org"], json!(ORG));

    assert_eq!(ask(Some("customer-123")).await.refusal().2, 303);
    assert_ne!(bench.emulator.approve_system_user(ORG, "customer-123"), id);
    assert_eq!(ask(Some("customer-123")).await.status, 200);
    bench.emulator.remove_system_user(ORG, "customer-123");
    assert_eq!(ask(Some("customer-123")).await.refusal().2, 303);
}

#[tokio::test]
async fn references_have_an_alphabet_and_a_length() {
    let bench = Bench::new().await;
    let ask = |reference: Value| {
        let entry = with(system_user(), "/externalRef", reference);
        bench.ask_with(json!({ "authorization_details": [entry] }))
    };
    for good in ["aZ09_-", "øØæÆåÅ", &"å".repeat(255)] {
        bench.emulator.approve_system_user(ORG, good);
        assert_eq!(ask(json!(good)).await.status, 200, "{good}");
    }
    for bad in [
        json!(""),
        json!("a b"),
        json!("é"),
        json!("a/b"),
        json!("x".repeat(256)),
        json!(7),
    ] {
        let answer = ask(bad).await;
        assert_eq!(
            answer.refusal(),
            (
                400,
                "invalid_authorization_details",
                302,
                "Unknown fields in the authorization details: externalRef"
            )
        );
    }
}

#[tokio::test]
async fn details_are_one_known_thing_without_extras() {
    let bench = Bench::new().await;
    bench.emulator.approve_system_user(ORG, ORG);
    let good = system_user();
    for (details, number) in [
        (json!([good, good]), 302),
        (json!([]), 302),
        (good.clone(), 302),
        (json!(["urn:altinn:systemuser"]), 302),
        (json!([{ "type": "urn:altinn:unknown" }]), 301),
        (json!([{}]), 301),
        (json!([with(good.clone(), "/extra", json!(1))]), 302),
        (json!([with(good.clone(), "/systemuserorg", json!(1))]), 302),
        (
            json!([with(good.clone(), "/systemuser_org/id", json!("0192:974760673"))]),
            302,
        ),
        (json!([with(good.clone(), "/systemuser_org/ID", json!(ORG))]), 303),
        (json!([with(good.clone(), "/systemuser_org/ID", json!("0192:1"))]), 303),
        (
            json!([with(good.clone(), "/systemuser_org/authority", json!("other"))]),
            303,
        ),
        (json!([with(good.clone(), "/systemuser_org", json!(ORG))]), 303),
    ] {
        let answer = bench.ask_with(json!({ "authorization_details": details })).await;
        let (status, error, found, _) = answer.refusal();
        assert_eq!(
            (status, error, found),
            (400, "invalid_authorization_details", number),
            "{details}"
        );
    }
}

#[tokio::test]
async fn a_consent_is_given_first() {
    let bench = Bench::new().await;
    let (id, from) = (unique(), "urn:altinn:person:identifier-no:12345678901");
    let entry = json!({ "type": "urn:altinn:consent", "id": id, "from": from });
    let ask = |entry: Value| bench.ask_with(json!({ "authorization_details": [entry] }));
    assert_eq!(ask(entry.clone()).await.refusal().2, 303);
    bench.emulator.give_consent(&id, from);
    let answer = ask(entry.clone()).await;
    let details = &claims_of(answer.token())["authorization_details"][0];
    for member in ["type", "id", "from"] {
        assert_eq!(details[member], entry[member]);
    }
    assert_eq!(details["to"]["ID"], "0192:991825827");
    let consented = details["consented"].as_str().unwrap();
    assert!(
        consented.len() == 25 && consented.starts_with("20") && consented.ends_with("+00:00"),
        "{consented}"
    );
    for (pointer, value, number) in [
        ("/id", json!("7"), 303),
        ("/from", json!("12345678901"), 303),
        ("/from", json!("urn:altinn:organization:identifier-no:1"), 303),
        ("/extra", json!(1), 302),
    ] {
        assert_eq!(
            ask(with(entry.clone(), pointer, value)).await.refusal().2,
            number,
            "{pointer}"
        );
    }
}
