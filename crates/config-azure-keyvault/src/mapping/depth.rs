//! How deep a setting may be. Trees drop, merge and bind by recursion, so one that is too deep would end the process.

use std::fmt::Write as _;
use std::mem;

use config::{Value, ValueKind};

/// The most segments of a setting. What reads it later goes no deeper either.
pub(crate) const MOST_LEVELS: usize = 128;

/// A setting that is too deep. Its key is cut short: it may be as long as it likes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{key}` is more than {MOST_LEVELS} levels deep")]
pub(crate) struct TooDeep {
    key: String,
}

impl TooDeep {
    pub(crate) fn new(key: &str) -> Self {
        const SHOWN: usize = 64;
        let key = match key.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{}…", &key[..end]),
            None => key.to_owned(),
        };
        Self { key }
    }
}

/// Refuses a tree that is too deep. Nothing of it is left then: whoever holds it could not even drop it.
pub(crate) fn bound(tree: &mut Value) -> Result<(), TooDeep> {
    let Some(key) = deeper(tree) else { return Ok(()) };
    let too_deep = TooDeep::new(&key);
    take_apart(mem::take(tree));
    Err(too_deep)
}

enum Step<'v> {
    Key(&'v str),
    Index(usize),
}

/// The key of something that is too deep.
fn deeper(tree: &Value) -> Option<String> {
    let mut path: Vec<Step<'_>> = Vec::new();
    let mut rest = below(tree, 0);
    while let Some((depth, step, value)) = rest.pop() {
        path.truncate(depth);
        path.push(step);
        if path.len() > MOST_LEVELS {
            return Some(written(&path));
        }
        rest.extend(below(value, path.len()));
    }
    None
}

fn below(value: &Value, depth: usize) -> Vec<(usize, Step<'_>, &Value)> {
    match &value.kind {
        ValueKind::Table(table) => table
            .iter()
            .map(|(key, value)| (depth, Step::Key(key), value))
            .collect(),
        ValueKind::Array(array) => (0..)
            .zip(array)
            .map(|(n, value)| (depth, Step::Index(n), value))
            .collect(),
        _ => Vec::new(),
    }
}

fn written(path: &[Step<'_>]) -> String {
    let mut key = String::new();
    for step in path {
        let _ = match step {
            Step::Key(name) if key.is_empty() => write!(key, "{name}"),
            Step::Key(name) => write!(key, ".{name}"),
            Step::Index(n) => write!(key, "[{n}]"),
        };
    }
    key
}

fn take_apart(tree: Value) {
    let mut rest = vec![tree];
    while let Some(value) = rest.pop() {
        match value.kind {
            ValueKind::Table(table) => rest.extend(table.into_values()),
            ValueKind::Array(array) => rest.extend(array),
            _ => {}
        }
    }
}
