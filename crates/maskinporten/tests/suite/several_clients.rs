//! Several HTTP clients of one client, each with a wish of its own.

use maskinporten::reqwest_middleware::ClientWithMiddleware;
use maskinporten::{Consent, MaskinportenRequest, SystemUser, TokenRequest};
use serde_json::{Value, json};

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

#[test]
fn a_request_tells_what_it_asks_for() {
    const CONSENT: &str = "77ed8698-e019-4d9c-a5e4-8e0a3cf3f9d4";
    let user = SystemUser::of("0192:310000000").external_ref("one");
    let wish = MaskinportenRequest::new()
        .scopes(["b a", "b"])
        .resource("https://api.example.no")
        .consumer_org("NO991825827MVA")
        .pid("010170 12343")
        .system_user(user.clone())
        .exchange(true)
        .exchange(None);
    let claims = wish.get_claims();
    assert_eq!(wish.get_exchange(), Some(true));
    assert_eq!(claims.get_scopes(), ["a", "b"]);
    assert_eq!(claims.get_resource(), ["https://api.example.no"]);
    assert_eq!(claims.get_consumer_org(), Some("991825827"));
    assert_eq!(claims.get_pid(), Some("01017012343"));
    assert_eq!(claims.get_system_user(), Some(&user));
    assert_eq!(
        (user.get_organisation(), user.get_external_ref()),
        ("310000000", Some("one"))
    );
    assert_eq!((claims.get_on_behalf_of(), claims.get_consent()), (None, None));
    assert!(!claims.is_fresh() && wish.fresh().get_claims().is_fresh());

    let detail = json!({ "type": "urn:example:other" });
    let other = TokenRequest::new([SCOPE])
        .on_behalf_of(Some("other"))
        .authorization_details(json!([detail]));
    assert_eq!(other.get_authorization_details(), Some(&detail));
    assert_eq!(other.get_on_behalf_of(), Some("other"));
    let consent = Consent::of(CONSENT.to_uppercase(), "01017012343");
    assert_eq!(consent.get_id(), CONSENT);
    assert_eq!(consent.get_from(), "urn:altinn:person:identifier-no:01017012343");
    assert_eq!(
        TokenRequest::new([SCOPE]).consent(consent.clone()).get_consent(),
        Some(&consent)
    );
}

#[cfg(feature = "tower")]
#[tokio::test]
async fn a_layer_of_tower_wants_what_its_requests_do_not_say() {
    use maskinporten::MaskinportenLayer;
    use tower::{Layer as _, ServiceExt as _};

    let world = World::start().await;
    let wish = MaskinportenRequest::new().scopes([OTHER_SCOPE]).exchange(true);
    let layer = MaskinportenLayer::new(world.client()).wanting(wish);
    let sender = world.emulator.http_client();
    let sent = async |own: Option<MaskinportenRequest>| {
        let sender = sender.clone();
        let service = tower::service_fn(move |request: http::Request<String>| {
            let sender = sender.clone();
            async move {
                let reply = sender.execute(request.try_into()?).await?;
                Ok::<_, reqwest::Error>(http::Response::<reqwest::Body>::from(reply))
            }
        });
        let mut request = http::Request::get(world.emulator.api_url())
            .body(String::new())
            .unwrap();
        if let Some(own) = own {
            request.extensions_mut().insert(own);
        }
        let reply = layer.layer(service).oneshot(request).await.unwrap();
        let body = http_body_util::BodyExt::collect(reply.into_body())
            .await
            .unwrap()
            .to_bytes();
        let seen: Value = serde_json::from_slice(&body).unwrap();
        (seen["scope"].as_str().unwrap().to_owned(), seen["exchanged"] == true)
    };
    assert_eq!(sent(None).await, (OTHER_SCOPE.to_owned(), true));
    let own = MaskinportenRequest::new().scopes([SCOPE]);
    assert_eq!(sent(Some(own)).await, (SCOPE.to_owned(), true));
}
