//! Two runtimes and one client: nothing that the one has to drive is waited for by the other.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures::poll;
use maskinporten::{
    Error, ErrorKind, KeyOptions, KeySource, MaskinportenClient, SigningKey, StoreError, TokenRequest, TokenStore,
};
use maskinporten_emulator::{Fault, MaskinportenEmulator, Protocols, RequestKind};
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

use crate::world::{OTHER_SCOPE, SCOPE, World, request};

/// What becomes of the runtime that asked first.
#[derive(Debug, Clone, Copy)]
enum First {
    /// It is there, and nobody drives it.
    Idle,
    Dropped,
    /// It has threads of its own.
    Driven,
}

const FIRSTS: [First; 3] = [First::Idle, First::Dropped, First::Driven];

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn multi_thread() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

impl First {
    fn runtime(self) -> Runtime {
        match self {
            Self::Idle | Self::Dropped => current_thread(),
            Self::Driven => multi_thread(),
        }
    }

    /// Holds on to it, or does not.
    fn leave(self, runtime: Runtime) -> Option<Runtime> {
        match self {
            Self::Idle | Self::Driven => Some(runtime),
            Self::Dropped => {
                drop(runtime);
                None
            }
        }
    }
}

fn world(protocols: Protocols) -> World {
    let emulator = MaskinportenEmulator::builder()
        .protocols(protocols)
        .start_blocking()
        .unwrap();
    World {
        emulator: Arc::new(emulator),
    }
}

/// A client that makes its HTTP clients itself.
fn client(world: &World) -> MaskinportenClient {
    world.making(world.settings()).build().unwrap()
}

/// Asks, and goes away once it is so.
async fn ask_until(asking: impl Future, so: impl Fn() -> bool) {
    let mut asking = pin!(asking);
    while !so() {
        assert!(poll!(asking.as_mut()).is_pending(), "it was to hang");
        tokio::task::yield_now().await;
    }
}

/// In a runtime of either kind, in less than two seconds.
fn soon<T>(what: &str, runtime: &Runtime, asking: impl Future<Output = T>) -> T {
    let start = Instant::now();
    let limited = runtime.block_on(async { tokio::time::timeout(Duration::from_secs(2), asking).await });
    limited.unwrap_or_else(|_| panic!("{what}: it waited for another runtime, {:?}", start.elapsed()))
}

/// The first runtime's request hangs at that place; the second's does not.
fn in_the_middle_of(kind: RequestKind, ask: impl AsyncFn(&MaskinportenClient) -> Result<(), Error>) {
    for protocols in [Protocols::Http1, Protocols::Http2] {
        for first in FIRSTS {
            for second in [current_thread as fn() -> Runtime, multi_thread] {
                let world = world(protocols);
                let client = client(&world);
                world.emulator.inject(Fault::hang().for_kind(kind));
                let runtime = first.runtime();
                let arrived = || world.emulator.requests().iter().any(|seen| seen.kind == kind);
                runtime.block_on(ask_until(ask(&client), arrived));
                world.emulator.clear_faults();
                let left = first.leave(runtime);
                let what = format!("{kind:?} {protocols:?} {first:?}");
                soon(&what, &second(), ask(&client)).unwrap();
                drop(left);
            }
        }
    }
}

#[test]
fn in_the_middle_of_a_token_request() {
    in_the_middle_of(RequestKind::Token, async |client| {
        client.token(&request()).await.map(drop)
    });
}

#[test]
fn in_the_middle_of_an_exchange() {
    in_the_middle_of(RequestKind::Exchange, async |client| {
        client.altinn_token(&request()).await.map(drop)
    });
}

#[test]
fn in_the_middle_of_asking_for_metadata() {
    in_the_middle_of(RequestKind::Metadata, async |client| {
        client.token(&request()).await.map(drop)
    });
}

/// Another token over the connections that the first runtime left behind.
#[test]
fn after_a_request_that_went_well() {
    for protocols in [Protocols::Http1, Protocols::Http2] {
        for first in FIRSTS {
            for second in [current_thread as fn() -> Runtime, multi_thread] {
                let world = world(protocols);
                let client = client(&world);
                let runtime = first.runtime();
                runtime.block_on(client.altinn_token(&request())).unwrap();
                let left = first.leave(runtime);
                let what = format!("{protocols:?} {first:?}");
                soon(&what, &second(), client.altinn_token(&TokenRequest::new([OTHER_SCOPE]))).unwrap();
                drop(left);
            }
        }
    }
}

/// A token near its end, whose refresh the first runtime began.
#[test]
fn in_the_middle_of_a_refresh() {
    for first in FIRSTS {
        let world = world(Protocols::Both);
        // It is refreshed after some 1.1 s of its life, and serves for 1.9.
        world.emulator.set_token_lifetime(Duration::from_secs(2));
        let client = client(&world);
        let runtime = first.runtime();
        let old = runtime.block_on(client.token(&request())).unwrap();
        world.emulator.inject(Fault::hang().for_kind(RequestKind::Token));
        runtime.block_on(async {
            while world.token_requests() < 2 {
                client.token(&request()).await.unwrap();
                tokio::task::yield_now().await;
            }
        });
        world.emulator.clear_faults();
        let left = first.leave(runtime);
        let second = current_thread();
        while old.remaining().unwrap() > Duration::ZERO {
            soon(&format!("{first:?}"), &second, client.token(&request())).unwrap();
        }
        let new = soon(&format!("{first:?}"), &second, client.token(&request())).unwrap();
        assert_ne!(new.secret(), old.secret());
        drop(left);
    }
}

/// Never comes to an end for whoever asks first.
#[derive(Debug)]
struct Hanging<T> {
    calls: Arc<AtomicUsize>,
    then: T,
}

impl<T> Hanging<T> {
    async fn hang(&self) {
        if self.calls.fetch_add(1, Ordering::SeqCst) == 0 {
            std::future::pending().await
        }
    }
}

#[async_trait]
impl KeySource for Hanging<SigningKey> {
    async fn load(&self) -> Result<SigningKey, Error> {
        self.hang().await;
        Ok(self.then.clone())
    }
}

#[async_trait]
impl TokenStore for Hanging<()> {
    async fn get(&self, _: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.hang().await;
        Ok(None)
    }

    async fn set(&self, _: &str, _: Vec<u8>, _: Duration) -> Result<(), StoreError> {
        Ok(())
    }
}

#[test]
fn in_the_middle_of_loading_the_key_or_asking_the_store() {
    for first in FIRSTS {
        for of_the_key in [true, false] {
            let world = world(Protocols::Both);
            let calls: Arc<AtomicUsize> = Arc::default();
            let builder = world.making(world.settings());
            let builder = match of_the_key {
                true => builder.key_source(Hanging {
                    calls: calls.clone(),
                    then: SigningKey::read(world.emulator.client().encoded_jwk(), &KeyOptions::new()).unwrap(),
                }),
                false => builder.token_store(Hanging {
                    calls: calls.clone(),
                    then: (),
                }),
            };
            let client = builder.build().unwrap();
            let runtime = first.runtime();
            let request = request();
            runtime.block_on(ask_until(client.token(&request), || calls.load(Ordering::SeqCst) > 0));
            let left = first.leave(runtime);
            soon(&format!("{first:?}"), &multi_thread(), client.token(&request)).unwrap();
            drop(left);
        }
    }
}

/// The requests' own connections are the caller's business, the token's are not.
#[test]
fn the_token_of_a_request_through_the_middleware() {
    let world = world(Protocols::Both);
    let client = world
        .making(world.settings())
        .http_client(world.emulator.http_client())
        .build()
        .unwrap();
    let idle = current_thread();
    world.emulator.inject(Fault::hang().for_kind(RequestKind::Token));
    let http = client.http_client();
    let asking = http.get(world.emulator.api_url()).send();
    idle.block_on(ask_until(asking, || world.token_requests() > 0));
    world.emulator.clear_faults();
    let reply = soon(
        "http_client",
        &current_thread(),
        http.get(world.emulator.api_url()).send(),
    );
    assert_eq!(reply.unwrap().status(), 200);
}

/// Nor does a request wait for the connections to its API that another runtime left behind: the client was made here.
#[test]
fn a_request_to_an_api_after_one_that_went_well() {
    for protocols in [Protocols::Http1, Protocols::Http2] {
        for first in FIRSTS {
            for second in [current_thread as fn() -> Runtime, multi_thread] {
                let world = world(protocols);
                let http = client(&world).http_client();
                let ask = || async { http.get(world.emulator.api_url()).send().await.unwrap().bytes().await };
                let runtime = first.runtime();
                runtime.block_on(ask()).unwrap();
                let left = first.leave(runtime);
                soon(&format!("{protocols:?} {first:?}"), &second(), ask()).unwrap();
                drop(left);
            }
        }
    }
}

/// A caller's own client has one pool, and nobody can look into it.
#[test]
fn a_callers_own_client_serves_one_runtime_at_a_time_and_says_so_at_once() {
    for protocols in [Protocols::Http1, Protocols::Http2] {
        let world = world(protocols);
        let client = world.client();
        let first = current_thread();
        let token = first.block_on(client.token(&request())).unwrap();
        let second = multi_thread();
        // What is in memory needs no connection.
        let same = soon("memory", &second, client.token(&request())).unwrap();
        assert_eq!(same.secret(), token.secret());
        let other = TokenRequest::new([OTHER_SCOPE]);
        for (ask, place) in [(false, "token"), (true, "Altinn exchange")] {
            let asked = Instant::now();
            let error = second
                .block_on(async {
                    match ask {
                        true => client.altinn_token(&request()).await,
                        false => client.token(&other).await,
                    }
                })
                .unwrap_err();
            assert!(asked.elapsed() < Duration::from_secs(1));
            assert_eq!(error.kind(), ErrorKind::Settings);
            let text = error.to_string();
            let expected = "the client given to token_http_client is in use in another runtime";
            assert!(text.starts_with(&format!("Maskinporten: {place} failed")), "{text}");
            assert!(text.contains(expected) && text.contains("configure_http"), "{text}");
        }
        // It says nothing of the service, so the first is not told.
        first.block_on(client.token(&other)).unwrap();
        drop(first);
        soon("gone", &second, client.altinn_token(&request())).unwrap();
    }
}

/// A crowd of callers with a wish each.
#[test]
fn a_crowd_is_let_through_a_few_at_a_time_and_remembered_within_the_bound() {
    const CALLERS: usize = 300;
    const MOST: usize = 100;
    let world = world(Protocols::Http2);
    for org in organisations().take(CALLERS) {
        world.emulator.delegate(SCOPE, &org);
    }
    let client = world
        .making(world.settings())
        .most_tokens(MOST)
        .deadline(Duration::from_secs(60))
        .build()
        .unwrap();
    world
        .emulator
        .inject(Fault::delay(Duration::from_millis(20)).for_kind(RequestKind::Token));
    let runtime = current_thread();
    let highest = Arc::new(AtomicUsize::new(0));
    runtime.block_on(async {
        let calls = organisations().take(CALLERS).map(|org| {
            let (client, highest) = (client.clone(), highest.clone());
            tokio::spawn(async move {
                client.token(&request().consumer_org(org)).await.unwrap();
                let (sent, done) = (client.stats().token_requests, client.stats().tokens);
                assert!(done <= MOST, "{done} tokens");
                highest.fetch_max(usize::try_from(sent).unwrap(), Ordering::SeqCst);
            })
        });
        let calls: Vec<_> = calls.collect();
        // The first replies are yet to come: what was sent by now is on its way.
        while client.stats().tokens == 0 {
            let sent = client.stats().token_requests;
            assert!(sent <= 32 || client.stats().tokens > 0, "{sent} at once");
            tokio::task::yield_now().await;
        }
        for call in calls {
            call.await.unwrap();
        }
    });
    assert_eq!(highest.load(Ordering::SeqCst), CALLERS);
    assert_eq!(client.stats().tokens, MOST);
}

/// Numbers with the right control digit (modulus 11).
fn organisations() -> impl Iterator<Item = String> {
    const WEIGHTS: [u32; 8] = [3, 2, 7, 6, 5, 4, 3, 2];
    (31_000_000..).filter_map(|number: u32| {
        let digits = number.to_string();
        let values = digits.chars().filter_map(|c| c.to_digit(10));
        let sum: u32 = values.zip(WEIGHTS).map(|(value, weight)| value * weight).sum();
        let control = (11 - sum % 11) % 11;
        (control < 10).then(|| format!("{digits}{control}"))
    })
}
