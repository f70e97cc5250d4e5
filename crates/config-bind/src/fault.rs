//! The error that goes through serde. It keeps what was expected and, of what was found, only what tells whose it was.
//!
//! Where serde has buffered a value (`flatten`, tagged and untagged enums) it no longer knows where the value came from.
//! Two marks survive the buffer and come back in `Unexpected`: the address of a borrowed text, and the content of a probe,
//! bytes that are no UTF-8 and so fit nothing. Every mark is noted, also of refusals that serde swallows while it tries the
//! variants of an untagged enum.

use std::cell::RefCell;
use std::fmt;

use serde::de::{self, Expected, Unexpected};

use crate::tree::Id;

/// What identifies a buffered value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// The probe of a node, under the n-th spelling of its key.
    Probe(Id, usize),
    /// The entry of a table that only something which takes every key would read.
    Canary(Id),
    /// The address of a text.
    Text(usize),
}

#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) mark: Mark,
    pub(crate) what: What,
    /// The names that a struct which refuses others has told.
    pub(crate) names: Option<&'static [&'static str]>,
}

thread_local! {
    static SEEN: RefCell<Vec<Seen>> = const { RefCell::new(Vec::new()) };
}

/// Runs `f` and returns what was refused in it. Whatever an outer run has noted so far is kept apart.
pub(crate) fn watch<R>(f: impl FnOnce() -> R) -> (R, Vec<Seen>) {
    struct Restore(Vec<Seen>);
    impl Drop for Restore {
        fn drop(&mut self) {
            SEEN.set(std::mem::take(&mut self.0));
        }
    }
    let _outer = Restore(SEEN.take());
    let result = f();
    (result, SEEN.take())
}

pub(crate) fn probe(id: Id, spelling: usize) -> Vec<u8> {
    let mut bytes = vec![0xFF];
    bytes.extend(format!("{id}.{spelling}").bytes());
    bytes
}

pub(crate) fn canary(table: Id) -> Vec<u8> {
    let mut bytes = vec![0xFF];
    bytes.extend(format!("{table}.c").bytes());
    bytes
}

fn parse(text: &str) -> Option<Mark> {
    let (id, spelling) = text.split_once('.')?;
    let id = id.parse().ok()?;
    match spelling {
        "c" => Some(Mark::Canary(id)),
        n => Some(Mark::Probe(id, n.parse().ok()?)),
    }
}

fn mark_text(text: &str) -> Mark {
    // Bytes that somebody made a text of.
    let probe = text.strip_prefix('\u{FFFD}').and_then(parse);
    probe.unwrap_or(Mark::Text(text.as_ptr() as usize))
}

/// What was found, as far as it helps to find out which node it was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Found {
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Unit,
    List,
    Table,
    Other,
}

impl Found {
    fn of(unexpected: &Unexpected<'_>) -> (Self, Option<Mark>) {
        let found = match *unexpected {
            Unexpected::Bool(b) => Self::Bool(b),
            Unexpected::Signed(n) => Self::Signed(n),
            Unexpected::Unsigned(n) => Self::Unsigned(n),
            Unexpected::Float(n) => Self::Float(n),
            Unexpected::Unit => Self::Unit,
            Unexpected::Seq => Self::List,
            Unexpected::Map => Self::Table,
            _ => Self::Other,
        };
        let mark = match *unexpected {
            Unexpected::Str(text) => Some(mark_text(text)),
            Unexpected::Bytes([0xFF, rest @ ..]) => std::str::from_utf8(rest).ok().and_then(parse),
            Unexpected::Bytes(bytes) => Some(Mark::Text(bytes.as_ptr() as usize)),
            _ => None,
        };
        (found, mark)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum What {
    /// Another type, or a value the type refuses; holds what was expected.
    Expected(String),
    /// The type's own words.
    Custom(String),
    Missing(&'static str),
    Duplicate(&'static str),
    UnknownField(String),
    UnknownVariant(&'static [&'static str]),
}

#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) what: What,
    pub(crate) found: Found,
    pub(crate) mark: Option<Mark>,
    pub(crate) at: Option<Id>,
}

impl Fault {
    pub(crate) fn new(what: What) -> Self {
        Self {
            what,
            found: Found::Other,
            mark: None,
            at: None,
        }
    }

    /// The innermost node that saw it go by is where it happened.
    pub(crate) fn at(mut self, id: Id) -> Self {
        self.at.get_or_insert(id);
        self
    }

    fn marked(what: What, mark: Option<Mark>, names: Option<&'static [&'static str]>) -> Self {
        if let Some(mark) = mark {
            let what = what.clone();
            SEEN.with_borrow_mut(|seen| seen.push(Seen { mark, what, names }));
        }
        Self {
            mark,
            ..Self::new(what)
        }
    }
}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(msg: T) -> Self {
        Self::new(What::Custom(msg.to_string()))
    }

    fn invalid_type(unexp: Unexpected<'_>, exp: &dyn Expected) -> Self {
        let (found, mark) = Found::of(&unexp);
        Self {
            found,
            ..Self::marked(What::Expected(exp.to_string()), mark, None)
        }
    }

    fn invalid_value(unexp: Unexpected<'_>, exp: &dyn Expected) -> Self {
        Self::invalid_type(unexp, exp)
    }

    fn invalid_length(_: usize, exp: &dyn Expected) -> Self {
        Self {
            found: Found::List,
            ..Self::new(What::Expected(exp.to_string()))
        }
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::marked(What::UnknownVariant(expected), Some(mark_text(variant)), None)
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let mark = Some(mark_text(field)).filter(|mark| matches!(mark, Mark::Canary(_)));
        Self::marked(What::UnknownField(field.to_owned()), mark, Some(expected))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(What::Missing(field))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::new(What::Duplicate(field))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Types that wrap an inner error's text into their own must find nothing to repeat.
        f.write_str("a setting does not fit")
    }
}

impl std::error::Error for Fault {}
