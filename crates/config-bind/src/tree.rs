//! The configuration as nodes with numbers, so that what is learnt about a node outlives one pass over it.

use std::rc::Rc;

use config::{Value, ValueKind};

use crate::fold::{self, fold};

pub(crate) type Id = usize;
pub(crate) const ROOT: Id = 0;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Data<'c> {
    Nil,
    Bool(bool),
    Signed(i128),
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
    pub(crate) key: Rc<str>,
    /// The key without case, `_` and `-`.
    pub(crate) folded: String,
    pub(crate) data: Data<'c>,
    pub(crate) origin: Option<&'c str>,
    pub(crate) children: Vec<Id>,
}

pub(crate) struct Tree<'c> {
    pub(crate) nodes: Vec<Node<'c>>,
    /// Text before the root's own path: the section that was asked for.
    prefix: Vec<(String, bool)>,
    /// The keys of the configuration's own root, for the style of names.
    top: Vec<&'c str>,
}

impl<'c> Tree<'c> {
    pub(crate) fn new(value: &'c Value) -> Self {
        let top = match &value.kind {
            ValueKind::Table(table) => table.keys().map(String::as_str).collect(),
            _ => Vec::new(),
        };
        let mut tree = Self {
            nodes: Vec::new(),
            prefix: Vec::new(),
            top,
        };
        tree.grow(None, String::new(), value);
        tree
    }

    fn grow(&mut self, parent: Option<Id>, key: String, value: &'c Value) -> Id {
        let id = self.nodes.len();
        let data = match &value.kind {
            ValueKind::Nil => Data::Nil,
            ValueKind::Boolean(b) => Data::Bool(*b),
            ValueKind::I64(n) => Data::Signed((*n).into()),
            ValueKind::I128(n) => Data::Signed(*n),
            ValueKind::U64(n) => Data::Unsigned((*n).into()),
            ValueKind::U128(n) => Data::Unsigned(*n),
            ValueKind::Float(n) => Data::Float(*n),
            ValueKind::String(s) => Data::Text(s),
            ValueKind::Table(_) => Data::Table,
            ValueKind::Array(_) => Data::List,
        };
        self.nodes.push(Node {
            parent,
            folded: fold(&key),
            key: key.into(),
            data,
            origin: value.origin(),
            children: Vec::new(),
        });
        let children = match &value.kind {
            ValueKind::Table(table) => {
                // The table is a hash map: only a fixed order makes errors the same from one start to the next.
                let mut entries: Vec<_> = table.iter().collect();
                entries.sort_by_key(|(key, _)| (fold::index(key).unwrap_or(usize::MAX), *key));
                entries
                    .into_iter()
                    .map(|(key, value)| self.grow(Some(id), key.clone(), value))
                    .collect()
            }
            ValueKind::Array(values) => values
                .iter()
                .enumerate()
                .map(|(n, value)| self.grow(Some(id), n.to_string(), value))
                .collect(),
            _ => Vec::new(),
        };
        self.nodes[id].children = children;
        id
    }

    /// The tree with the section as its root; `None` in the second place where two spellings of it clash.
    pub(crate) fn section(value: &'c Value, section: &str) -> Result<(Self, bool), Vec<Id>> {
        let mut tree = Self::new(value);
        let mut at = ROOT;
        let segments = segments(section);
        for (n, segment) in segments.iter().enumerate() {
            let listed = matches!(tree.nodes[at].data, Data::List);
            let folded = fold(segment);
            let found: Vec<Id> = tree.nodes[at]
                .children
                .iter()
                .copied()
                .filter(|&c| tree.nodes[c].folded == folded)
                .collect();
            let tables = found.iter().all(|&c| tree.is_section(c));
            let exact = found.iter().copied().find(|&c| *tree.nodes[c].key == **segment);
            let next = match (found.as_slice(), exact) {
                ([], _) => None,
                (&[one], _) => Some(one),
                (&[first, ..], _) if tables => {
                    let first = exact.unwrap_or(first);
                    tree.merge(first, &found);
                    Some(first)
                }
                (_, Some(exact)) => Some(exact),
                _ => return Err(found),
            };
            let Some(next) = next else {
                let rest = segments[n..].iter().map(|s| (s.clone(), false));
                tree.prefix.extend(rest);
                tree.nodes.truncate(1);
                tree.nodes[ROOT].children.clear();
                tree.nodes[ROOT].data = Data::Table;
                tree.nodes[ROOT].origin = None;
                return Ok((tree, false));
            };
            tree.prefix.push((tree.nodes[next].key.to_string(), listed));
            at = next;
        }
        tree.reroot(at);
        Ok((tree, true))
    }

    fn reroot(&mut self, at: Id) {
        if at == ROOT {
            return;
        }
        let children = std::mem::take(&mut self.nodes[at].children);
        for &child in &children {
            self.nodes[child].parent = Some(ROOT);
        }
        self.nodes[ROOT].data = self.nodes[at].data;
        self.nodes[ROOT].origin = self.nodes[at].origin;
        self.nodes[ROOT].children = children;
    }

    /// Moves what the other spellings of a section hold into the one that stays.
    pub(crate) fn merge(&mut self, stays: Id, all: &[Id]) {
        for &other in all.iter().filter(|&&o| o != stays) {
            let moved = std::mem::take(&mut self.nodes[other].children);
            for &child in &moved {
                self.nodes[child].parent = Some(stays);
            }
            self.nodes[stays].children.extend(moved);
            if let Some(parent) = self.nodes[other].parent {
                self.nodes[parent].children.retain(|&c| c != other);
            }
        }
    }

    pub(crate) fn add_missing(&mut self, parent: Id, key: String) -> Id {
        let id = self.nodes.len();
        self.nodes.push(Node {
            parent: Some(parent),
            folded: fold(&key),
            key: key.into(),
            data: Data::Missing,
            origin: None,
            children: Vec::new(),
        });
        self.nodes[parent].children.push(id);
        id
    }

    pub(crate) fn is_section(&self, id: Id) -> bool {
        matches!(self.nodes[id].data, Data::Table | Data::Missing)
    }

    /// What `set_override` sets has no origin.
    pub(crate) fn is_override(&self, id: Id) -> bool {
        self.nodes[id].origin.is_none() && !self.is_section(id)
    }

    pub(crate) fn is_missing(&self, id: Id) -> bool {
        matches!(self.nodes[id].data, Data::Missing)
    }

    pub(crate) fn text(&self, id: Id) -> Option<&'c str> {
        match self.nodes[id].data {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn is_blank(&self, id: Id) -> bool {
        self.text(id).is_some_and(|t| t.trim().is_empty())
    }

    /// Whether a table may stand for a list.
    pub(crate) fn is_indexed(&self, id: Id) -> bool {
        self.nodes[id]
            .children
            .iter()
            .all(|&c| fold::index(&self.nodes[c].key).is_some())
    }

    pub(crate) fn within(&self, id: Id, above: Id) -> bool {
        std::iter::successors(Some(id), |&n| self.nodes[n].parent).any(|n| n == above)
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
        self.below(id).into_iter().find_map(|n| self.nodes[n].origin)
    }

    fn steps(&self, id: Id) -> Vec<(String, bool)> {
        let mut steps: Vec<_> = std::iter::successors(Some(id), |&n| self.nodes[n].parent)
            .filter_map(|n| {
                let parent = self.nodes[n].parent?;
                let listed = matches!(self.nodes[parent].data, Data::List);
                Some((self.name(n), listed))
            })
            .collect();
        steps.reverse();
        self.prefix.iter().cloned().chain(steps).collect()
    }

    /// The key as an operator would write it beside the keys that are there.
    fn name(&self, id: Id) -> String {
        let node = &self.nodes[id];
        match node.parent {
            Some(parent) if self.is_missing(id) && self.is_pascal(parent) => fold::pascal(&node.key),
            _ => node.key.to_string(),
        }
    }

    fn is_pascal(&self, table: Id) -> bool {
        let capital = |key: &str| key.starts_with(|c: char| c.is_ascii_uppercase());
        let mut above = std::iter::successors(Some(table), |&n| self.nodes[n].parent);
        let near = above.find_map(|n| {
            let keys: Vec<_> = self.nodes[n]
                .children
                .iter()
                .filter(|&&c| !self.is_missing(c))
                .map(|&c| capital(&self.nodes[c].key))
                .collect();
            (!keys.is_empty()).then(|| keys.iter().filter(|c| **c).count() * 2 >= keys.len())
        });
        near.unwrap_or_else(|| match self.prefix.last() {
            Some((key, _)) => capital(key),
            None => self.top.iter().any(|key| capital(key)),
        })
    }

    /// `Section.Key`, `List[0].Key`.
    pub(crate) fn path(&self, id: Id) -> String {
        let mut path = String::new();
        for (name, listed) in self.steps(id) {
            if listed {
                path.push_str(&format!("[{name}]"));
            } else {
                path.push_str(if path.is_empty() { "" } else { "." });
                path.push_str(&name);
            }
        }
        path
    }

    /// The names on the way to it, outermost first.
    pub(crate) fn names(&self, id: Id) -> Vec<String> {
        self.steps(id).into_iter().map(|(name, _)| name).collect()
    }
}

/// `A.B`, `A:B`, `A--B` and `A[0]` as segments.
fn segments(section: &str) -> Vec<String> {
    section
        .replace("--", ".")
        .replace([':', '['], ".")
        .replace(']', "")
        .split('.')
        .map(str::trim)
        .filter(|s| !s.is_empty())
        .map(str::to_owned)
        .collect()
}
