//! Tokens shared through a real Redis server, which each test starts on a port of its own.
//!
//! They need a `redis-server`, which `.ci/redis/run` brings; elsewhere they are ignored, which is no pass.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use maskinporten::{MaskinportenClient, RedisTokenStore, TokenRequest, TokenStore as _};

use crate::world::{OTHER_SCOPE, SCOPE, World, request};

struct Redis {
    child: Child,
    port: u16,
    directory: tempfile::TempDir,
}

impl Redis {
    /// `None` where there is no server to start.
    async fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let directory = tempfile::tempdir().unwrap();
        let child = Self::spawn(port, &directory);
        let redis = Self { child, port, directory };
        redis.ready().await;
        redis
    }

    fn spawn(port: u16, directory: &tempfile::TempDir) -> Child {
        Command::new("redis-server")
            .args([
                "--port",
                &port.to_string(),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
            ])
            .arg("--dir")
            .arg(directory.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("redis-server is installed")
    }

    async fn ready(&self) {
        for _ in 0..200 {
            if self.store().get("nothing").await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("redis-server does not answer on port {}", self.port);
    }

    fn store(&self) -> RedisTokenStore {
        RedisTokenStore::new(&format!("redis://127.0.0.1:{}/", self.port)).unwrap()
    }

    fn stop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    async fn restart(&mut self) {
        self.child = Self::spawn(self.port, &self.directory);
        self.ready().await;
    }

    async fn command(&self, name: &str, argument: &str) -> redis::Value {
        let client = redis::Client::open(format!("redis://127.0.0.1:{}/", self.port)).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        redis::cmd(name)
            .arg(argument)
            .query_async(&mut connection)
            .await
            .unwrap()
    }

    async fn keys(&self) -> Vec<String> {
        redis::from_redis_value(self.command("KEYS", "*").await).unwrap()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn process(world: &World, redis: &Redis) -> MaskinportenClient {
    world
        .builder(world.settings())
        .token_store(redis.store())
        .build()
        .unwrap()
}

/// Storing is behind the caller's back.
async fn stored(redis: &Redis, keys: usize) -> Vec<String> {
    for _ in 0..200 {
        let found = redis.keys().await;
        if found.len() == keys {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{:?}", redis.keys().await);
}

#[tokio::test]
#[ignore = "needs the server that .ci/redis/run brings"]
async fn processes_share_tokens_and_the_server_cannot_read_them() {
    let redis = Redis::start().await;
    let world = World::start().await;
    let first = process(&world, &redis);
    let token = first.token(&request()).await.unwrap();
    let altinn = first.altinn_token(&request()).await.unwrap();
    let keys = stored(&redis, 2).await;
    for _ in 0..3 {
        let next = process(&world, &redis);
        assert_eq!(next.token(&request()).await.unwrap().secret(), token.secret());
        assert_eq!(next.altinn_token(&request()).await.unwrap().secret(), altinn.secret());
        assert_eq!((next.stats().token_requests, next.stats().exchange_requests), (0, 0));
    }
    assert_eq!(
        (world.token_requests(), world.emulator.counts().exchange_requests),
        (1, 1)
    );
    for key in keys {
        assert!(
            !key.contains("altinn") && !key.contains(world.emulator.client().client_id()),
            "{key}"
        );
        let value: Vec<u8> = redis::from_redis_value(redis.command("GET", &key).await).unwrap();
        for secret in [token.secret(), altinn.secret()] {
            assert!(!value.windows(20).any(|window| window == &secret.as_bytes()[..20]));
        }
        let ttl: i64 = redis::from_redis_value(redis.command("PTTL", &key).await).unwrap();
        assert!((1..=1_800_000).contains(&ttl), "{ttl}");
    }
}

#[tokio::test]
#[ignore = "needs the server that .ci/redis/run brings"]
async fn another_key_shares_nothing() {
    let redis = Redis::start().await;
    let world = World::start().await;
    process(&world, &redis).token(&request()).await.unwrap();
    stored(&redis, 1).await;
    world.emulator.rotate_key(world.emulator.client().client_id()).unwrap();
    process(&world, &redis).token(&request()).await.unwrap();
    stored(&redis, 2).await;
    assert_eq!(world.token_requests(), 2);
}

#[tokio::test]
#[ignore = "needs the server that .ci/redis/run brings"]
async fn what_has_expired_is_gone() {
    let redis = Redis::start().await;
    let world = World::start().await;
    world.emulator.set_token_lifetime(Duration::from_secs(4));
    process(&world, &redis).token(&request()).await.unwrap();
    stored(&redis, 1).await;
    tokio::time::sleep(Duration::from_millis(3_300)).await;
    assert!(redis.keys().await.is_empty());
    process(&world, &redis).token(&request()).await.unwrap();
    assert_eq!(world.token_requests(), 2);

    let store = redis.store();
    store
        .set("key", b"value".to_vec(), Duration::from_millis(50))
        .await
        .unwrap();
    assert_eq!(store.get("key").await.unwrap().unwrap(), b"value");
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert_eq!(store.get("key").await.unwrap(), None);
}

#[tokio::test]
#[ignore = "needs the server that .ci/redis/run brings"]
async fn a_client_works_from_memory_while_the_server_is_down_and_says_so_once() {
    let mut redis = Redis::start().await;
    let world = World::start().await;
    let client = process(&world, &redis);
    client.token(&request()).await.unwrap();
    stored(&redis, 1).await;

    redis.stop();
    let (log, guard) = crate::log::capture();
    let start = tokio::time::Instant::now();
    for scope in [SCOPE, OTHER_SCOPE] {
        for _ in 0..3 {
            client.token(&TokenRequest::new([scope])).await.unwrap();
        }
    }
    client.altinn_token(&request()).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    assert_eq!(world.token_requests(), 2);
    assert_eq!(log.count("the token store fails"), 1, "{}", log.text());
    drop(guard);

    redis.restart().await;
    // The cache leaves a store alone for ten seconds that failed; the store itself is there at once.
    let store: Arc<RedisTokenStore> = Arc::new(redis.store());
    store
        .set("key", b"value".to_vec(), Duration::from_secs(5))
        .await
        .unwrap();
    let next = process(&world, &redis);
    next.token(&request()).await.unwrap();
    stored(&redis, 2).await;
}

#[test]
fn a_password_in_a_bad_address_is_not_shown() {
    for bad in ["http://u:hemmelig@host/", "redis://:hemmelig@", "hemmelig"] {
        if let Err(error) = RedisTokenStore::new(bad) {
            assert!(!format!("{error} {error:?}").contains("hemmelig"));
        }
    }
    let store = RedisTokenStore::new("redis://user:hemmelig@redis.example:6380/0").unwrap();
    let shown = format!("{store:?}");
    assert!(
        shown.contains("redis.example:6380") && !shown.contains("hemmelig"),
        "{shown}"
    );
}

/// The connection that one runtime drives is not another's.
#[test]
#[ignore = "needs the server that .ci/redis/run brings"]
fn a_runtime_that_nobody_drives_leaves_the_server_to_the_others() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let idle = runtime();
    let redis = idle.block_on(Redis::start());
    let store = redis.store();
    let minute = Duration::from_secs(60);
    idle.block_on(store.set("a", b"b".to_vec(), minute)).unwrap();
    let found = runtime().block_on(store.get("a"));
    assert_eq!(found.unwrap(), Some(b"b".to_vec()));
    drop(idle);
}
