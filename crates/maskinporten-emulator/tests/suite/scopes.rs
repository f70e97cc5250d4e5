//! Scopes, delegation, and on whose behalf.

use maskinporten_emulator::ClientSpec;
use serde_json::json;

use crate::support::{Bench, SCOPE, claims_of};

const CONSUMER: &str = "974760673";

#[tokio::test]
async fn scopes_are_registered_and_granted() {
    let bench = Bench::new().await;
    let two = format!("{SCOPE} \t altinn:serviceowner");
    let answer = bench.ask_with(json!({ "scope": two })).await;
    let scope = format!("{SCOPE} altinn:serviceowner");
    assert_eq!((answer.status.as_u16(), &answer.body["scope"]), (200, &json!(scope)));

    let answer = bench
        .ask_with(json!({ "scope": format!("{SCOPE} altinn:serviceowners/read") }))
        .await;
    assert_eq!(
        answer.refusal(),
        (
            400,
            "invalid_scope",
            200,
            "Token request contains invalid scopes for client, altinn:serviceowners/read"
        )
    );
    let answer = bench.ask_with(json!({ "scope": "openid" })).await;
    assert_eq!((answer.refusal().1, answer.refusal().2), ("invalid_scope", 201));

    bench.emulator.withdraw_scope(SCOPE, bench.client.org());
    let answer = bench.ask(bench.claims()).await;
    assert_eq!((answer.refusal().1, answer.refusal().2), ("invalid_scope", 250));
    bench.emulator.grant_scope(SCOPE, bench.client.org());
    assert_eq!(bench.ask(bench.claims()).await.status, 200);
}

#[tokio::test]
async fn a_consumer_delegates_first() {
    let bench = Bench::new().await;
    let ask = || bench.ask_with(json!({ "consumer_org": CONSUMER, "scope": "other:scope" }));
    let refused = ask().await;
    assert_eq!(
        refused.refusal(),
        (
            403,
            "forbidden",
            251,
            "Consumer 974760673 has not delegated access to the scope other:scope to supplier 991825827"
        )
    );
    bench.emulator.delegate("other:scope", CONSUMER);
    let answer = ask().await;
    let claims = claims_of(answer.token());
    assert_eq!(claims["consumer"]["ID"], "0192:974760673");
    assert_eq!(
        claims["supplier"],
        json!({ "authority": "iso6523-actorid-upis", "ID": "0192:991825827" })
    );
    assert_eq!(claims["delegation_source"], "https://www.altinn.no");
    let api = bench.api(answer.token()).await;
    assert_eq!(
        (&api.body["consumer"], &api.body["supplier"]),
        (&json!(CONSUMER), &json!("991825827"))
    );

    bench.emulator.withdraw_scope("other:scope", CONSUMER);
    assert_eq!(ask().await.refusal().2, 250);
    bench.emulator.undelegate("other:scope", CONSUMER);
    assert_eq!(ask().await.refusal().2, 251);

    let answer = bench.ask_with(json!({ "consumer_org": bench.client.org() })).await;
    assert_eq!(
        answer.refusal(),
        (
            400,
            "invalid_request",
            0,
            "Validation of JWT claim failed: The combination consumer_org in claim and delegation scope on client is invalid"
        )
    );
}

#[tokio::test]
async fn the_old_way_to_act_for_another_still_works() {
    let bench = Bench::new().await;
    let key = bench.client.key().clone();
    let spec = ClientSpec::new("supplier")
        .scopes([SCOPE])
        .key(key)
        .on_behalf_of("their-system", CONSUMER);
    bench.emulator.register(spec);
    let answer = bench
        .ask_with(json!({ "iss": "supplier", "iss_onbehalfof": "their-system" }))
        .await;
    assert_eq!(claims_of(answer.token())["consumer"]["ID"], "0192:974760673");
    for changes in [
        json!({ "iss": "supplier", "iss_onbehalfof": "unknown" }),
        json!({ "iss": "supplier", "iss_onbehalfof": "their-system", "consumer_org": CONSUMER }),
    ] {
        let answer = bench.ask_with(changes).await;
        assert_eq!((answer.refusal().1, answer.refusal().2), ("invalid_request", 11));
    }
}
