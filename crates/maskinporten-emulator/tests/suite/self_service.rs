//! `/clients/{client_id}/jwks` (<https://docs.digdir.no/docs/idporten/oidc/oidc_api_admin>).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use maskinporten_emulator::{ClientKey, ClientSpec, MaskinportenEmulator, RequestKind};
use serde_json::{Value, json};

use crate::support::{Answer, Bench, SCOPE, now};

const WRITE: &str = "idporten:dcr.write";

/// A bench whose client may administrate itself.
async fn bench(builder: maskinporten_emulator::Builder) -> Bench {
    let client = ClientSpec::new("the-client")
        .scopes([SCOPE, WRITE, "idporten:dcr.read"])
        .key(ClientKey::generate());
    Bench::of(builder.client(client)).await
}

async fn token(bench: &Bench, scope: &str) -> String {
    bench.ask_with(json!({ "scope": scope })).await.token().to_owned()
}

fn url(bench: &Bench, client: &str) -> String {
    format!("{}/clients/{client}/jwks", bench.emulator.self_service_url())
}

async fn post(bench: &Bench, token: &str, keys: &[Value]) -> Answer {
    let request = bench.http.post(url(bench, "the-client")).bearer_auth(token);
    Answer::of(request.json(&json!({ "keys": keys })).send().await.unwrap()).await
}

async fn get(bench: &Bench, token: &str) -> Answer {
    let request = bench.http.get(url(bench, "the-client")).bearer_auth(token);
    Answer::of(request.send().await.unwrap()).await
}

async fn asks(bench: &Bench, key: &ClientKey) -> u16 {
    bench.send(&key.sign(&bench.claims()).unwrap()).await.status.as_u16()
}

#[tokio::test]
async fn a_posted_set_replaces_the_one_before_and_lives_for_a_year() {
    let bench = bench(MaskinportenEmulator::builder()).await;
    let token = token(&bench, WRITE).await;
    let (old, new) = (bench.client.key().clone(), ClientKey::generate());
    let before = get(&bench, &token).await;
    assert_eq!(before.body["keys"][0]["kid"], old.kid());

    let posted = post(&bench, &token, &[old.public_jwk().clone(), new.public_jwk().clone()]).await;
    assert_eq!(posted.status, 200, "{}", posted.body);
    assert_eq!(posted.body, get(&bench, &token).await.body);
    let year = posted.body["keys"][1]["exp"].as_i64().unwrap() - now();
    assert!((365 * 86_400 - 60..=365 * 86_400).contains(&year), "{year}");
    assert!(posted.body["last_updated"].as_str().unwrap().ends_with('Z'));
    assert_eq!((asks(&bench, &old).await, asks(&bench, &new).await), (200, 200));

    let put = bench.http.put(url(&bench, "the-client")).bearer_auth(&token);
    let put = put.json(&json!({ "keys": [new.public_jwk()] })).send().await.unwrap();
    assert_eq!(put.status(), 200);
    assert_eq!((asks(&bench, &old).await, asks(&bench, &new).await), (400, 200));
    assert_eq!(bench.emulator.counts().self_service_requests, 4);
    // Its private half is not known any more: the emulator was told the public one.
    assert_eq!(bench.emulator.client().jwk_json(), "");
    let kids: Vec<String> = bench
        .emulator
        .keys("the-client")
        .iter()
        .map(|key| key.kid().to_owned())
        .collect();
    assert_eq!(kids, [new.kid()]);
}

#[tokio::test]
async fn a_key_whose_private_half_is_known_still_signs_after_it_is_posted() {
    let bench = bench(MaskinportenEmulator::builder()).await;
    let token = token(&bench, WRITE).await;
    post(&bench, &token, &[bench.client.key().public_jwk().clone()]).await;
    assert_eq!(bench.emulator.client().jwk_json(), bench.client.jwk_json());
}

#[tokio::test]
async fn a_posted_set_is_in_force_after_a_while() {
    let time = Arc::new(AtomicI64::new(now()));
    let clock = Arc::clone(&time);
    let builder = MaskinportenEmulator::builder()
        .propagation(Duration::from_secs(60))
        .clock(move || clock.load(Ordering::Relaxed));
    let bench = bench(builder).await;
    let token = token(&bench, WRITE).await;
    let (old, new) = (bench.client.key().clone(), ClientKey::generate());
    let claims =
        || bench.claims_with(json!({ "iat": time.load(Ordering::Relaxed), "exp": time.load(Ordering::Relaxed) + 100 }));
    let asks = async |key: &ClientKey| bench.send(&key.sign(&claims()).unwrap()).await.status.as_u16();
    let posted = post(&bench, &token, &[new.public_jwk().clone()]).await;
    // It is shown at once.
    assert_eq!(posted.body["keys"][0]["kid"], new.kid());
    assert_eq!((asks(&old).await, asks(&new).await), (200, 400));
    time.fetch_add(60, Ordering::Relaxed);
    assert_eq!((asks(&old).await, asks(&new).await), (400, 200));
    bench.emulator.set_propagation(Duration::ZERO);
    // A year later nobody renewed it (MP-121).
    time.fetch_add(365 * 86_400, Ordering::Relaxed);
    assert_eq!(asks(&new).await, 400);
}

#[tokio::test]
async fn only_a_token_with_the_scope_and_of_the_organisation_is_let_in() {
    let bench = bench(MaskinportenEmulator::builder()).await;
    let key = [bench.client.key().public_jwk().clone()];
    for (token, read, write) in [
        ("no-token".to_owned(), 401, 401),
        (token(&bench, SCOPE).await, 403, 403),
        (token(&bench, "idporten:dcr.read").await, 200, 403),
        (token(&bench, WRITE).await, 200, 200),
    ] {
        assert_eq!(get(&bench, &token).await.status, read);
        assert_eq!(post(&bench, &token, &key).await.status, write);
    }
    bench
        .emulator
        .register(ClientSpec::new("elsewhere").org("974760673").key(ClientKey::generate()));
    let token = token(&bench, WRITE).await;
    for client in ["elsewhere", "nobody"] {
        let reply = bench
            .http
            .get(url(&bench, client))
            .bearer_auth(&token)
            .send()
            .await
            .unwrap();
        assert_eq!(reply.status(), 404, "{client}");
    }
    let delete = bench
        .http
        .delete(url(&bench, "the-client"))
        .bearer_auth(&token)
        .send()
        .await
        .unwrap();
    assert_eq!(delete.status(), 405);
    let last = bench.emulator.requests().pop().unwrap();
    assert_eq!((last.kind, last.has_token), (RequestKind::SelfService, true));
}

#[tokio::test]
async fn what_is_no_set_of_public_keys_is_refused_and_changes_nothing() {
    let bench = bench(MaskinportenEmulator::builder()).await;
    let token = token(&bench, WRITE).await;
    let key = bench.client.key().public_jwk().clone();
    let with = |member: &str, value: Value| {
        let mut key = key.clone();
        key[member] = value;
        key
    };
    let private: Value = serde_json::from_str(&bench.client.jwk_json()).unwrap();
    let six: Vec<Value> = (0..6).map(|n| with("kid", json!(format!("key-{n}")))).collect();
    bench.emulator.register(
        ClientSpec::new("another").key(ClientKey::from_jwk(&with("kid", json!("taken")).to_string()).unwrap()),
    );
    for (keys, said) in [
        (vec![], "1 to 5 keys"),
        (six.clone(), "1 to 5 keys"),
        (vec![key.clone(), key.clone()], "taken"),
        (vec![with("kid", json!("taken"))], "taken"),
        (vec![with("kid", json!("a key"))], "other characters"),
        (vec![with("use", json!("enc"))], "not for signatures"),
        (vec![with("alg", json!("ES256"))], "cannot be used"),
        (vec![with("alg", json!(null))], "no alg"),
        (vec![private], "private"),
        (vec![json!("a-key")], "no object"),
    ] {
        let refused = post(&bench, &token, &keys).await;
        assert_eq!(refused.status, 400, "{keys:?}");
        assert_eq!(refused.body["error"], "invalid_client_metadata");
        let description = refused.body["error_description"].as_str().unwrap();
        assert!(description.contains(said), "{said}: {description}");
    }
    assert_eq!(post(&bench, &token, &six[..5]).await.status, 200);
    assert_eq!(get(&bench, &token).await.body["keys"].as_array().unwrap().len(), 5);
}
