//! Two processes of one client that share their tokens through Redis: the second one asks Maskinporten for none.
//!
//! `REDIS_URL=redis://127.0.0.1:6379/ cargo run -p maskinporten --features redis --example redis` has Maskinporten in its own process.
//! What Redis holds is sealed with a key that is derived from the signing key: nobody else can use it.

#![allow(clippy::disallowed_methods, clippy::print_stdout)]

use std::time::Duration;

use maskinporten::{Environment, Error, KeyOptions, MaskinportenClient, MaskinportenSettings, RedisTokenStore};
use maskinporten_emulator::MaskinportenEmulator;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let redis = std::env::var("REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1:6379/".to_owned());
    let emulator = MaskinportenEmulator::start().await?;

    let first = process(&emulator, &redis)?;
    let token = first.token(first.default_request()).await?;
    println!(
        "the first process: {} requests for a token",
        first.stats().token_requests
    );

    // Storing is behind the caller's back: nobody waits for Redis.
    tokio::time::sleep(Duration::from_millis(500)).await;

    let second = process(&emulator, &redis)?;
    let shared = second.token(second.default_request()).await?;
    println!(
        "the second process: {} requests for a token",
        second.stats().token_requests
    );
    match shared.secret() == token.secret() {
        true => Ok(()),
        false => Err("the token was not shared: does Redis answer at `REDIS_URL`?".into()),
    }
}

/// As a process of a fleet starts: with the same settings, and nothing in memory.
fn process(emulator: &MaskinportenEmulator, redis: &str) -> Result<MaskinportenClient, Error> {
    let client = emulator.client();
    let settings = MaskinportenSettings::new(client.client_id(), Environment::parse(&emulator.issuer())?)
        .key(client.encoded_jwk(), KeyOptions::new())
        .scope("altinn:serviceowner/instances.read");
    MaskinportenClient::builder(settings)
        .token_http_client(emulator.http_client())
        .token_store(RedisTokenStore::new(redis)?)
        .build()
}
