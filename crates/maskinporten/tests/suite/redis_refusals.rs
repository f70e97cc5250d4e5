//! A Redis server that quotes back what it was sent, the password before all: its words go no further.

use std::time::Duration;

use maskinporten::{RedisTokenStore, TokenStore as _};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::world::{World, request};

const PASSWORD: &str = "Hemmelig-passord_123";

/// What is answered to `AUTH`, and to what comes after it; `{}` is what was sent.
type Words = (&'static str, &'static str);

async fn serve(words: Words) -> RedisTokenStore {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, words));
        }
    });
    RedisTokenStore::new(&format!("redis://:{PASSWORD}@{address}/")).unwrap()
}

/// A command is an array of bulk strings: `*2`, `$3`, `GET`, `$1`, `k`.
async fn answer(stream: TcpStream, (to_auth, later): Words) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    while let Ok(Some(head)) = lines.next_line().await {
        let mut words = Vec::new();
        for _ in 0..head.trim_start_matches('*').parse().unwrap_or(0) {
            lines.next_line().await.unwrap();
            words.extend(lines.next_line().await.unwrap());
        }
        let sent = format!("{PASSWORD} {}", words.join(" "));
        let answer = match words.first().map(String::as_str) {
            Some("AUTH" | "HELLO") => to_auth.replace("{}", &sent),
            Some("CLIENT") => "+OK".to_owned(),
            _ => later.replace("{}", &sent),
        };
        if write.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn a_servers_own_words_are_not_told() {
    const REFUSED: &str = "Redis refused the user or the password of its address";
    for (words, category) in [
        (("-WRONGPASS {}", ""), REFUSED),
        (("-ERR invalid password: {}", ""), REFUSED),
        (("-{}", ""), REFUSED),
        (("+OK", "-ERR {}"), "Redis refused the command"),
        (("+OK", "-{}"), "Redis refused the command"),
        (("+OK", "-NOPERM {}"), "Redis gives its user no leave for GET and SET"),
        (("+OK", "-READONLY {}"), "Redis is a replica that cannot be written to"),
        (
            ("+OK", "-MOVED 1 {}"),
            "Redis is a cluster, whose other members are not asked",
        ),
        (
            ("+OK", "-NOAUTH {}"),
            "Redis wants a password, and its address has none",
        ),
        (
            ("+OK", "what is {}"),
            "what answers is not Redis, or the value is not one of ours",
        ),
    ] {
        let store = serve(words).await;
        let get = store.get("key").await.map(|_| ()).unwrap_err();
        let set = store
            .set("key", b"value".to_vec(), Duration::from_secs(9))
            .await
            .unwrap_err();
        for error in [get, set] {
            assert_eq!(error.to_string(), category, "{words:?}");
            let told = format!("{error:?} {:?}", error.source());
            assert!(!told.contains("Hemmelig"), "{told}");
        }
    }
}

#[tokio::test]
async fn the_log_names_a_category() {
    let store = serve(("-ERR invalid password {}", "")).await;
    let world = World::start().await;
    let client = world.builder(world.settings()).token_store(store).build().unwrap();
    let (log, guard) = crate::log::capture();
    client.token(&request()).await.unwrap();
    drop(guard);
    let log = log.text();
    assert!(
        log.contains("Redis refused the user or the password of its address"),
        "{log}"
    );
    assert!(!log.contains("Hemmelig"), "{log}");
}
