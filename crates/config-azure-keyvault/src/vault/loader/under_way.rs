//! How far a load has come, for the error of one whose time is up.

use std::collections::BTreeSet;

use crate::failure::Progress;
use crate::transport::Transport;

/// Where the list is asked for.
pub(super) const LIST_PATH: &str = "/secrets";

/// Where a secret is asked for.
pub(super) fn secret_path(name: &str) -> String {
    format!("{LIST_PATH}/{name}")
}

/// How far a load has come.
#[derive(Debug, Default)]
pub(super) struct UnderWay {
    /// The names in flight.
    pub(super) getting: BTreeSet<String>,
    pub(super) pages: usize,
    pub(super) wanted: usize,
    pub(super) done: usize,
}

impl UnderWay {
    /// The secret that the load waits for in vain: one in trouble rather than one that only waits for its reply; `None` where
    /// it is the list.
    pub(super) fn culprit(&self, transport: &Transport) -> Option<&str> {
        let in_trouble = |name: &&String| transport.is_in_trouble(&secret_path(name));
        let troubled = self.getting.iter().find(in_trouble);
        let list = transport.is_in_trouble(LIST_PATH);
        troubled
            .or_else(|| self.getting.first().filter(|_| !list))
            .map(String::as_str)
    }

    pub(super) fn progress(&self) -> Option<Progress> {
        (self.pages + self.done > 0).then_some(Progress {
            pages: self.pages,
            loaded: self.done,
            wanted: self.wanted,
        })
    }
}
