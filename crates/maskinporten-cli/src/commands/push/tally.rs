//! How far it came.

use super::plan::{Entry, Fate};
use crate::terminal::Terminal;

/// Counts what is written, and says where it stopped if it did not come to its end: an error, or Ctrl-C.
pub(super) struct Tally<'t> {
    terminal: &'t Terminal,
    new: usize,
    changed: usize,
    same: usize,
    pruned: usize,
    done: usize,
    under_way: Option<String>,
    finished: bool,
}

impl<'t> Tally<'t> {
    pub(super) fn of(entries: &[Entry], terminal: &'t Terminal) -> Self {
        let count = |is: fn(&Fate) -> bool| entries.iter().filter(|entry| is(&entry.fate)).count();
        Self {
            terminal,
            new: count(|fate| matches!(fate, Fate::New)),
            changed: count(|fate| matches!(fate, Fate::Changed)),
            same: count(|fate| matches!(fate, Fate::Same)),
            pruned: count(|fate| matches!(fate, Fate::Pruned)),
            done: 0,
            under_way: None,
            finished: false,
        }
    }

    fn all(&self) -> usize {
        self.new + self.changed + self.pruned
    }

    fn counts(&self) -> String {
        let (new, changed, same, pruned) = (self.new, self.changed, self.same, self.pruned);
        format!("{new} new, {changed} changed, {same} the same, {pruned} pruned")
    }

    pub(super) fn would(mut self, vault: &str) {
        self.finished = true;
        self.terminal.say(&format!(
            "{vault}: {}; nothing was written, this was a dry run",
            self.counts()
        ));
    }

    pub(super) fn begin(&mut self, name: &str) {
        self.under_way = Some(name.to_owned());
    }

    pub(super) fn done(&mut self) {
        self.under_way = None;
        self.done += 1;
    }

    pub(super) fn finish(mut self, vault: &str) {
        self.finished = true;
        self.terminal.say(&format!("{vault}: {}", self.counts()));
    }
}

impl Drop for Tally<'_> {
    fn drop(&mut self) {
        let Some(name) = self.under_way.as_ref().filter(|_| !self.finished) else {
            return;
        };
        let (done, all) = (self.done, self.all());
        self.terminal.say(&format!(
            "{done} of {all} were written; `{name}` was under way; the same command does the rest"
        ));
    }
}
