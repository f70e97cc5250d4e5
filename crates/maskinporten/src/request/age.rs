//! Whether a token that is held will do.

use std::hash::{Hash, Hasher};

use tokio::time::Instant;

/// How new a token has to be. It says nothing of which token it is: all are equal, so that a fresh token takes the place of the one before.
#[derive(Clone, Copy, Default)]
pub(crate) enum Age {
    /// One that serves will do.
    #[default]
    Any,
    /// The caller insists on one that was asked for from now on.
    Fresh,
    /// The same, with the time that this was.
    Since(Instant),
}

impl Age {
    pub(crate) fn is_any(self) -> bool {
        matches!(self, Self::Any)
    }

    /// What a token must be newer than.
    pub(crate) fn since(self, now: Instant) -> Option<Instant> {
        match self {
            Self::Any => None,
            Self::Fresh => Some(now),
            Self::Since(then) => Some(then),
        }
    }
}

impl PartialEq for Age {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Age {}

impl Hash for Age {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}
