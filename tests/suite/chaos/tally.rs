//! What came of the cases, counted.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    counts: BTreeMap<String, usize>,
    /// What took longest of its kind.
    longest: BTreeMap<&'static str, Took>,
}

/// How long something took, and how much of what was more than its deadline is the machine's fault.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Took {
    time: Duration,
    late: Duration,
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
        for (what, took) in other.longest {
            self.took(what, took.time, took.late);
        }
    }

    pub(super) fn took(&mut self, what: &'static str, time: Duration, late: Duration) {
        let longest = self.longest.entry(what).or_default();
        *longest = Took { time, late }.max(*longest);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what | how often |\n|--|--:|")?;
        for (what, times) in &self.counts {
            writeln!(f, "| {what} | {times} |")?;
        }
        let of = |(what, took): (&&str, &Took)| {
            let (time, late) = (took.time.as_millis(), took.late.as_millis());
            format!(
                "| the longest that {what} took, and for how long of it no processor was free | {time} ms, {late} ms |"
            )
        };
        let longest: Vec<_> = self.longest.iter().map(of).collect();
        f.write_str(&longest.join("\n"))
    }
}
