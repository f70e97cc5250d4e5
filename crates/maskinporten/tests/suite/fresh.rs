//! A fresh token for who insists.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use maskinporten::{MaskinportenRequest, StoreError, TokenStore};
use maskinporten_emulator::{Fault, RequestKind};
use serde_json::Value;

use crate::world::{World, request};

#[tokio::test]
async fn a_fresh_token_is_asked_for_and_takes_the_place_of_the_one_before() {
    let world = World::start().await;
    let client = world.client();
    let first = client.token(&request()).await.unwrap();
    let fresh = client.token(&request().fresh()).await.unwrap();
    assert_ne!(first.secret(), fresh.secret());
    assert!(Arc::ptr_eq(&fresh, &client.token(&request()).await.unwrap()));
    let again = client.token(&request().fresh()).await.unwrap();
    assert_ne!(fresh.secret(), again.secret());
    let stats = client.stats();
    assert_eq!((stats.token_requests, stats.tokens), (3, 1), "{stats:?}");
}

/// A shorter one too: what is held longer may grant what has been taken away.
#[tokio::test]
async fn a_fresh_token_that_ends_sooner_takes_the_place_too() {
    let world = World::start().await;
    let client = world.client();
    client.token(&request()).await.unwrap();
    world.emulator.set_token_lifetime(Duration::from_secs(60));
    let fresh = client.token(&request().fresh()).await.unwrap();
    assert!(Arc::ptr_eq(&fresh, &client.token(&request()).await.unwrap()));
}

#[tokio::test]
async fn those_who_insist_at_once_share_one_request() {
    let world = World::start().await;
    let client = world.client();
    client.token(&request()).await.unwrap();
    let insisting = request().fresh();
    let tokens = join_all((0..20).map(|_| client.token(&insisting))).await;
    let first = tokens[0].as_ref().unwrap();
    assert!(tokens.iter().all(|token| Arc::ptr_eq(first, token.as_ref().unwrap())));
    assert_eq!(world.token_requests(), 2);
}

#[tokio::test]
async fn who_insists_does_not_wait_for_what_nobody_insisted_on() {
    let world = World::start().await;
    let client = world.client();
    // The first is let go when the second has come: it is under way all the time.
    world
        .emulator
        .inject(Fault::until_in_flight(2).for_kind(RequestKind::Token).times(2));
    let plain = {
        let client = client.clone();
        tokio::spawn(async move { client.token(&request()).await.unwrap() })
    };
    while client.stats().token_requests == 0 {
        tokio::task::yield_now().await;
    }
    let fresh = client.token(&request().fresh()).await.unwrap();
    let plain = plain.await.unwrap();
    assert_ne!(fresh.secret(), plain.secret());
    // What was asked for before does not take its place, whichever came home first.
    assert!(Arc::ptr_eq(&fresh, &client.token(&request()).await.unwrap()));
}

#[tokio::test]
async fn a_fresh_token_that_cannot_be_had_is_an_error_and_the_one_before_serves_the_others() {
    let world = World::start().await;
    let client = world.client();
    let first = client.token(&request()).await.unwrap();
    world.emulator.inject(
        Fault::status(400, r#"{"error":"invalid_grant"}"#)
            .for_kind(RequestKind::Token)
            .once(),
    );
    client.token(&request().fresh()).await.unwrap_err();
    assert!(Arc::ptr_eq(&first, &client.token(&request()).await.unwrap()));
}

#[tokio::test]
async fn a_caller_who_goes_away_leaves_the_fresh_token_to_the_others() {
    let world = World::start().await;
    let client = world.client();
    let first = client.token(&request()).await.unwrap();
    let insisting = request().fresh();
    let mut gone = Box::pin(client.token(&insisting));
    assert!(futures::poll!(&mut gone).is_pending());
    drop(gone);
    let fresh = client.token(&insisting).await.unwrap();
    assert_ne!(first.secret(), fresh.secret());
    assert_eq!(world.token_requests(), 2, "it was under way, and is shared");
}

#[tokio::test]
async fn the_token_beneath_a_fresh_altinn_token_is_fresh_too() {
    let world = World::start().await;
    let client = world.client();
    let first = client.altinn_token(&request()).await.unwrap();
    let beneath = client.token(&request()).await.unwrap();
    let fresh = client.altinn_token(&request().fresh()).await.unwrap();
    assert_ne!(first.secret(), fresh.secret());
    assert_ne!(beneath.secret(), client.token(&request()).await.unwrap().secret());
    assert!(Arc::ptr_eq(&fresh, &client.altinn_token(&request()).await.unwrap()));
    let counts = world.emulator.counts();
    assert_eq!((counts.token_requests, counts.exchange_requests), (2, 2));

    // An exchange that is tried again takes the token that was asked for since.
    world
        .emulator
        .inject(Fault::status(503, "").for_kind(RequestKind::Exchange).times(2));
    client.altinn_token(&request().fresh()).await.unwrap();
    let counts = world.emulator.counts();
    assert_eq!((counts.token_requests, counts.exchange_requests), (3, 5));
}

#[tokio::test]
async fn one_request_of_an_http_client_may_insist() {
    let world = World::start().await;
    let client = world.client();
    let http = client.http_client();
    let url = world.emulator.api_url();
    for wish in [
        MaskinportenRequest::new(),
        MaskinportenRequest::new().fresh(),
        MaskinportenRequest::new(),
    ] {
        let reply = http.get(&url).with_extension(wish).send().await.unwrap();
        let seen: Value = serde_json::from_str(&reply.text().await.unwrap()).unwrap();
        assert_eq!(seen["exchanged"], false);
    }
    assert_eq!(world.token_requests(), 2);
}

#[test]
fn a_wish_for_a_fresh_token_is_no_other_request() {
    assert_eq!(request(), request().fresh());
    assert!(request().fresh().is_fresh() && !request().is_fresh());
}

/// Tells how often it was asked, and written to.
#[derive(Debug, Default)]
struct Shared {
    values: Mutex<HashMap<String, Vec<u8>>>,
    calls: Mutex<(u32, u32)>,
}

#[async_trait]
impl TokenStore for Shared {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.calls.lock().unwrap().0 += 1;
        Ok(self.values.lock().unwrap().get(key).cloned())
    }

    async fn set(&self, key: &str, value: Vec<u8>, _: Duration) -> Result<(), StoreError> {
        self.values.lock().unwrap().insert(key.to_owned(), value);
        self.calls.lock().unwrap().1 += 1;
        Ok(())
    }
}

#[tokio::test]
async fn a_fresh_token_is_not_looked_for_in_a_shared_store_and_takes_its_place_there() {
    let world = World::start().await;
    let store = Arc::new(Shared::default());
    let process = || {
        world
            .builder(world.settings())
            .token_store(store.clone())
            .build()
            .unwrap()
    };
    let written = async |times| {
        while store.calls.lock().unwrap().1 < times {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let first = process().token(&request()).await.unwrap();
    written(1).await;
    let fresh = process().token(&request().fresh()).await.unwrap();
    written(2).await;
    assert_ne!(first.secret(), fresh.secret());
    assert_eq!(store.calls.lock().unwrap().0, 1, "it was not asked");
    assert_eq!(store.values.lock().unwrap().len(), 1, "it is the same token's place");
    let third = process().token(&request()).await.unwrap();
    assert_eq!(third.secret(), fresh.secret());
    assert_eq!(world.token_requests(), 2);
}
