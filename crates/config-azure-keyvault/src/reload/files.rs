//! Files that are looked at: has one changed, or what its name leads to?

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// So often they are looked at.
pub(super) const EVERY: Duration = Duration::from_secs(2);

/// What a file looks like from outside. An edit in place changes time or size, an editor's rename and a swapped link the identity, the
/// swap of a folder above it what the path leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Look {
    modified: Option<SystemTime>,
    size: u64,
    /// Which file, and when anything of it changed last: who may read it, too.
    identity: Option<(u64, u64, i64, i64)>,
    leads_to: Option<PathBuf>,
}

/// The files, as they looked last.
#[derive(Debug, Default)]
pub(super) struct Files {
    paths: Vec<PathBuf>,
    /// `None` where nothing is there.
    looks: Vec<Option<Look>>,
}

impl Files {
    pub(super) fn new(paths: Vec<PathBuf>) -> Self {
        let looks = paths.iter().map(look_at).collect();
        Self { paths, looks }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }

    /// Has any changed since the last look? It blocks, for as long as the file system does.
    pub(super) fn have_changed(&mut self) -> bool {
        let looks: Vec<_> = self.paths.iter().map(look_at).collect();
        let changed = looks != self.looks;
        self.looks = looks;
        changed
    }
}

fn look_at(path: &PathBuf) -> Option<Look> {
    let found = std::fs::metadata(path).ok()?;
    Some(Look {
        modified: found.modified().ok(),
        size: found.len(),
        identity: identity(&found),
        leads_to: std::fs::canonicalize(path).ok(),
    })
}

#[cfg(unix)]
fn identity(found: &std::fs::Metadata) -> Option<(u64, u64, i64, i64)> {
    use std::os::unix::fs::MetadataExt as _;
    Some((found.dev(), found.ino(), found.ctime(), found.ctime_nsec()))
}

#[cfg(not(unix))]
fn identity(_: &std::fs::Metadata) -> Option<(u64, u64, i64, i64)> {
    None
}
