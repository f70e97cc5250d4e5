//! A configuration as a tree, each value by its origin alone.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use config::{Config, Value, ValueKind};
use serde_json::json;

use crate::terminal::{FAINT, GOOD, ODD, styled};

/// A value, by where it is and where it comes from.
pub(super) struct Leaf<'c> {
    pub(super) key: String,
    value: &'c Value,
}

impl Leaf<'_> {
    fn is_blank(&self) -> bool {
        match &self.value.kind {
            ValueKind::Nil => true,
            ValueKind::String(text) => text.trim().is_empty(),
            _ => false,
        }
    }

    fn origin(&self) -> &str {
        self.value.origin().unwrap_or("the environment")
    }

    pub(super) fn json(&self) -> serde_json::Value {
        json!({ "key": self.key, "origin": self.origin(), "blank": self.is_blank() })
    }
}

/// All values, in the order of their keys.
pub(super) fn leaves(config: &Config) -> Vec<Leaf<'_>> {
    let mut leaves = Vec::new();
    walk(&config.cache, String::new(), &mut leaves);
    leaves
}

fn walk<'c>(value: &'c Value, key: String, leaves: &mut Vec<Leaf<'c>>) {
    let under = |name: &str| match key.is_empty() {
        true => name.to_owned(),
        false => format!("{key}.{name}"),
    };
    match &value.kind {
        ValueKind::Table(table) => {
            for (name, value) in sorted(table) {
                walk(value, under(name), leaves);
            }
        }
        ValueKind::Array(array) => {
            for (index, value) in array.iter().enumerate() {
                walk(value, format!("{key}[{index}]"), leaves);
            }
        }
        _ => leaves.push(Leaf { key, value }),
    }
}

fn sorted(table: &config::Map<String, Value>) -> BTreeMap<&String, &Value> {
    table.iter().collect()
}

/// The whole of it, indented.
pub(super) fn draw(config: &Config, text: &mut String) {
    draw_under(&config.cache, 0, text);
}

fn draw_under(value: &Value, depth: usize, text: &mut String) {
    let children: Vec<(String, &Value)> = match &value.kind {
        ValueKind::Table(table) => sorted(table)
            .into_iter()
            .map(|(name, value)| (name.clone(), value))
            .collect(),
        ValueKind::Array(array) => array
            .iter()
            .enumerate()
            .map(|(n, value)| (format!("[{n}]"), value))
            .collect(),
        _ => return,
    };
    for (name, child) in children {
        let indent = "  ".repeat(depth);
        match &child.kind {
            ValueKind::Table(_) | ValueKind::Array(_) => {
                let _ = writeln!(text, "{indent}{name}");
                draw_under(child, depth + 1, text);
            }
            _ => {
                let leaf = Leaf {
                    key: name,
                    value: child,
                };
                let mark = match leaf.is_blank() {
                    true => styled(ODD, "(blank)"),
                    false => styled(GOOD, "••••"),
                };
                let _ = writeln!(text, "{indent}{} {mark}  {}", leaf.key, styled(FAINT, leaf.origin()));
            }
        }
    }
}

/// What two configurations do not have alike.
pub(super) struct Difference {
    key: String,
    /// Where each has it from; `None` where it does not.
    origins: [Option<String>; 2],
}

pub(super) fn differences(one: &Config, other: &Config) -> Vec<Difference> {
    let [ours, theirs] = [one, other].map(|config| {
        let leaves = leaves(config).into_iter();
        leaves
            .map(|leaf| (leaf.key.to_lowercase(), leaf))
            .collect::<BTreeMap<_, _>>()
    });
    let mut keys: Vec<&String> = ours.keys().chain(theirs.keys()).collect();
    keys.sort();
    keys.dedup();
    let origin = |leaf: &Leaf<'_>| leaf.origin().to_owned();
    keys.into_iter()
        .filter_map(|key| {
            let (one, other) = (ours.get(key), theirs.get(key));
            let alike = matches!((one, other), (Some(one), Some(other)) if one.value.kind == other.value.kind);
            let named = one.or(other).map(|leaf| leaf.key.clone())?;
            (!alike).then(|| Difference {
                key: named,
                origins: [one.map(origin), other.map(origin)],
            })
        })
        .collect()
}

impl Difference {
    pub(super) fn line(&self, left: &str, right: &str) -> String {
        let key = &self.key;
        match &self.origins {
            [Some(one), Some(other)] => {
                format!(
                    "{} {key}: another value ({left}: {one}; {right}: {other})",
                    styled(ODD, "~")
                )
            }
            [Some(one), None] => format!("{} {key}: only in {left} ({one})", styled(GOOD, "+")),
            [None, other] => {
                let other = other.as_deref().unwrap_or_default();
                format!("{} {key}: only in {right} ({other})", styled(ODD, "-"))
            }
        }
    }

    pub(super) fn json(&self) -> serde_json::Value {
        json!({ "key": self.key, "origins": self.origins })
    }
}
