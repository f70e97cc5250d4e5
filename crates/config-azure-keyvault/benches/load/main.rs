//! Cold start-up, measured side by side in one run and told as ratios.
//!
//! `cargo bench -p config-azure-keyvault --bench load` runs it all; `-- --quick` a part of it. The network is the
//! emulator's simulated one: every round trip, those of the TCP and TLS handshakes too, costs what the table says.

#![allow(clippy::print_stdout, clippy::disallowed_methods)]

mod memory;
mod strategies;

use std::time::Duration;

use config::Config;
use keyvault_emulator::{KeyVaultEmulator, Protocols, SecretSeed, Throttle};
use strategies::{Strategy, source};

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if memory::is_child(&arguments) {
        return memory::child(&arguments).await;
    }
    let quick = arguments.iter().any(|argument| argument == "--quick");
    println!(
        "Medians in ms; × is the ratio to the floor of the same row. 401s, tokens and connections are of one load of ours, which makes \
         its own HTTP client in the load, as a service does; the others have one.\n"
    );
    if takes_backtraces() {
        println!("RUST_BACKTRACE is set: the SDK takes a backtrace with each request. Set it to 0 to measure loads.\n");
    }
    cold(quick).await;
    by_name().await;
    unchanged().await;
    memory::measure().await;
}

/// As the standard library has it.
fn takes_backtraces() -> bool {
    let value = ["RUST_LIB_BACKTRACE", "RUST_BACKTRACE"]
        .into_iter()
        .find_map(std::env::var_os);
    value.is_some_and(|value| value != "0")
}

struct Cell {
    secrets: usize,
    round_trip: u64,
    protocols: Protocols,
}

async fn emulator(cell: &Cell) -> KeyVaultEmulator {
    let emulator = KeyVaultEmulator::builder()
        .round_trip(Duration::from_millis(cell.round_trip))
        .protocols(cell.protocols)
        // Loads in a row would run into the vault's limit, which is not what is measured.
        .throttle(Throttle {
            limit: usize::MAX,
            ..Throttle::default()
        })
        .start()
        .await
        .expect("the emulator starts");
    let vault = emulator.default_vault();
    for n in 0..cell.secrets {
        vault.seed(SecretSeed::new(
            format!("Section{}--Key{n}", n % 10),
            "a value of some forty characters, or so",
        ));
    }
    emulator
}

/// Cold loads of every size, distance and protocol.
async fn cold(quick: bool) {
    println!(
        "| secrets | round trip | HTTP | floor | ours | × | list, then 32 | × | sequential | × | requests | 401s | tokens | connections |"
    );
    println!("|--:|--:|--|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    let sizes: &[usize] = if quick { &[100, 500] } else { &[2, 25, 100, 500] };
    let round_trips: &[u64] = if quick { &[20] } else { &[0, 20, 80] };
    for &secrets in sizes {
        for &round_trip in round_trips {
            for protocols in [Protocols::Http2, Protocols::Http1] {
                row(&Cell {
                    secrets,
                    round_trip,
                    protocols,
                })
                .await;
            }
        }
    }
    println!();
}

async fn row(cell: &Cell) {
    let emulator = emulator(cell).await;
    let mut times = vec![Vec::new(); Strategy::ALL.len()];
    // In turn, so that a machine that slows down slows them all.
    let repetitions = if cell.round_trip == 0 { 15 } else { 9 };
    for repetition in 0..=repetitions {
        for (n, strategy) in Strategy::ALL.into_iter().enumerate() {
            let long = cell.secrets as u64 * cell.round_trip > 2_000;
            // One get after the other takes long enough to be measured once, and needs no warm-up then.
            if strategy == Strategy::Sequential && long && repetition != 1 {
                continue;
            }
            let took = strategy.run(&emulator, cell.secrets).await;
            // The first turn warms caches of the process up: certificates, allocations.
            if repetition > 0 {
                times[n].push(took);
            }
        }
    }
    emulator.clear_requests();
    Strategy::Ours.run(&emulator, cell.secrets).await;
    let counts = emulator.counts();
    let [floor, ours, parallel, sequential] = [0, 1, 2, 3].map(|n| median(&mut times[n]));
    let ratio = |time: f64| time / floor;
    println!(
        "| {} | {} ms | {} | {floor:.1} | {ours:.1} | {:.2} | {parallel:.1} | {:.2} | {sequential:.0} | {:.1} | {} | {} | {} | {} |",
        cell.secrets,
        cell.round_trip,
        if cell.protocols == Protocols::Http1 { "1.1" } else { "2" },
        ratio(ours),
        ratio(parallel),
        ratio(sequential),
        counts.requests,
        counts.challenges,
        counts.token_requests,
        counts.connections,
    );
}

fn median(times: &mut [Duration]) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1000.0
}

/// Two secrets by name: no list, so fewer round trips than the floor of a list.
async fn by_name() {
    let cell = Cell {
        secrets: 100,
        round_trip: 80,
        protocols: Protocols::Http2,
    };
    let emulator = emulator(&cell).await;
    let mut times = Vec::new();
    for _ in 0..5 {
        let source = source(&emulator).names(["Section0--Key0", "Section1--Key1"]);
        let started = std::time::Instant::now();
        Config::builder()
            .add_async_source(source)
            .build()
            .await
            .expect("it loads");
        times.push(started.elapsed());
    }
    let took = median(&mut times);
    println!(
        "Two names without a list, cold, at 80 ms: {took:.0} ms, {:.1} round trips (6 at most are the target).\n",
        took / 80.0
    );
}

/// A later build of a vault in which nothing changed.
async fn unchanged() {
    let cell = Cell {
        secrets: 100,
        round_trip: 20,
        protocols: Protocols::Http2,
    };
    let emulator = emulator(&cell).await;
    let source = source(&emulator);
    let builder = Config::builder().add_async_source(source);
    builder.build_cloned().await.expect("it loads");
    emulator.clear_requests();
    let started = std::time::Instant::now();
    builder.build_cloned().await.expect("it loads again");
    let took = started.elapsed();
    let counts = emulator.counts();
    println!(
        "100 secrets again, nothing changed, at 20 ms: {:.0} ms, {} pages, {} gets, {} 401s, {} tokens.\n",
        took.as_secs_f64() * 1000.0,
        counts.lists,
        counts.gets,
        counts.challenges,
        counts.token_requests
    );
}
