//! What came out of the vault.

use std::time::Duration;

use crate::report::{Skipped, Warning};
use crate::vault::memory::{Memory, Secret};

/// What came out of the vault.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// With their paths, in the order of the list or of the names.
    pub(crate) secrets: Vec<(Vec<String>, Secret)>,
    /// In the order of their names.
    pub(crate) skipped: Vec<Skipped>,
    pub(crate) warnings: Vec<Warning>,
    /// What the prefix leaves out.
    pub(crate) foreign: usize,
    pub(crate) unchanged: usize,
    pub(crate) pages: usize,
    pub(crate) listed_after: Duration,
    pub(crate) memory: Memory,
}

/// A secret with its place in the list.
pub(super) struct Loaded {
    pub(super) order: usize,
    pub(super) path: Vec<String>,
    pub(super) secret: Secret,
}

impl Outcome {
    /// In the order of the list, whatever the order of the replies was.
    pub(super) fn with(mut self, mut loaded: Vec<Loaded>) -> Self {
        loaded.sort_by_key(|loaded| loaded.order);
        self.secrets = loaded.into_iter().map(|loaded| (loaded.path, loaded.secret)).collect();
        self.skipped.sort_by(|a, b| a.name.cmp(&b.name));
        self
    }
}
