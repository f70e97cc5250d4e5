use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::UNIX_EPOCH;

use super::*;
use crate::clock::Clock;
use crate::token::cache::Invalidation;
use crate::token::identity::Identity;
use crate::token::retry::{Patience, Retrying};
use crate::token::seal::Seal;
use crate::token::shared::{Owned, Owner, SharedStore};
use crate::token::store::{Guarded, StoreError, TokenStore};

/// A store in memory, which can be told to fail or to hang.
#[derive(Debug)]
struct Memory {
    start: Instant,
    values: Mutex<HashMap<String, (Vec<u8>, Instant)>>,
    calls: AtomicU64,
    fails: AtomicBool,
    hangs: AtomicBool,
}

impl Memory {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            start: Instant::now(),
            values: Mutex::default(),
            calls: AtomicU64::new(0),
            fails: AtomicBool::new(false),
            hangs: AtomicBool::new(false),
        })
    }

    async fn trouble(&self) -> Result<(), StoreError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        if self.hangs.load(Ordering::SeqCst) {
            sleep(Duration::from_secs(3_600)).await;
        }
        if self.fails.load(Ordering::SeqCst) {
            return Err("out of order".into());
        }
        Ok(())
    }
}

#[async_trait]
impl TokenStore for Memory {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.trouble().await?;
        let values = self.values.lock().expect("unpoisoned");
        let value = values.get(key).filter(|(_, until)| Instant::now() < *until);
        Ok(value.map(|(value, _)| value.clone()))
    }

    async fn set(&self, key: &str, value: Vec<u8>, time_to_live: Duration) -> Result<(), StoreError> {
        self.trouble().await?;
        let until = Instant::now() + time_to_live;
        self.values
            .lock()
            .expect("unpoisoned")
            .insert(key.to_owned(), (value, until));
        Ok(())
    }
}

#[derive(Debug)]
struct Fixed(Arc<Owner>);

#[async_trait]
impl Owned for Fixed {
    async fn owner(&self) -> Option<Arc<Owner>> {
        Some(self.0.clone())
    }
}

/// Waits for a key that does not come.
#[derive(Debug)]
struct Nobody;

#[async_trait]
impl Owned for Nobody {
    async fn owner(&self) -> Option<Arc<Owner>> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn an_owner_who_cannot_be_had_costs_half_of_the_time_and_the_deadline_is_one() {
    for works in [true, false] {
        let fake = Fake::new(move |call| async move {
            match works {
                true => Ok(token(call, Some(Duration::from_secs(120)))),
                false => std::future::pending().await,
            }
        });
        let guarded = Arc::new(Guarded::new(Memory::new()));
        let store = SharedStore::new(guarded, Arc::new(Nobody), Clock::default());
        let retrying = Retrying::new(fake.clone(), Stage::Token, Patience::default());
        let cache = Cached::new(Arc::new(retrying), Stage::Token, CacheLimits::default(), Some(store));
        let start = Instant::now();
        let outcome = cache.token(&request()).await;
        assert_eq!((outcome.is_ok(), fake.calls()), (works, 1));
        let expected = Duration::from_secs(if works { 10 } else { 20 });
        assert!(
            start.elapsed() <= expected + Duration::from_millis(10),
            "{:?}",
            start.elapsed()
        );
    }
}

fn identity() -> Identity {
    Identity {
        issuer: "https://test.maskinporten.no/".to_owned(),
        client_id: "client".to_owned(),
        key: "key".to_owned(),
        exchange: String::new(),
    }
}

/// A process of its own as far as the cache can see.
fn process(fake: &Arc<Fake>, memory: &Arc<Memory>, identity: Identity, secret: &str) -> Cached {
    let start = memory.start;
    let clock = Clock::new(move || UNIX_EPOCH + Duration::from_secs(1_790_000_000) + start.elapsed());
    let seal = Seal::derive(secret.as_bytes()).expect("derives");
    let owned = Fixed(Arc::new(Owner { identity, seal }));
    let store = SharedStore::new(Arc::new(Guarded::new(memory.clone())), Arc::new(owned), clock);
    Cached::new(
        Arc::new(fake.clone()),
        Stage::Token,
        CacheLimits::default(),
        Some(store),
    )
}

#[tokio::test(start_paused = true)]
async fn one_process_asks_for_all() {
    let (fake, memory) = (Fake::steady(120), Memory::new());
    for _ in 0..5 {
        let cache = process(&fake, &memory, identity(), "secret");
        let token = cache.token(&request()).await.expect("a token");
        assert_eq!(token.secret(), "token 1");
        settle().await;
    }
    assert_eq!(fake.calls(), 1);
    let values = memory.values.lock().expect("unpoisoned");
    assert_eq!(values.len(), 1);
    for (key, (value, _)) in &*values {
        assert!(!key.contains("scope") && !key.contains("client"));
        assert!(
            !value.windows(5).any(|window| window == b"token"),
            "the store can read it"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn another_client_key_environment_or_exchange_shares_nothing() {
    let (fake, memory) = (Fake::steady(120), Memory::new());
    let changes: [fn(&mut Identity); 5] = [
        |_| {},
        |it| it.issuer = "https://maskinporten.no/".to_owned(),
        |it| it.client_id = "another".to_owned(),
        |it| it.key = "another".to_owned(),
        |it| it.exchange = "https://platform.tt02.altinn.no".to_owned(),
    ];
    for change in changes {
        let mut identity = identity();
        change(&mut identity);
        let cache = process(&fake, &memory, identity, "secret");
        cache.token(&request()).await.expect("a token");
        settle().await;
    }
    assert_eq!(fake.calls(), 5);
}

#[tokio::test(start_paused = true)]
async fn what_another_key_sealed_is_nothing() {
    let (fake, memory) = (Fake::steady(120), Memory::new());
    for (secret, expected) in [("one", "token 1"), ("two", "token 2"), ("two", "token 2")] {
        let cache = process(&fake, &memory, identity(), secret);
        assert_eq!(cache.token(&request()).await.expect("a token").secret(), expected);
        settle().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_shared_token_keeps_its_age() {
    let (fake, memory) = (Fake::steady(120), Memory::new());
    let first = process(&fake, &memory, identity(), "secret");
    first.token(&request()).await.expect("a token");
    sleep(Duration::from_secs(60)).await;
    let second = process(&fake, &memory, identity(), "secret");
    let token = second.token(&request()).await.expect("a token");
    let remaining = token.remaining().expect("an end");
    assert!((58..=60).contains(&remaining.as_secs()), "{remaining:?}");
    // Refreshed when the first would be, though it has had it for seconds only, and then shared again.
    sleep(Duration::from_secs(7)).await;
    second.token(&request()).await.expect("a token");
    sleep(Duration::from_secs(2)).await;
    assert_eq!(second.token(&request()).await.expect("a token").secret(), "token 2");
    first.token(&request()).await.expect("a token");
    settle().await;
    assert_eq!(first.token(&request()).await.expect("a token").secret(), "token 2");
    assert_eq!(fake.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_does_not_come_back_from_the_store() {
    let (fake, memory) = (Fake::steady(120), Memory::new());
    let one = process(&fake, &memory, identity(), "secret");
    let two = process(&fake, &memory, identity(), "secret");
    let refused = one.token(&request()).await.expect("a token");
    settle().await;
    let also = two.token(&request()).await.expect("a token");
    assert_eq!(one.invalidate(&request(), &refused), Invalidation::Done);
    assert_eq!(one.token(&request()).await.expect("a token").secret(), "token 2");
    settle().await;
    assert_eq!(two.invalidate(&request(), &also), Invalidation::Done);
    assert_eq!(two.token(&request()).await.expect("a token").secret(), "token 2");
    assert_eq!(fake.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_or_hangs_is_done_without() {
    for hangs in [false, true] {
        let (fake, memory) = (Fake::steady(120), Memory::new());
        memory.fails.store(!hangs, Ordering::SeqCst);
        memory.hangs.store(hangs, Ordering::SeqCst);
        let cache = process(&fake, &memory, identity(), "secret");
        let start = Instant::now();
        for organisation in ["1", "2", "3"] {
            let request = request().consumer_org(organisation);
            cache.token(&request).await.expect("a token");
            cache.token(&request).await.expect("a token");
        }
        // A second for each token, and half a second once for the store.
        assert!(start.elapsed() <= Duration::from_millis(3_600), "{:?}", start.elapsed());
        assert_eq!((fake.calls(), memory.calls.load(Ordering::SeqCst)), (3, 1));

        memory.fails.store(false, Ordering::SeqCst);
        memory.hangs.store(false, Ordering::SeqCst);
        sleep(Duration::from_secs(10)).await;
        cache.token(&request()).await.expect("a token");
        settle().await;
        assert_eq!(memory.values.lock().expect("unpoisoned").len(), 1, "used again");
    }
}
