//! The distance to the other end: bytes arrive later, as many of them as before.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// More than a window of any connection here, so that the line delays and never throttles.
pub(crate) const PIPE: usize = 1 << 20;

/// The timer and the poller round up to a millisecond each: this much early is right on average.
const TIMER_BIAS: Duration = Duration::from_micros(1_500);

/// Carries bytes between `socket` and `near`, each way half of `round_trip` late.
///
/// The kernel accepted the connection at once, so the peer's first bytes are here a whole round trip sooner than over
/// the distance: nothing that arrives before `accepted + round_trip` counts as sent before that.
pub(crate) async fn carry(
    socket: &mut TcpStream,
    near: tokio::io::DuplexStream,
    round_trip: Duration,
    accepted: Instant,
) {
    let half = round_trip / 2;
    let (from_far, to_far) = socket.split();
    let (from_near, to_near) = tokio::io::split(near);
    let inward = line(from_far, to_near, half, accepted + round_trip);
    let outward = line(from_near, to_far, half, accepted);
    // When the server's side is done, whatever the client still sends interests nobody.
    tokio::select! {
        _ = async { inward.await.ok(); std::future::pending::<()>().await } => {}
        _ = outward => {}
    }
}

async fn line(
    from: impl AsyncRead + Unpin,
    to: impl AsyncWrite + Unpin,
    delay: Duration,
    not_before: Instant,
) -> io::Result<()> {
    let (sender, receiver) = mpsc::unbounded_channel();
    let (read, written) = tokio::join!(stamp(from, sender, delay, not_before), release(to, receiver));
    read.and(written)
}

type Chunk = (Instant, Vec<u8>);

async fn stamp(
    mut from: impl AsyncRead + Unpin,
    sender: mpsc::UnboundedSender<Chunk>,
    delay: Duration,
    not_before: Instant,
) -> io::Result<()> {
    loop {
        let mut chunk = Vec::with_capacity(16 * 1024);
        let result = from.read_buf(&mut chunk).await;
        let due = Instant::now().max(not_before) + delay;
        let ended = !matches!(result, Ok(length) if length > 0);
        // An empty chunk carries the end of the stream over the same distance.
        if sender.send((due, chunk)).is_err() || ended {
            return result.map(|_| ());
        }
    }
}

async fn release(mut to: impl AsyncWrite + Unpin, mut receiver: mpsc::UnboundedReceiver<Chunk>) -> io::Result<()> {
    while let Some((due, chunk)) = receiver.recv().await {
        if due > Instant::now() + TIMER_BIAS {
            sleep_until(due - TIMER_BIAS).await;
        }
        if chunk.is_empty() {
            break;
        }
        to.write_all(&chunk).await?;
        to.flush().await?;
    }
    to.shutdown().await
}
