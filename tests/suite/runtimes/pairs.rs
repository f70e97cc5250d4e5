//! One runtime after another: nothing that the first drives, a connection or a flight, is waited for by the second.

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::time::OffsetDateTime;
use keyvault_emulator::Protocols;

use super::*;

/// What no pair may take. An idle runtime's connection is waited for until a try is over, which takes 8 s.
const BOUND: Duration = Duration::from_secs(6);

/// Where the first load runs, and what becomes of its runtime.
#[derive(Debug, Clone, Copy)]
enum First {
    CurrentThreadIdle,
    CurrentThreadDropped,
    MultiThreadIdle,
    /// Its only worker is the one that blocks.
    MultiThreadBlocked,
    Sync,
}

#[derive(Debug, Clone, Copy)]
enum Second {
    CurrentThread,
    MultiThread,
    Sync,
}

const FIRST: [First; 5] = [
    First::CurrentThreadIdle,
    First::CurrentThreadDropped,
    First::MultiThreadIdle,
    First::MultiThreadBlocked,
    First::Sync,
];
const SECOND: [Second; 3] = [Second::CurrentThread, Second::MultiThread, Second::Sync];

fn world_speaking(protocols: Protocols) -> World {
    let emulator = KeyVaultEmulator::builder()
        .client("5e1f0c8a-0000-4000-8000-00000000c11e", leaks::marker())
        .protocols(protocols);
    let world = World::of(emulator.start_blocking().expect("the emulator starts"));
    for vault in [&world.vault, &world.emulator.default_vault()] {
        vault.seed(SecretSeed::new("Key", leaks::marker()));
    }
    world
}

/// What of it is the caller's.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Given {
    Nothing,
    Client,
    /// And a credential with an HTTP client of its own.
    Credential,
}

const GIVEN: [Given; 3] = [Given::Nothing, Given::Client, Given::Credential];

fn source(world: &World, given: Given) -> AzureKeyVault {
    match given {
        Given::Client => return world.source(),
        Given::Credential => return world.source().credential(Arc::new(Asking::of(world))),
        Given::Nothing => {}
    }
    AzureKeyVault::new(world.emulator.url())
        .environment("Production")
        .process_environment(world.variables())
        .mounted_settings("/nowhere")
        // With what Windows' editors put before it.
        .ca_pem(format!("\u{feff}{}", world.emulator.ca_pem()))
        .verify_challenge_resource(false)
}

/// A credential that asks each time, with a client of its own.
#[derive(Debug)]
struct Asking {
    client: reqwest::Client,
    endpoint: String,
    form: String,
}

impl Asking {
    fn of(world: &World) -> Self {
        let emulator = &world.emulator;
        Self {
            client: emulator.http_client(),
            endpoint: format!("{}/{}/oauth2/v2.0/token", emulator.authority(), emulator.tenant()),
            form: format!(
                "grant_type=client_credentials&client_id={}&client_secret={}&scope=https://vault.azure.test/.default",
                emulator.client_id(),
                emulator.client_secret()
            ),
        }
    }
}

#[async_trait::async_trait]
impl TokenCredential for Asking {
    async fn get_token(&self, _: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        let request = self.client.post(&self.endpoint).body(self.form.clone());
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let reply = request.send().await.expect("a reply").bytes().await.expect("a body");
        let reply: serde_json::Value = serde_json::from_slice(&reply).expect("it is JSON");
        let token = reply["access_token"].as_str().expect("a token").to_owned();
        leaks::watch(token.clone());
        let ends = OffsetDateTime::now_utc() + azure_core::time::Duration::hours(1);
        Ok(AccessToken::new(token, ends))
    }
}

fn second_load(second: Second, source: &AzureKeyVault) -> Config {
    let started = Instant::now();
    let built = match second {
        Second::CurrentThread => current_thread().block_on(load(source)),
        Second::MultiThread => multi_thread().block_on(load(source)),
        Second::Sync => build(source),
    };
    let took = started.elapsed();
    let config = built.expect("it loads");
    assert!(took < BOUND, "{took:?}");
    config
}

/// The first load, then the second while the first one's runtime is as it is said to be.
fn pair(first: First, second: Second, source: &AzureKeyVault) -> Config {
    match first {
        First::CurrentThreadIdle => {
            let idle = current_thread();
            idle.block_on(load(source)).expect("it loads");
            second_load(second, source)
        }
        First::CurrentThreadDropped => {
            current_thread().block_on(load(source)).expect("it loads");
            second_load(second, source)
        }
        First::MultiThreadIdle => {
            let idle = multi_thread();
            idle.block_on(load(source)).expect("it loads");
            second_load(second, source)
        }
        First::MultiThreadBlocked => {
            let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
            let source = source.clone();
            runtime.expect("a runtime").block_on(async {
                let task = tokio::spawn(async move {
                    load(&source).await.expect("it loads");
                    thread::scope(|scope| scope.spawn(|| second_load(second, &source)).join())
                });
                task.await.expect("no panic").expect("no panic")
            })
        }
        First::Sync => {
            build(source).expect("it loads");
            second_load(second, source)
        }
    }
}

#[test]
fn one_after_the_other() {
    for protocols in [Protocols::Http1, Protocols::Http2] {
        for given in GIVEN {
            for (first, second) in FIRST.into_iter().flat_map(|first| SECOND.map(|second| (first, second))) {
                let config = in_time(move || {
                    let world = world_speaking(protocols);
                    let source = source(&world, given);
                    // What was got is not got again, so the vault is asked for something new.
                    let config = pair(first, second, &source);
                    for vault in [&world.vault, &world.emulator.default_vault()] {
                        vault.seed(SecretSeed::new("Later", "later"));
                    }
                    assert_eq!(
                        second_load(Second::Sync, &source).get_string("Later").ok().as_deref(),
                        Some("later"),
                        "{first:?} {second:?} {protocols:?}"
                    );
                    config
                });
                assert!(config.get_string("Key").is_ok());
            }
        }
    }
}

/// Other handles with a clone of the same client share its connections.
#[test]
fn one_client_in_two_handles() {
    for protocols in [Protocols::Http1, Protocols::Http2] {
        in_time(move || {
            let world = world_speaking(protocols);
            let client = world.emulator.http_client();
            let one = world.source().http_client(client.clone());
            let idle = current_thread();
            idle.block_on(load(&one)).expect("it loads");
            let other = world.source().http_client(client);
            for second in SECOND {
                second_load(second, &other);
            }
        });
    }
}

/// A load that is under way in a runtime that does nothing now is not waited for, nor is one that waits there for its turn.
#[test]
fn a_flight_in_an_idle_runtime() {
    for protocols in [Protocols::Http1, Protocols::Http2] {
        for given in GIVEN {
            for kind in [RequestKind::List, RequestKind::Token, RequestKind::Get] {
                in_time(move || {
                    let world = world_speaking(protocols);
                    let source = source(&world, given);
                    let idle = current_thread();
                    let slow = Fault::delay(Duration::from_millis(200)).for_kind(kind).once();
                    world.emulator.inject(slow);
                    for _ in 0..2 {
                        let source = source.clone();
                        idle.spawn(async move { load(&source).await });
                    }
                    idle.block_on(async {
                        while world.emulator.counts().lists == 0 {
                            tokio::time::sleep(Duration::from_millis(5)).await;
                        }
                    });
                    for second in SECOND {
                        assert!(second_load(second, &source).get_string("Key").is_ok());
                    }
                });
            }
        }
    }
}
