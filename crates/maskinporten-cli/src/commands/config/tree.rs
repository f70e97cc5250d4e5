//! A configuration as a tree, each value by its origin alone.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use config::{Config, Value, ValueKind};
use serde_json::json;

use crate::terminal::{BAD, FAINT, GOOD, ODD, plain, styled};
use crate::tree::{folded, is_blank};

/// A value, by where it is and where it comes from.
pub(super) struct Leaf<'c> {
    pub(super) key: String,
    value: &'c Value,
}

impl Leaf<'_> {
    fn is_blank(&self) -> bool {
        is_blank(self.value)
    }

    fn origin(&self) -> &str {
        self.value.origin().unwrap_or("the environment")
    }

    pub(super) fn json(&self, marks: &Marks) -> serde_json::Value {
        json!({
            "key": self.key, "origin": self.origin(), "blank": self.is_blank(), "mark": marks.of_key(&self.key).map(Mark::text),
        })
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

/// What somebody should look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Unread,
    Wrong,
}

impl Mark {
    fn text(self) -> &'static str {
        match self {
            Self::Unread => "nobody reads it",
            Self::Wrong => "wrong",
        }
    }
}

/// What is to be said of keys, and which are missing.
pub(super) struct Marks {
    section: String,
    marks: BTreeMap<String, Mark>,
    missing: Vec<String>,
}

impl Marks {
    pub(super) fn of(section: &str) -> Self {
        Self {
            section: section.to_owned(),
            marks: BTreeMap::new(),
            missing: Vec::new(),
        }
    }

    pub(super) fn problem(&mut self, setting: &str, is_missing: bool) {
        if setting.is_empty() {
            return;
        }
        match is_missing {
            true => self.missing.push(setting.to_owned()),
            false => {
                let key = folded(&format!("{}.{setting}", self.section));
                self.marks.insert(key, Mark::Wrong);
            }
        }
    }

    pub(super) fn unread(&mut self, key: &str) {
        self.marks.insert(folded(key), Mark::Unread);
    }

    fn of_key(&self, key: &str) -> Option<Mark> {
        self.marks.get(&folded(key)).copied()
    }

    /// With their section.
    pub(super) fn missing(&self) -> Vec<String> {
        self.missing
            .iter()
            .map(|name| format!("{}.{name}", self.section))
            .collect()
    }
}

/// The whole of it, indented.
pub(super) fn draw(config: &Config, marks: &Marks) -> String {
    let mut text = String::new();
    let mut drawing = Drawing {
        marks,
        text: &mut text,
        section_is_there: false,
    };
    drawing.under(&config.cache, "", 0);
    if !drawing.section_is_there && !marks.missing.is_empty() {
        let _ = writeln!(text, "{} {}", marks.section, styled(BAD, "(missing)"));
    }
    text
}

struct Drawing<'d> {
    marks: &'d Marks,
    text: &'d mut String,
    section_is_there: bool,
}

impl Drawing<'_> {
    fn under(&mut self, value: &Value, path: &str, depth: usize) {
        let indent = "  ".repeat(depth);
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
            let key = match path.is_empty() || name.starts_with('[') {
                true => format!("{path}{name}"),
                false => format!("{path}.{name}"),
            };
            let name = plain(&name);
            let mark = match self.marks.of_key(&key) {
                Some(mark) => format!("  {}", styled(BAD, &format!("({})", mark.text()))),
                None => String::new(),
            };
            match &child.kind {
                ValueKind::Table(_) | ValueKind::Array(_) => {
                    let _ = writeln!(self.text, "{indent}{name}{mark}");
                    self.under(child, &key, depth + 1);
                }
                _ => {
                    let leaf = Leaf {
                        key: name,
                        value: child,
                    };
                    let value = match leaf.is_blank() {
                        true => styled(ODD, "(blank)"),
                        false => styled(GOOD, "••••"),
                    };
                    let (name, origin) = (&leaf.key, styled(FAINT, leaf.origin()));
                    let _ = writeln!(self.text, "{indent}{name} {value}  {origin}{mark}");
                }
            }
        }
        if folded(path) == folded(&self.marks.section) {
            self.section_is_there = true;
            for name in &self.marks.missing {
                let _ = writeln!(self.text, "{indent}{name} {}", styled(BAD, "(missing)"));
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
        let key = &plain(&self.key);
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
