//! A vault that does nothing but count, and the way to it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// By which rules the vault refuses.
#[derive(Clone, Copy)]
pub(super) struct Rules {
    /// So many requests fit into the window.
    pub(super) limit: usize,
    /// It slides.
    pub(super) window: Duration,
    /// Does a request that is refused take a place in the window? Microsoft says that it does not.
    pub(super) refusals_count: bool,
    /// What the vault asks of whom it refuses.
    pub(super) retry_after: Option<Duration>,
}

impl Default for Rules {
    /// A real vault's.
    fn default() -> Self {
        Self {
            limit: 4_000,
            window: Duration::from_secs(10),
            refusals_count: false,
            retry_after: None,
        }
    }
}

pub(super) struct Vault {
    pub(super) rules: Rules,
    counted: Mutex<VecDeque<Instant>>,
}

impl Vault {
    pub(super) fn new(rules: Rules) -> Arc<Self> {
        Arc::new(Self {
            rules,
            counted: Mutex::default(),
        })
    }

    fn admits(&self) -> bool {
        let now = Instant::now();
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        while counted.front().is_some_and(|at| now - *at >= self.rules.window) {
            counted.pop_front();
        }
        let has_room = counted.len() < self.rules.limit;
        if has_room || self.rules.refusals_count {
            counted.push_back(now);
        }
        has_room
    }
}

/// One instance's way to the vault: some 20 ms there and back.
pub(super) struct Line {
    pub(super) vault: Arc<Vault>,
    refused: AtomicU64,
    taken: AtomicU64,
}

impl Line {
    pub(super) fn to(vault: &Arc<Vault>) -> Arc<Self> {
        Arc::new(Self {
            vault: Arc::clone(vault),
            refused: AtomicU64::new(0),
            taken: AtomicU64::new(0),
        })
    }

    pub(super) fn refused(&self) -> u64 {
        self.refused.load(Relaxed)
    }

    pub(super) fn taken(&self) -> u64 {
        self.taken.load(Relaxed)
    }

    /// There, or back.
    async fn travel() {
        sleep(Duration::from_millis(fastrand::u64(8..=12))).await;
    }

    /// A request that the vault answers before it counts: one without a token.
    pub(super) async fn knock() {
        Self::travel().await;
        Self::travel().await;
    }

    /// So many requests at once, and how many of them the vault takes.
    pub(super) async fn ask(&self, requests: u64) -> u64 {
        Self::travel().await;
        let taken = (0..requests).filter(|_| self.vault.admits()).count() as u64;
        self.taken.fetch_add(taken, Relaxed);
        self.refused.fetch_add(requests - taken, Relaxed);
        Self::travel().await;
        taken
    }
}
