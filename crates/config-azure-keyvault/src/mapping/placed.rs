//! What became of the entries. Names and keys only, never a value.

use std::fmt;

/// What was placed and what was not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Placed {
    /// The entry's index and its key as it now stands (`Section.Hosts[0].Name`), by index.
    pub(crate) loaded: Vec<(usize, String)>,
    /// The entry's index and why it has no place, by index.
    pub(crate) dropped: Vec<(usize, Dropped)>,
    /// Values of earlier sources that had to give way to a section, by key.
    pub(crate) replaced: Vec<Replaced>,
    /// The index of an entry that was placed, but where nobody may look for it, and why, by index.
    pub(crate) stray: Vec<(usize, Stray)>,
}

/// A value of an earlier source that is gone because a section is now where it was.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Replaced {
    /// Where it was.
    pub(crate) key: String,
    /// Where it came from, if its source said so.
    pub(crate) origin: Option<String>,
}

impl fmt::Display for Replaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the value of `{}`", self.key)?;
        if let Some(origin) = &self.origin {
            write!(f, " from {origin}")?;
        }
        f.write_str(" gave way to a section")
    }
}

/// Why nobody may look for an entry where it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stray {
    /// It stands beside the indexes of what is read as a list.
    BesideIndexes {
        /// Where.
        list: String,
    },
    /// It fits an earlier source's key but for `_` and `-`, and another entry took that one.
    OwnKey {
        /// Where, as the earlier source spells it.
        earlier: String,
    },
}

impl fmt::Display for Stray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BesideIndexes { list } => write!(
                f,
                "it stands beside the indexes of `{list}`, and a list takes no other key"
            ),
            Self::OwnKey { earlier } => write!(
                f,
                "it fits `{earlier}` of an earlier source, but another one that differs from it in nothing but `-` and `_` is \
                 nearer or newer"
            ),
        }
    }
}

/// Why an entry has no place.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum Dropped {
    /// No path, or one with an empty segment (`a--`).
    EmptySegment,
    /// Another entry has the same path.
    Shadowed {
        /// Its name.
        winner: String,
        /// Whether it won by its date; else it was listed first.
        newer: bool,
    },
    /// Other entries make a section of this one's path.
    SectionAtSamePath {
        /// The newest of them.
        name: String,
    },
    /// An earlier source has a section or an array at this path.
    SectionInEarlierSource {
        /// Where, as the earlier source spells it.
        key: String,
    },
    /// An earlier source has an array where this path needs a section.
    NotAnIndexOverArray {
        /// Where, as the earlier source spells it.
        key: String,
    },
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptySegment => f.write_str("its name has an empty segment"),
            Self::Shadowed { winner, newer: true } => write!(f, "`{winner}` is the same setting and is newer"),
            Self::Shadowed { winner, newer: false } => write!(f, "`{winner}` is the same setting and is listed first"),
            Self::SectionAtSamePath { name } => {
                write!(f, "`{name}` makes it a section, and a section wins over a value")
            }
            Self::SectionInEarlierSource { key } => {
                write!(
                    f,
                    "an earlier source has a section at `{key}`, and a section wins over a value"
                )
            }
            Self::NotAnIndexOverArray { key } => {
                write!(
                    f,
                    "an earlier source has an array at `{key}`, and only an index reaches into it"
                )
            }
        }
    }
}
