//! Clients that others write: the same requests in the same order, and what they do when they are refused.

use std::time::Duration;

use futures::future::try_join_all;
use tokio::time::{Instant, sleep};

use super::vault::Line;

/// What is done with a request that is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Policy {
    /// It is sent again after a second (or what the vault asks for), until the deadline.
    EverySecond,
    /// As azure_core 1.1 does without a word from its caller (`ExponentialRetryOptions`): 8 times more at most, after 0.4, 0.8 … 30 s
    /// and up to 255 ms, or what the vault asks for where that is longer; none after a minute.
    Sdk,
}

/// The retries are used up.
pub(super) struct GaveUp;

/// A page of the list names so many.
const PAGE: usize = 25;

/// What is asked at once.
const AT_ONCE: usize = 32;

pub(super) async fn load(line: &Line, secrets: usize, policy: Policy) -> Result<(), GaveUp> {
    Line::knock().await;
    for _ in 0..secrets.div_ceil(PAGE).max(1) {
        all(line, 1, policy).await?;
    }
    let mut left = secrets;
    while left > 0 {
        let now = left.min(AT_ONCE);
        all(line, now as u64, policy).await?;
        left -= now;
    }
    Ok(())
}

async fn all(line: &Line, requests: u64, policy: Policy) -> Result<(), GaveUp> {
    match policy {
        Policy::EverySecond => every_second(line, requests).await,
        Policy::Sdk => {
            try_join_all((0..requests).map(|_| as_the_sdk(line))).await?;
        }
    }
    Ok(())
}

/// All that are refused at once wait as long, so they are asked again together.
async fn every_second(line: &Line, mut left: u64) {
    loop {
        left -= line.ask(left).await;
        if left == 0 {
            return;
        }
        sleep(
            line.vault
                .rules
                .retry_after
                .unwrap_or_default()
                .max(Duration::from_secs(1)),
        )
        .await;
    }
}

const RETRIES: u32 = 8;
const INITIAL: Duration = Duration::from_millis(200);
const MOST: Duration = Duration::from_secs(30);
const IN_ALL: Duration = Duration::from_secs(60);

async fn as_the_sdk(line: &Line) -> Result<(), GaveUp> {
    let mut first_answer = None;
    for retry in 1.. {
        if line.ask(1).await == 1 {
            break;
        }
        let since = *first_answer.get_or_insert_with(Instant::now);
        if retry > RETRIES || since.elapsed() >= IN_ALL {
            return Err(GaveUp);
        }
        let jitter = Duration::from_millis(u64::from(fastrand::u8(..)));
        let pause = (INITIAL * 2u32.pow(retry) + jitter).min(MOST);
        sleep(pause.max(line.vault.rules.retry_after.unwrap_or_default())).await;
    }
    Ok(())
}
