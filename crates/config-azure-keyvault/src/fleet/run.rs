//! A fleet from its start until all of it is up.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};

use super::others::{Load, Policy};
use super::ours;
use super::vault::{Line, Rules, Vault};

/// Who loads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Ours,
    Other(Policy),
}

#[derive(Clone, Copy)]
pub(super) struct Fleet {
    pub(super) instances: usize,
    pub(super) secrets: usize,
    pub(super) who: Who,
    /// Of one load; the SDK knows none.
    pub(super) deadline: Duration,
    pub(super) rules: Rules,
}

/// What became of it.
pub(super) struct Outcome {
    /// When each was up, in their order.
    pub(super) up: Vec<Duration>,
    /// How often each was refused.
    pub(super) refused: Vec<u64>,
    /// Loads that failed, after which the orchestrator starts the instance again.
    pub(super) failed: u64,
    /// Requests that the vault took.
    pub(super) taken: u64,
}

/// All start within this.
const TOGETHER: Duration = Duration::from_secs(1);

/// Nobody waits longer for a fleet.
const IN_VAIN: Duration = Duration::from_secs(45 * 60);

impl Fleet {
    /// The same each time.
    pub(super) fn run(&self) -> Outcome {
        fastrand::seed(13);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build();
        runtime.expect("a runtime without sockets").block_on(self.start())
    }

    async fn start(&self) -> Outcome {
        let vault = Vault::new(self.rules);
        let began = Instant::now();
        let lines: Vec<_> = (0..self.instances).map(|_| Line::to(&vault)).collect();
        let mut instances = JoinSet::new();
        for line in &lines {
            let (fleet, line) = (*self, Arc::clone(line));
            instances.spawn(async move { fleet.instance(line, began).await });
        }
        let ended = instances.join_all().await;
        let mut up: Vec<Duration> = ended.iter().filter_map(|(up, _)| *up).collect();
        up.sort();
        Outcome {
            up,
            refused: lines.iter().map(|line| line.refused()).collect(),
            failed: ended.iter().map(|(_, failed)| u64::from(*failed)).sum(),
            taken: lines.iter().map(|line| line.taken()).sum(),
        }
    }

    /// When it was up, and how many loads failed before.
    async fn instance(&self, line: Arc<Line>, began: Instant) -> (Option<Duration>, u32) {
        sleep(TOGETHER.mul_f64(fastrand::f64())).await;
        let mut failed = 0;
        let starts = async {
            while !self.loads(&line).await {
                failed += 1;
                sleep(back_off(failed)).await;
            }
        };
        let is_up = timeout_at(began + IN_VAIN, starts).await.is_ok();
        (is_up.then(|| began.elapsed()), failed)
    }

    async fn loads(&self, line: &Arc<Line>) -> bool {
        let deadline = Instant::now() + self.deadline;
        match self.who {
            Who::Ours => ours::load(line, self.secrets, self.deadline).await.is_ok(),
            Who::Other(policy) => {
                let load = Load::over(line, policy, deadline);
                match policy {
                    Policy::Sdk => load.run(self.secrets).await.is_ok(),
                    _ => timeout_at(deadline, load.run(self.secrets)).await.is_ok(),
                }
            }
        }
    }
}

/// Kubernetes' pause before it starts a container again that has failed so often: 10 s, twice as long each time, five minutes at most.
fn back_off(failed: u32) -> Duration {
    (Duration::from_secs(10) * 2u32.pow(failed.min(6) - 1)).min(Duration::from_secs(300))
}
