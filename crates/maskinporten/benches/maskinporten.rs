//! What the client costs: a cached token, a request that carries one, an assertion, the first token of all.
//!
//! `cargo bench -p maskinporten` prints tables; `-- --quick` measures less.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::alloc::System;
use std::convert::Infallible;
use std::hint::black_box;
use std::net::SocketAddr;
use std::time::Duration;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use http_body_util::Full;
use hyper::Response;
use hyper::body::Bytes;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use maskinporten::{
    AltinnEnvironment, Environment, KeyOptions, MaskinportenClient, MaskinportenRequest, MaskinportenSettings,
    SigningKey, SystemUser, TokenRequest, measured,
};
use maskinporten_emulator::MaskinportenEmulator;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tokio::time::Instant;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const SCOPE: &str = "altinn:serviceowner/instances.read";

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let world = World::start(Duration::ZERO).await;
    cached(&world, quick).await;
    carried(&world, quick).await;
    signed(quick);
    cold(quick).await;
}

struct World {
    emulator: MaskinportenEmulator,
}

impl World {
    async fn start(round_trip: Duration) -> Self {
        let builder = MaskinportenEmulator::builder().round_trip(round_trip);
        Self {
            emulator: builder.start().await.unwrap(),
        }
    }

    fn client(&self, environment: Environment) -> MaskinportenClient {
        self.emulator.set_token_lifetime(Duration::from_secs(7_200));
        let client = self.emulator.client();
        let settings = MaskinportenSettings::new(client.client_id(), environment)
            .key(client.encoded_jwk(), KeyOptions::new())
            .scope(SCOPE);
        MaskinportenClient::builder(settings)
            .http_client(self.emulator.http_client())
            .token_http_client(self.emulator.http_client())
            .altinn(self.emulator.exchange_base().parse::<AltinnEnvironment>().unwrap())
            .plain_http_to_loopback(true)
            .build()
            .unwrap()
    }

    fn with_metadata(&self) -> Environment {
        Environment::parse(&self.emulator.issuer()).unwrap()
    }

    fn without_metadata(&self) -> Environment {
        Environment::Fixed {
            issuer: self.emulator.issuer(),
            token_endpoint: self.emulator.token_endpoint().parse().unwrap(),
        }
    }
}

/// The quickest and the median of some runs, each of many turns.
fn best_and_median(mut runs: Vec<f64>) -> (f64, f64) {
    runs.sort_by(f64::total_cmp);
    (runs[0], runs[runs.len() / 2])
}

fn median(runs: Vec<f64>) -> f64 {
    best_and_median(runs).1
}

async fn cached(world: &World, quick: bool) {
    println!("A cached token; the clock is read once for each, and tells how busy this machine is\n");
    println!("| request | best ns | median ns | allocations |\n|--|--:|--:|--:|");
    let turns = if quick { 100_000_u32 } else { 1_000_000 };
    let clock = (0..9).map(|_| {
        let start = Instant::now();
        for _ in 0..turns {
            black_box(Instant::now());
        }
        start.elapsed().as_secs_f64() * 1e9 / f64::from(turns)
    });
    let (best, median) = best_and_median(clock.collect());
    println!("| reading the clock | {best:.0} | {median:.0} | |");
    world.emulator.approve_system_user("310000000", "one");
    let client = world.client(world.with_metadata());
    let user = SystemUser::of("310000000").external_ref("one");
    for (name, request) in [
        ("one scope", TokenRequest::new([SCOPE])),
        (
            "two scopes, resource, system user",
            TokenRequest::new([SCOPE, "altinn:serviceowner"])
                .resource("https://api.example.no/")
                .system_user(user),
        ),
    ] {
        client.token(&request).await.unwrap();
        let mut runs = Vec::new();
        let region = Region::new(ALLOCATOR);
        for _ in 0..9 {
            let start = Instant::now();
            for _ in 0..turns {
                black_box(client.token(black_box(&request)).await.unwrap());
            }
            runs.push(start.elapsed().as_secs_f64() * 1e9 / f64::from(turns));
        }
        let allocations = region.change().allocations as f64 / f64::from(turns * 9);
        let (best, median) = best_and_median(runs);
        println!("| {name} | {best:.0} | {median:.0} | {allocations:.3} |");
    }
}

async fn serve() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            let service =
                service_fn(|_| async { Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"{}")))) });
            let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(connection);
        }
    });
    address
}

async fn carried(world: &World, quick: bool) {
    println!(
        "\nA request over one connection to a server on this machine\n\n| client | best µs | median µs | allocations |\n|--|--:|--:|--:|"
    );
    let url = format!("http://{}/", serve().await);
    let client = world.client(world.with_metadata());
    let http = client.http_client();
    let bare = reqwest::Client::new();
    let wish = MaskinportenRequest::new().scopes(["altinn:serviceowner"]);
    http.get(&url).send().await.unwrap();
    http.get(&url).with_extension(wish.clone()).send().await.unwrap();
    let turns = if quick { 500_u32 } else { 4_000 };
    let mut runs = [const { Vec::new() }; 3];
    let mut allocations = [0; 3];
    // In turns, so that what else this machine does hits all of them.
    for _ in 0..9 {
        for (way, runs) in runs.iter_mut().enumerate() {
            let region = Region::new(ALLOCATOR);
            let start = Instant::now();
            for _ in 0..turns {
                let response = match way {
                    0 => bare.get(&url).send().await.unwrap(),
                    1 => http.get(&url).send().await.unwrap(),
                    _ => http.get(&url).with_extension(wish.clone()).send().await.unwrap(),
                };
                black_box(response.bytes().await.unwrap());
            }
            runs.push(start.elapsed().as_secs_f64() * 1e6 / f64::from(turns));
            allocations[way] += region.change().allocations;
        }
    }
    let names = ["bare reqwest", "http_client()", "http_client(), a request's own scope"];
    for ((name, runs), allocations) in names.into_iter().zip(runs).zip(allocations) {
        let (best, median) = best_and_median(runs);
        let allocations = allocations / (9 * turns as usize);
        println!("| {name} | {best:.1} | {median:.1} | {allocations} |");
    }
}

fn signed(quick: bool) {
    println!(
        "\nAssertions, on one core\n\n| key | best per second | median per second | median ms |\n|--|--:|--:|--:|"
    );
    let request = TokenRequest::new([SCOPE]);
    for (bits, size) in [
        (2048, KeySize::Rsa2048),
        (3072, KeySize::Rsa3072),
        (4096, KeySize::Rsa4096),
    ] {
        let pair = KeyPair::generate(size).unwrap();
        let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        let key = SigningKey::read(der.as_ref(), &KeyOptions::new().kid("bench")).unwrap();
        let (turns, runs) = if quick { (20, 5) } else { (200, 9) };
        let runs = (0..runs).map(|_| {
            let start = Instant::now();
            for _ in 0..turns {
                measured::assertion(black_box(&key), "client", "https://test.maskinporten.no/", &request).unwrap();
            }
            start.elapsed().as_secs_f64() / f64::from(turns)
        });
        let (best, median) = best_and_median(runs.collect());
        println!(
            "| {bits} | {:.0} | {:.0} | {:.2} |",
            1.0 / best,
            1.0 / median,
            median * 1e3
        );
    }
}

async fn cold(quick: bool) {
    const ROUND_TRIP: Duration = Duration::from_millis(50);
    println!("\nThe first token of a new client, 50 ms away\n\n| authority | ms | round trips |\n|--|--:|--:|");
    let world = World::start(ROUND_TRIP).await;
    let all = [
        ("known issuer and endpoint", world.without_metadata(), false),
        ("metadata first", world.with_metadata(), false),
        ("metadata first, exchanged for Altinn's", world.with_metadata(), true),
    ];
    for (name, environment, exchanged) in all {
        let mut runs = Vec::new();
        for _ in 0..if quick { 3 } else { 9 } {
            let start = Instant::now();
            let client = world.client(environment.clone());
            match exchanged {
                true => client.altinn_token(client.default_request()).await.unwrap(),
                false => client.token(client.default_request()).await.unwrap(),
            };
            runs.push(start.elapsed().as_secs_f64() * 1e3);
        }
        let milliseconds = median(runs);
        println!("| {name} | {milliseconds:.0} | {:.1} |", milliseconds / 50.0);
    }
}
