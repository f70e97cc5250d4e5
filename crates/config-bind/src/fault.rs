//! The error that goes through serde. It keeps what was expected and, of what was found, only what tells whose it was.
//!
//! Where serde has buffered a value (`flatten`, tagged and untagged enums) it no longer knows where the value came from.
//! Two marks survive the buffer and come back in `Unexpected`: the address of a borrowed text, and the content of a probe,
//! bytes that are no UTF-8 and so fit nothing. Every mark is noted, also of refusals that serde swallows while it tries the
//! variants of an untagged enum.

use std::cell::RefCell;
use std::fmt;

use serde::de::{self, Expected, Unexpected};

use crate::tree::{Data, Id};

/// What identifies a buffered value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// A probe of a node: of the n-th spelling of its key, or one of the two below.
    Probe(Id, usize),
    /// The address of a text.
    Text(usize),
}

/// The number of a probe that asks for a value and not for a spelling.
pub(crate) const ASKED: usize = usize::MAX;
/// The number of a probe that is a key: only something that takes every key reads it.
pub(crate) const CANARY: usize = usize::MAX - 1;

#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) mark: Mark,
    pub(crate) what: What,
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

pub(crate) fn probe(id: Id, number: usize) -> Vec<u8> {
    let mut bytes = vec![0xFF];
    bytes.extend(format!("{id}.{number}").bytes());
    bytes
}

fn parse(text: &str) -> Option<Mark> {
    let (id, number) = text.split_once('.')?;
    Some(Mark::Probe(id.parse().ok()?, number.parse().ok()?))
}

fn mark_text(text: &str) -> Mark {
    // Bytes that somebody made a text of.
    let probe = text.strip_prefix('\u{FFFD}').and_then(parse);
    probe.unwrap_or(Mark::Text(text.as_ptr() as usize))
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum What {
    /// Another type, or a value the type refuses; holds what was expected.
    Expected(String),
    /// The type's own words.
    Custom(String),
    Missing(&'static str),
    Duplicate(&'static str),
    /// With the names that are known, where they are told.
    UnknownField(String, &'static [&'static str]),
    UnknownVariant(&'static [&'static str]),
}

#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) what: What,
    /// What was found, as far as it helps to find out which node it was.
    pub(crate) found: Option<Data<'static>>,
    pub(crate) mark: Option<Mark>,
    pub(crate) at: Option<Id>,
}

impl Fault {
    pub(crate) fn new(what: What) -> Self {
        Self {
            what,
            found: None,
            mark: None,
            at: None,
        }
    }

    /// The innermost node that saw it go by is where it happened.
    pub(crate) fn at(mut self, id: Id) -> Self {
        self.at.get_or_insert(id);
        self
    }

    fn marked(mut self, mark: Option<Mark>) -> Self {
        if let Some(mark) = mark {
            let what = self.what.clone();
            SEEN.with_borrow_mut(|seen| seen.push(Seen { mark, what }));
        }
        self.mark = mark;
        self
    }
}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(msg: T) -> Self {
        let text = msg.to_string();
        // In these words a struct with `flatten` refuses a key that is a text, and one that is none.
        let unknown = text.strip_prefix("unknown field `").and_then(|t| t.strip_suffix('`'));
        let unknown = unknown.or((text == "unexpected map key").then_some(""));
        Self::new(match unknown {
            Some(name) => What::UnknownField(name.to_owned(), &[]),
            None => What::Custom(text),
        })
    }

    fn invalid_type(unexp: Unexpected<'_>, exp: &dyn Expected) -> Self {
        let mut fault = Self::new(What::Expected(exp.to_string()));
        fault.found = match unexp {
            Unexpected::Bool(b) => Some(Data::Bool(b)),
            Unexpected::Signed(n) => Some(Data::Signed(n.into())),
            Unexpected::Unsigned(n) => Some(Data::Signed(n.into())),
            Unexpected::Float(n) => Some(Data::Float(n)),
            Unexpected::Unit => Some(Data::Nil),
            Unexpected::Seq => Some(Data::List),
            Unexpected::Map => Some(Data::Table),
            _ => None,
        };
        fault.marked(match unexp {
            Unexpected::Str(text) => Some(mark_text(text)),
            Unexpected::Bytes([0xFF, rest @ ..]) => std::str::from_utf8(rest).ok().and_then(parse),
            Unexpected::Bytes(bytes) => Some(Mark::Text(bytes.as_ptr() as usize)),
            _ => None,
        })
    }

    fn invalid_value(unexp: Unexpected<'_>, exp: &dyn Expected) -> Self {
        Self::invalid_type(unexp, exp)
    }

    fn invalid_length(_: usize, exp: &dyn Expected) -> Self {
        Self::invalid_type(Unexpected::Seq, exp)
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::new(What::UnknownVariant(expected)).marked(Some(mark_text(variant)))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let mark = Some(mark_text(field)).filter(|mark| matches!(mark, Mark::Probe(..)));
        Self::new(What::UnknownField(field.to_owned(), expected)).marked(mark)
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
