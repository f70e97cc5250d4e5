//! Clients in a nutshell: the same requests in the same order, and what they do when they are refused.

use std::time::Duration;

use azure_core::http::StatusCode;
use futures::future::{join_all, try_join_all};
use tokio::time::{Instant, sleep};

use super::vault::Line;
use crate::transport::Pace;

/// What is done with a request that is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Policy {
    /// It is sent again after a second (or what the vault asks for), until the deadline.
    EverySecond,
    /// As azure_core 1.1 does without a word from its caller (`ExponentialRetryOptions`): 8 times more at most, after 0.4, 0.8 … 30 s
    /// and up to 255 ms, or what the vault asks for where that is longer; none after a minute.
    Sdk,
    /// The same, for a caller who gives up at the deadline.
    SdkInTime,
    /// As our transport does, whose [`Pace`] it has; all else of a load is left out, so that thousands of instances take seconds.
    Paced,
}

/// The retries are used up.
pub(super) struct GaveUp;

/// A page of the list names so many.
const PAGE: usize = 25;

/// What is asked at once.
const AT_ONCE: usize = 32;

/// What an instance loads, until when.
pub(super) struct Load<'l> {
    pub(super) line: &'l Line,
    pub(super) policy: Policy,
    pub(super) deadline: Instant,
    pace: Pace,
}

impl<'l> Load<'l> {
    pub(super) fn over(line: &'l Line, policy: Policy, deadline: Instant) -> Self {
        Self {
            line,
            policy,
            deadline,
            pace: Pace::new(),
        }
    }

    pub(super) async fn run(&self, secrets: usize) -> Result<(), GaveUp> {
        Line::knock().await;
        for _ in 0..secrets.div_ceil(PAGE).max(1) {
            self.all(1).await?;
        }
        let mut left = secrets;
        while left > 0 {
            let now = left.min(AT_ONCE);
            self.all(now as u64).await?;
            left -= now;
        }
        Ok(())
    }

    async fn all(&self, requests: u64) -> Result<(), GaveUp> {
        match self.policy {
            Policy::EverySecond => every_second(self.line, requests).await,
            Policy::Sdk | Policy::SdkInTime => {
                try_join_all((0..requests).map(|_| as_the_sdk(self.line))).await?;
            }
            Policy::Paced => {
                join_all((0..requests).map(|_| self.paced())).await;
            }
        }
        Ok(())
    }

    async fn paced(&self) {
        loop {
            let turn = self.pace.turn().await;
            if self.line.ask(1).await == 1 {
                return turn.answered(StatusCode::Ok);
            }
            let left = self.deadline.saturating_duration_since(Instant::now());
            turn.refused(self.line.vault.rules.retry_after, left);
        }
    }
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
