//! The configuration as nodes with numbers, so that what is learnt about a node outlives one pass over it.

use std::borrow::Cow;

use config::{Value, ValueKind};

use crate::error::escaped;
use crate::names;

pub(crate) type Id = usize;
pub(crate) const ROOT: Id = 0;

/// How deep a configuration may be nested: every level is a frame on the stack, here and in serde.
pub(crate) const DEEPEST: usize = 128;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Data<'c> {
    Nil,
    Bool(bool),
    Signed(i128),
    /// What is too large for the other.
    Unsigned(u128),
    Float(f64),
    Text(&'c str),
    Table,
    List,
    /// A field that no source sets. It stands in so that what comes after it is looked at too.
    Missing,
}

pub(crate) struct Node<'c> {
    pub(crate) parent: Option<Id>,
    /// The key in a table, the index in a list.
    pub(crate) key: Cow<'c, str>,
    /// Shared by keys that differ in case, `_` and `-` only.
    pub(crate) hash: u64,
    pub(crate) data: Data<'c>,
    pub(crate) origin: Option<&'c str>,
    pub(crate) children: Vec<Id>,
}

pub(crate) struct Tree<'c> {
    pub(crate) nodes: Vec<Node<'c>>,
    /// The way to the root's own place: the section that was asked for.
    prefix: Vec<(String, bool)>,
    /// The section that was asked for and is not there.
    pub(crate) absent: Option<String>,
    /// The spellings of the section that was asked for, where none is the right one.
    pub(crate) clash: Vec<Id>,
    /// Nodes with something below them that is nested too deep to be read.
    pub(crate) too_deep: Vec<Id>,
}

impl<'c> Tree<'c> {
    /// The tree with the section as its root.
    pub(crate) fn new(value: &'c Value, section: &str) -> Self {
        let mut tree = Self {
            nodes: Vec::new(),
            prefix: Vec::new(),
            absent: None,
            clash: Vec::new(),
            too_deep: Vec::new(),
        };
        // Several, where a section is spelled in several ways.
        let mut at = vec![value];
        let mut clash = None;
        for segment in segments(section) {
            let listed = matches!(at.first().map(|v| &v.kind), Some(ValueKind::Array(_)));
            let all = at.iter().flat_map(|value| children(value));
            let found: Vec<_> = all.filter(|(key, _)| names::same(key, &segment)).collect();
            let exact = found.iter().find(|(key, _)| **key == segment);
            let tables = found.iter().all(|(_, v)| matches!(v.kind, ValueKind::Table(_)));
            at = match (exact, found.as_slice()) {
                (Some(&(_, value)), _) | (_, &[(_, value)]) if !tables => vec![value],
                (None, _) if !tables => {
                    clash = Some(segment);
                    break;
                }
                _ => found.iter().map(|(_, value)| *value).collect(),
            };
            let name = exact.or(found.first()).map_or(segment, |(key, _)| key.to_string());
            tree.prefix.push((name, listed));
        }
        tree.absent = at.is_empty().then(|| section.to_owned());
        let origin = at.first().and_then(|value| value.origin());
        tree.add(
            None,
            Cow::Borrowed(""),
            at.first().map_or(Data::Table, |v| data(v)),
            origin,
        );
        for value in at {
            tree.grow(ROOT, value, tree.prefix.len());
        }
        tree.clash = clash.map_or_else(Vec::new, |segment| tree.alike(ROOT, &segment).collect());
        tree
    }

    fn grow(&mut self, id: Id, value: &'c Value, depth: usize) {
        let children = children(value);
        if depth == DEEPEST && !children.is_empty() {
            self.too_deep.push(id);
            return;
        }
        self.nodes[id].children.reserve_exact(children.len());
        for (key, value) in children {
            let child = self.add(Some(id), key, data(value), value.origin());
            self.nodes[id].children.push(child);
            self.grow(child, value, depth + 1);
        }
    }

    fn add(&mut self, parent: Option<Id>, key: Cow<'c, str>, data: Data<'c>, origin: Option<&'c str>) -> Id {
        self.nodes.push(Node {
            parent,
            hash: names::hash(&key),
            key,
            data,
            origin,
            children: Vec::new(),
        });
        self.nodes.len() - 1
    }

    pub(crate) fn add_missing(&mut self, parent: Id, key: &'static str) -> Id {
        let id = self.add(Some(parent), Cow::Borrowed(key), Data::Missing, None);
        self.nodes[parent].children.push(id);
        id
    }

    /// Moves what another spelling of a section holds into the one that stays.
    pub(crate) fn merge(&mut self, stays: Id, other: Id) {
        let moved = std::mem::take(&mut self.nodes[other].children);
        for &child in &moved {
            self.nodes[child].parent = Some(stays);
        }
        self.nodes[stays].children.extend(moved);
        if let Some(parent) = self.nodes[other].parent {
            self.nodes[parent].children.retain(|&c| c != other);
        }
    }

    /// The children whose key is that name in some spelling.
    pub(crate) fn alike(&self, table: Id, name: &str) -> impl Iterator<Item = Id> {
        let hash = names::hash(name);
        let children = self.nodes[table].children.iter().copied();
        children.filter(move |&c| self.nodes[c].hash == hash)
    }

    pub(crate) fn is_section(&self, id: Id) -> bool {
        matches!(self.nodes[id].data, Data::Table | Data::Missing)
    }

    pub(crate) fn is_missing(&self, id: Id) -> bool {
        matches!(self.nodes[id].data, Data::Missing)
    }

    pub(crate) fn is_container(&self, id: Id) -> bool {
        matches!(self.nodes[id].data, Data::Table | Data::List | Data::Missing)
    }

    pub(crate) fn is_blank(&self, id: Id) -> bool {
        matches!(self.nodes[id].data, Data::Text(text) if text.trim().is_empty())
    }

    /// A list's elements, or those of a table that stands for one: its indexes. What has other keys only is no list.
    pub(crate) fn elements(&self, id: Id) -> Option<Vec<Id>> {
        let node = &self.nodes[id];
        match node.data {
            Data::List => Some(node.children.clone()),
            Data::Table => {
                let all = node.children.iter().copied();
                let indexes: Vec<Id> = all.filter(|&c| names::index(&self.nodes[c].key).is_some()).collect();
                (node.children.is_empty() || !indexes.is_empty()).then_some(indexes)
            }
            _ => None,
        }
    }

    pub(crate) fn above(&self, id: Id) -> impl Iterator<Item = Id> {
        std::iter::successors(Some(id), |&n| self.nodes[n].parent)
    }

    pub(crate) fn within(&self, id: Id, above: Id) -> bool {
        self.above(id).any(|n| n == above)
    }

    pub(crate) fn below(&self, id: Id) -> Vec<Id> {
        let mut all = vec![id];
        let mut next = 0;
        while next < all.len() {
            all.extend(self.nodes[all[next]].children.iter());
            next += 1;
        }
        all
    }

    /// The origin of the value, or of the first value in a section.
    pub(crate) fn origin(&self, id: Id) -> Option<&'c str> {
        if !self.is_container(id) {
            return self.nodes[id].origin;
        }
        let leaves = self.below(id).into_iter().filter(|&n| n != ROOT);
        leaves.map(|n| &self.nodes[n]).find_map(|node| node.origin)
    }

    /// The names on the way to it, outermost first, and whether each is the index of an array.
    pub(crate) fn steps(&self, id: Id) -> Vec<(String, bool)> {
        let steps = self.above(id).filter_map(|n| {
            let parent = self.nodes[n].parent?;
            let key = &self.nodes[n].key;
            let pascal = self.is_missing(n) && self.is_pascal(parent);
            let name = if pascal { names::pascal(key) } else { key.to_string() };
            Some((name, matches!(self.nodes[parent].data, Data::List)))
        });
        let mut steps: Vec<_> = steps.collect();
        steps.extend(self.prefix.iter().rev().cloned());
        steps.reverse();
        steps
    }

    /// Whether an operator who adds a key here would begin it with a capital, as the keys beside it do.
    fn is_pascal(&self, table: Id) -> bool {
        let capital = |key: &str| key.starts_with(|c: char| c.is_ascii_uppercase());
        let near = self.above(table).find_map(|n| {
            let there = self.nodes[n].children.iter().filter(|&&c| !self.is_missing(c));
            let (capitals, others): (Vec<Id>, Vec<Id>) = there.partition(|&&c| capital(&self.nodes[c].key));
            (capitals.len() + others.len() > 0).then_some(capitals.len() >= others.len())
        });
        near.unwrap_or_else(|| self.prefix.last().is_some_and(|(key, _)| capital(key)))
    }

    /// `Section.Key`, `List[0].Key`, on one line.
    pub(crate) fn path(&self, id: Id) -> String {
        let steps = self.steps(id).into_iter();
        let path = steps.fold(String::new(), |path, (name, listed)| match listed {
            true => format!("{path}[{name}]"),
            false if path.is_empty() => name,
            false => format!("{path}.{name}"),
        });
        escaped(&path)
    }
}

fn data(value: &Value) -> Data<'_> {
    match &value.kind {
        ValueKind::Nil => Data::Nil,
        ValueKind::Boolean(b) => Data::Bool(*b),
        ValueKind::I64(n) => Data::Signed((*n).into()),
        ValueKind::I128(n) => Data::Signed(*n),
        ValueKind::U64(n) => Data::Signed((*n).into()),
        ValueKind::U128(n) => i128::try_from(*n).map_or(Data::Unsigned(*n), Data::Signed),
        ValueKind::Float(n) => Data::Float(*n),
        ValueKind::String(s) => Data::Text(s),
        ValueKind::Table(_) => Data::Table,
        ValueKind::Array(_) => Data::List,
    }
}

fn children(value: &Value) -> Vec<(Cow<'_, str>, &Value)> {
    match &value.kind {
        ValueKind::Table(table) => {
            let mut all: Vec<_> = table.iter().map(|(k, v)| (Cow::Borrowed(k.as_str()), v)).collect();
            // The table is a hash map: only a fixed order makes errors the same from one start to the next.
            all.sort_unstable_by(|(a, _), (b, _)| {
                let (x, y) = (names::index(a), names::index(b));
                x.is_none().cmp(&y.is_none()).then(x.cmp(&y)).then_with(|| a.cmp(b))
            });
            all
        }
        ValueKind::Array(values) => {
            let indexed = values.iter().enumerate();
            indexed.map(|(n, value)| (Cow::Owned(n.to_string()), value)).collect()
        }
        _ => Vec::new(),
    }
}

/// `A.B`, `A:B`, `A--B` and `A[0]` as segments.
fn segments(section: &str) -> Vec<String> {
    let dotted = section.replace("--", ".").replace([':', '['], ".").replace(']', "");
    let segments = dotted.split('.').map(str::trim).filter(|s| !s.is_empty());
    segments.map(str::to_owned).collect()
}
