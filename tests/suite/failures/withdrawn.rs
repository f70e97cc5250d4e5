//! A token that was taken and is refused now, with credentials that cache it; and inputs that were bad and are good.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use config_azure_keyvault::{AzureKeyVault, ErrorKind, Stage};
use keyvault_emulator::{Fault, FaultAction, KeyVaultEmulator, Protocols, RequestKind, SecretSeed};
use tempfile::TempDir;

use super::{assert_loaded, fails, loads};
use crate::support::{World, error_of, leaks};

const BOUND: Duration = Duration::from_secs(5);

const NAMES: [&str; 12] = ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L"];

fn refusal() -> Fault {
    Fault::new(FaultAction::Status {
        status: 401,
        body: r#"{"error":{"code":"Unauthorized","message":"AKV10022: Withdrawn."}}"#.to_owned(),
        headers: vec![(
            "www-authenticate".to_owned(),
            r#"Bearer authorization="https://login.test/x", resource="https://vault.azure.test""#.to_owned(),
        )],
    })
}

async fn world(protocols: Protocols) -> World {
    let emulator = KeyVaultEmulator::builder()
        .client("5e1f0c8a-0000-4000-8000-00000000c11e", leaks::marker())
        .protocols(protocols);
    let world = World::of(emulator.start().await.expect("the emulator starts"));
    world.seed(&NAMES);
    world
}

/// A directory with a federated token in it.
struct Federated(TempDir);

impl Federated {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    fn write(&self, token: &str) {
        std::fs::write(self.0.path().join("token"), token).expect("a file");
    }

    fn sign_in(&self, world: &World) -> AzureKeyVault {
        let file = self.0.path().join("token").display().to_string();
        let mut variables = world.variables();
        variables.retain(|(name, _)| name != "AZURE_CLIENT_SECRET");
        variables.push(("AZURE_FEDERATED_TOKEN_FILE".to_owned(), file));
        world.source().process_environment(variables)
    }
}

/// All secrets are new, so that they are got.
fn change(world: &World) {
    static UPDATED: AtomicI64 = AtomicI64::new(1_600_000_000);
    for name in NAMES {
        let updated = UPDATED.fetch_add(1, Ordering::Relaxed);
        world
            .vault
            .seed(SecretSeed::new(name, leaks::marker()).updated(updated));
    }
}

/// Every credential that keeps its tokens, on this world.
fn caching(world: &World, federated: &Federated) -> [AzureKeyVault; 2] {
    federated.write(&world.emulator.federated_token());
    [world.source(), federated.sign_in(world)]
}

#[tokio::test]
async fn between_two_loads() {
    let world = world(Protocols::Both).await;
    let federated = Federated::new();
    for source in caching(&world, &federated) {
        loads(&source, BOUND).await;
        // Nothing was withdrawn, and nobody signs in again.
        world.emulator.clear_requests();
        loads(&source, BOUND).await;
        assert_eq!(world.emulator.counts().token_requests, 0);
        for kind in [RequestKind::List, RequestKind::Get] {
            change(&world);
            world.emulator.clear_requests();
            world.emulator.inject(refusal().for_kind(kind).once());
            let config = loads(&source, BOUND).await;
            assert_loaded(&world, &config, &NAMES);
            assert_eq!(world.emulator.counts().token_requests, 1, "{kind:?}: a new token");
        }
    }
}

/// Many requests at once are refused: one signs in anew, and all of them send what it got.
#[tokio::test]
async fn in_the_middle_of_a_load() {
    for protocols in [Protocols::Http1, Protocols::Http2] {
        for refused in [2, NAMES.len()] {
            let world = world(protocols).await;
            let federated = Federated::new();
            for source in caching(&world, &federated) {
                world.emulator.clear_requests();
                world
                    .emulator
                    .inject(refusal().for_kind(RequestKind::Get).times(refused));
                // All of them are refused before anybody has a new token.
                let slow = Fault::delay(Duration::from_millis(250));
                world.emulator.inject(slow.for_kind(RequestKind::Token));
                let config = loads(&source, BOUND).await;
                assert_loaded(&world, &config, &NAMES);
                world.emulator.clear_faults();
                let counts = world.emulator.counts();
                assert_eq!(counts.token_requests, 2, "{refused} {protocols:?}: {counts:?}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_refused_for_good_fails_and_is_asked_for_once() {
    let world = world(Protocols::Both).await;
    let source = world.source();
    loads(&source, BOUND).await;
    world.emulator.clear_requests();
    world.emulator.inject(refusal().for_kind(RequestKind::List));
    let line = "list failed: 401 Unauthorized: AKV10022: Withdrawn; the token was refused: check that \
                app.vault.azure.test is of the tenant and the cloud that you sign in to";
    for tokens in [1, 2] {
        fails(&source, BOUND, (ErrorKind::Unauthorized, Stage::List), line).await;
        assert_eq!(world.emulator.counts().token_requests, tokens);
    }
    world.emulator.clear_faults();
    loads(&source, BOUND).await;
}

/// The input of each credential is bad, then good, on the same handle.
#[tokio::test]
async fn bad_then_good() {
    let world = world(Protocols::Both).await;
    let federated = Federated::new();

    // A file that is not there, is empty, or holds nonsense or a worthless token.
    let source = federated.sign_in(&world);
    let expired = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjF9.c2ln";
    for bad in [None, Some(""), Some("nonsense"), Some(expired)] {
        if let Some(bad) = bad {
            federated.write(bad);
        }
        let text = error_of(&source).await;
        assert!(text.contains("workload identity"), "{text}");
        federated.write(&world.emulator.federated_token());
        assert_loaded(&world, &loads(&source, BOUND).await, &NAMES);
        // And bad again while a token is kept: nobody notices, as nobody signs in.
        federated.write("nonsense");
        loads(&source, BOUND).await;
        world.emulator.inject(refusal().for_kind(RequestKind::List).once());
        let text = error_of(&source).await;
        assert!(text.contains("workload identity"), "{text}");
    }

    // The token endpoint refuses a secret until it is known there.
    let source = world.source();
    let unknown = keyvault_emulator::entra_error(401, "invalid_client", 7_000_215, "Invalid client secret provided.");
    world
        .emulator
        .inject(Fault::new(unknown).for_kind(RequestKind::Token).times(2));
    for _ in 0..2 {
        assert!(error_of(&source).await.contains("AADSTS7000215"));
    }
    assert_loaded(&world, &loads(&source, BOUND).await, &NAMES);

    // Whatever of the vault's own fails.
    for kind in [RequestKind::List, RequestKind::Get] {
        change(&world);
        world.emulator.inject(Fault::status(400, "{}").for_kind(kind).once());
        error_of(&source).await;
        assert_loaded(&world, &loads(&source, BOUND).await, &NAMES);
    }
}

/// The sources say something else at each load: the section's secret, wrong and then right.
#[tokio::test]
async fn a_secret_of_the_settings_bad_then_good() {
    let world = world(Protocols::Both).await;
    let source = world.signed_in(AzureKeyVault::default());
    let earlier = |secret: &str| {
        crate::support::over(
            &serde_json::json!({ "kvSetting": {
                "SecretUri": world.url,
                "TenantId": world.emulator.tenant(),
                "ClientId": world.emulator.client_id(),
                "ClientSecret": secret,
            } })
            .to_string(),
        )
    };
    for _ in 0..2 {
        let text = crate::support::error_over(earlier(&leaks::marker()), &source).await;
        assert!(text.contains("AADSTS7000215"), "{text}");
        let config = crate::support::load_over(earlier(world.emulator.client_secret()), &source).await;
        assert_loaded(&world, &config.expect("it loads"), &NAMES);
    }
}

/// A lifetime that no clock can hold.
#[tokio::test]
async fn an_absurd_lifetime_is_no_panic() {
    for lifetime in [
        "300000000000",
        "9223372036854775807",
        "-9223372036854775808",
        "-1",
        "1e300",
        "9223372036854775808",
        "\"x\"",
        "null",
    ] {
        let world = world(Protocols::Both).await;
        let token = world.emulator.access_token("https://vault.azure.test");
        leaks::watch(token.clone());
        let reply = format!(r#"{{"token_type":"Bearer","expires_in":{lifetime},"access_token":"{token}"}}"#);
        world
            .emulator
            .inject(Fault::status(200, reply).for_kind(RequestKind::Token));
        let source = world.source();
        // An integer is brought within bounds; what is none is no reply of a token endpoint.
        if lifetime.parse::<i64>().is_ok() {
            for _ in 0..2 {
                assert_loaded(&world, &loads(&source, BOUND).await, &NAMES);
            }
        } else {
            for _ in 0..2 {
                let text = error_of(&source).await;
                assert!(text.contains("got no token from localhost: the reply is not"), "{text}");
            }
        }
    }
}
