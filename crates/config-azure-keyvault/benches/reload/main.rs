//! What staying true costs: a reload of 500 secrets, as ratios to a floor of the same run, and reading what is current.
//!
//! `cargo bench -p config-azure-keyvault --bench reload` prints tables; `-- --quick` measures less.

#![allow(clippy::print_stdout, clippy::disallowed_methods)]

mod current;
mod floor;

use std::time::{Duration, Instant};

use config::Config;
use config_azure_keyvault::{AzureKeyVault, Watch};
use floor::Floor;
use keyvault_emulator::{KeyVaultEmulator, SecretSeed, Throttle};

const VAULT: &str = "bench";
const SECRETS: usize = 500;

#[tokio::main]
async fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    reloads(quick).await;
    current::measure(quick).await;
}

fn name(n: usize) -> String {
    format!("Section{}--Key{n}", n % 10)
}

async fn emulator(round_trip: Duration) -> KeyVaultEmulator {
    let emulator = KeyVaultEmulator::builder()
        .round_trip(round_trip)
        // Reloads in a row would run into the vault's limit, which is not what is measured.
        .throttle(Throttle {
            limit: usize::MAX,
            ..Throttle::default()
        })
        .start()
        .await
        .expect("the emulator starts");
    let vault = emulator.vault(VAULT);
    for n in 0..SECRETS {
        // Long ago, so that it is settled.
        let seed = SecretSeed::new(name(n), "a value of some forty characters, or so");
        vault.seed(seed.created(1_700_000_000).updated(1_700_000_000));
    }
    emulator
}

async fn watch(emulator: &KeyVaultEmulator) -> Watch {
    let source = AzureKeyVault::new(emulator.vault_url(VAULT))
        .environment("Production")
        .http_client(emulator.http_client())
        .process_environment([
            ("AZURE_TENANT_ID", emulator.tenant().to_owned()),
            ("AZURE_CLIENT_ID", emulator.client_id().to_owned()),
            ("AZURE_CLIENT_SECRET", emulator.client_secret().to_owned()),
            ("AZURE_AUTHORITY_HOST", emulator.authority()),
        ]);
    source.watch(Config::builder()).start().await.expect("it loads")
}

/// Reloads in which nothing, one secret and every secret has changed.
async fn reloads(quick: bool) {
    println!("A reload of {SECRETS} secrets: medians in ms; × is the ratio to the floor of the same row.\n");
    println!("| changed | round trip | floor | reload | × | pages | gets | 401s | tokens |");
    println!("|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    let round_trips: &[u64] = if quick { &[20] } else { &[0, 20, 80] };
    for &round_trip in round_trips {
        for changed in [0, 1, SECRETS] {
            row(changed, round_trip, if quick { 3 } else { 9 }).await;
        }
    }
    println!();
}

async fn row(changed: usize, round_trip: u64, repetitions: u64) {
    let emulator = emulator(Duration::from_millis(round_trip)).await;
    let watch = watch(&emulator).await;
    let floor = Floor::connected(&emulator).await;
    let vault = emulator.vault(VAULT);
    let (mut ours, mut floors) = (Vec::new(), Vec::new());
    let mut counts = emulator.counts();
    for repetition in 0..=repetitions {
        for n in 0..changed {
            // A time of its own for each, long ago.
            let seed = SecretSeed::new(name(n), format!("a value of some forty characters {repetition}"));
            let updated = 1_700_000_001 + i64::try_from(repetition).expect("few");
            vault.seed(seed.created(1_700_000_000).updated(updated));
        }
        let started = Instant::now();
        floor.reload(changed > 0).await;
        let took = started.elapsed();
        emulator.clear_requests();
        let started = Instant::now();
        let change = watch.refresh().await.expect("it loads");
        let reloaded = started.elapsed();
        counts = emulator.counts();
        assert_eq!((change.keys.len(), counts.gets), (changed, changed));
        // The first turn warms up.
        if repetition > 0 {
            floors.push(took);
            ours.push(reloaded);
        }
    }
    let (floor, reload) = (median(&mut floors), median(&mut ours));
    println!(
        "| {changed} | {round_trip} ms | {floor:.1} | {reload:.1} | {:.2} | {} | {} | {} | {} |",
        reload / floor,
        counts.lists,
        counts.gets,
        counts.challenges,
        counts.token_requests,
    );
}

fn median(times: &mut [Duration]) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1000.0
}
