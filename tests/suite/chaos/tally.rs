//! What came of the cases, counted.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    counts: BTreeMap<String, usize>,
    /// What ended latest of its kind.
    latest: BTreeMap<&'static str, Late>,
}

/// By how much something ended after its deadline, and for how long of that its thread waited for a processor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Late {
    pub(super) by: Duration,
    pub(super) waited: Duration,
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
        for (what, late) in other.latest {
            self.late(what, late);
        }
    }

    pub(super) fn late(&mut self, what: &'static str, late: Late) {
        let latest = self.latest.entry(what).or_default();
        *latest = late.max(*latest);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what | how often |\n|--|--:|")?;
        for (what, times) in &self.counts {
            writeln!(f, "| {what} | {times} |")?;
        }
        let of = |(what, late): (&&str, &Late)| {
            let (by, waited) = (late.by.as_millis(), late.waited.as_millis());
            format!(
                "| milliseconds that {what} ended after its deadline at most | {by}, {waited} of them without a processor |"
            )
        };
        let latest: Vec<_> = self.latest.iter().map(of).collect();
        f.write_str(&latest.join("\n"))
    }
}
