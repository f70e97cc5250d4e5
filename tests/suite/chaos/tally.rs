//! What came of the cases, counted.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    counts: BTreeMap<String, usize>,
    /// How long a load took at most.
    pub(super) longest_load: Duration,
    /// How long a token took at most.
    pub(super) longest_token: Duration,
}

impl Tally {
    pub(super) fn add(&mut self, what: impl Into<String>, times: usize) {
        *self.counts.entry(what.into()).or_default() += times;
    }

    pub(super) fn one(&mut self, what: impl Into<String>) {
        self.add(what, 1);
    }

    pub(super) fn of(&self, what: &str) -> usize {
        self.counts.get(what).copied().unwrap_or_default()
    }

    pub(super) fn take_in(&mut self, other: Self) {
        for (what, times) in other.counts {
            self.add(what, times);
        }
        self.longest_load = self.longest_load.max(other.longest_load);
        self.longest_token = self.longest_token.max(other.longest_token);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what | how often |\n|--|--:|")?;
        for (what, times) in &self.counts {
            writeln!(f, "| {what} | {times} |")?;
        }
        let (load, token) = (self.longest_load.as_millis(), self.longest_token.as_millis());
        write!(
            f,
            "| the longest load | {load} ms |\n| the longest wait for a token | {token} ms |"
        )
    }
}
