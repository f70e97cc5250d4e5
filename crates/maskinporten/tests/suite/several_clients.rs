//! Several HTTP clients of one client, each with a wish of its own.

use maskinporten::reqwest_middleware::ClientWithMiddleware;
use maskinporten::{MaskinportenRequest, SystemUser, TokenRequest};
use serde_json::Value;

use crate::world::{OTHER_SCOPE, SCOPE, World, request};

async fn seen(http: &ClientWithMiddleware, world: &World, wish: Option<MaskinportenRequest>) -> Value {
    let mut sending = http.get(world.emulator.api_url());
    if let Some(wish) = wish {
        sending = sending.with_extension(wish);
    }
    let reply = sending.send().await.unwrap().error_for_status().unwrap();
    serde_json::from_str(&reply.text().await.unwrap()).unwrap()
}

/// The claims of the last assertion.
fn sent(world: &World) -> Value {
    let requests = world.emulator.requests();
    requests.into_iter().rev().find_map(|request| request.claims).unwrap()
}

#[tokio::test]
async fn each_has_its_scopes_and_its_kind_of_token_and_all_share_one_cache() {
    let world = World::start().await;
    let client = world.client();
    let plain = client.http_client();
    let altinn = client.http_client_for(MaskinportenRequest::new().exchange(true));
    let writing = client.http_client_for(MaskinportenRequest::new().scopes([OTHER_SCOPE]));
    for _ in 0..2 {
        let told = [
            seen(&plain, &world, None).await,
            seen(&altinn, &world, None).await,
            seen(&writing, &world, None).await,
        ];
        let told = told.map(|seen| (seen["scope"].as_str().unwrap().to_owned(), seen["exchanged"] == true));
        assert_eq!(
            told,
            [(SCOPE, false), (SCOPE, true), (OTHER_SCOPE, false)].map(|(scope, is)| (scope.to_owned(), is))
        );
    }
    let stats = client.stats();
    assert_eq!((stats.token_requests, stats.exchange_requests), (2, 1), "{stats:?}");
    client.token(&request()).await.unwrap();
    assert_eq!(client.stats().token_requests, 2);
}

#[tokio::test]
async fn what_one_request_says_goes_over_what_its_client_says() {
    let world = World::start().await;
    world.emulator.approve_system_user("310000000", "310000000");
    let user = SystemUser::of("310000000");
    let wish = MaskinportenRequest::new()
        .scopes([OTHER_SCOPE])
        .system_user(user)
        .exchange(true);
    let http = world.client().http_client_for(wish);

    let clients = seen(&http, &world, None).await;
    assert_eq!(
        (&clients["scope"], &clients["system_user_org"], &clients["exchanged"]),
        (&OTHER_SCOPE.into(), &"310000000".into(), &true.into())
    );
    let own = MaskinportenRequest::new().scopes([SCOPE]).exchange(false);
    let own = seen(&http, &world, Some(own)).await;
    assert_eq!(
        (&own["scope"], &own["system_user_org"], &own["exchanged"]),
        (&SCOPE.into(), &"310000000".into(), &false.into())
    );
    // A whole request replaces all but the kind of token.
    let whole = TokenRequest::new([SCOPE]);
    let reply = http
        .get(world.emulator.api_url())
        .with_extension(whole)
        .send()
        .await
        .unwrap();
    let whole: Value = serde_json::from_str(&reply.text().await.unwrap()).unwrap();
    assert_eq!(
        (&whole["scope"], &whole["system_user_org"], &whole["exchanged"]),
        (&SCOPE.into(), &Value::Null, &true.into())
    );
}

/// Everything that a token's request takes.
#[tokio::test]
async fn a_wish_takes_every_claim() {
    let world = World::start().await;
    let wish = MaskinportenRequest::new()
        .resource("https://api.example.no")
        .resource(None::<&str>)
        .pid("01017012343");
    let http = world.client().http_client_for(wish);
    let seen = seen(&http, &world, None).await;
    assert_eq!(seen["pid"], "01017012343");
    let claims = sent(&world);
    assert_eq!(
        (&claims["resource"], &claims["pid"]),
        (&"https://api.example.no".into(), &"01017012343".into())
    );

    let supplier = MaskinportenRequest::new().on_behalf_of("991825827");
    let http = world.client().http_client_for(supplier);
    drop(http.get(world.emulator.api_url()).send().await);
    assert_eq!(sent(&world)["iss_onbehalfof"], "991825827");
}

#[tokio::test]
async fn blank_scopes_are_no_wish_for_those_of_the_settings() {
    let world = World::start().await;
    let http = world.client().http_client_for(MaskinportenRequest::new().scopes([" "]));
    let error = http.get(world.emulator.api_url()).send().await.unwrap_err();
    let error = maskinporten::Error::find(&error).unwrap();
    assert!(error.to_string().contains("names no scope"), "{error}");
    assert_eq!(world.token_requests(), 0);
}
