//! A proxy: it leads `CONNECT` to this machine, whatever host was asked for, and remembers who asked.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What it says to `CONNECT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    Leads,
    /// 407.
    WantsAPassword,
    /// 502.
    Refuses,
    /// Not a word.
    Hangs,
}

/// A proxy; it ends with the runtime that it was started in.
pub(crate) struct Proxy {
    port: u16,
    /// The first line of each connection.
    asked: Arc<Mutex<Vec<String>>>,
    /// How many connections there were, and how many of them are open.
    counts: watch::Receiver<(usize, usize)>,
}

impl Proxy {
    pub(crate) async fn start() -> Self {
        Self::of(Manner::Leads).await
    }

    pub(crate) async fn of(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let (count, counts) = watch::channel((0, 0));
        let count = Arc::new(count);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (log, count) = (Arc::clone(&log), Arc::clone(&count));
                count.send_modify(|(all, open)| (*all, *open) = (*all + 1, *open + 1));
                tokio::spawn(async move {
                    serve(stream, manner, log).await;
                    count.send_modify(|(_, open)| *open -= 1);
                });
            }
        });
        Self { port, asked, counts }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.asked().len()
    }

    /// Waits until there have been so many connections.
    pub(crate) async fn until_asked(&self, connections: usize) {
        let mut counts = self.counts.clone();
        let asked = counts.wait_for(|(all, _)| *all >= connections).await;
        assert!(asked.is_ok(), "it runs");
    }

    /// Waits until no more than so many connections are open.
    pub(crate) async fn until_open(&self, connections: usize) {
        let mut counts = self.counts.clone();
        let closed = counts.wait_for(|(_, open)| *open <= connections).await;
        assert!(closed.is_ok(), "it runs");
    }
}

async fn serve(mut stream: TcpStream, manner: Manner, log: Arc<Mutex<Vec<String>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let line = head.lines().next().unwrap_or_default().to_owned();
    log.lock().unwrap_or_else(PoisonError::into_inner).push(line.clone());
    let target = line.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next());
    let port = target.and_then(|target| target.rsplit(':').next()?.parse::<u16>().ok());
    let answer = match (manner, port) {
        (Manner::Leads, Some(port)) => {
            let Ok(mut there) = TcpStream::connect(("127.0.0.1", port)).await else {
                return;
            };
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            let _ = copy_bidirectional(&mut stream, &mut there).await;
            return;
        }
        (Manner::Hangs, _) => std::future::pending().await,
        (Manner::WantsAPassword, _) => "407 Proxy Authentication Required",
        _ => "502 Bad Gateway",
    };
    let _ = stream
        .write_all(format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n").as_bytes())
        .await;
}
