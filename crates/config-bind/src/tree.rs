//! The configuration as nodes with numbers, so that what is learnt about a node outlives one pass over it.

use std::borrow::Cow;

use config::{Value, ValueKind};

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
    /// Text before the root's own path: the section that was asked for.
    prefix: Vec<(String, bool)>,
    /// The keys of the configuration's own root, for the style of names.
    top: Vec<&'c str>,
    /// Nodes with something below them that is nested too deep to be read.
    pub(crate) too_deep: Vec<Id>,
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
            too_deep: Vec::new(),
        };
        tree.grow(None, Cow::Borrowed(""), value, 0);
        tree
    }

    fn grow(&mut self, parent: Option<Id>, key: Cow<'c, str>, value: &'c Value, depth: usize) -> Id {
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
        let id = self.add(parent, key, data);
        self.nodes[id].origin = value.origin();
        let mut children: Vec<(Cow<'c, str>, &'c Value)> = match &value.kind {
            ValueKind::Table(table) => table
                .iter()
                .map(|(key, value)| (Cow::Borrowed(key.as_str()), value))
                .collect(),
            ValueKind::Array(values) => {
                let indexed = values.iter().enumerate();
                indexed.map(|(n, value)| (Cow::Owned(n.to_string()), value)).collect()
            }
            _ => Vec::new(),
        };
        if depth == DEEPEST && !children.is_empty() {
            self.too_deep.push(id);
            return id;
        }
        if matches!(data, Data::Table) {
            // The table is a hash map: only a fixed order makes errors the same from one start to the next.
            children.sort_unstable_by(|(a, _), (b, _)| {
                let (x, y) = (names::index(a), names::index(b));
                x.is_none().cmp(&y.is_none()).then(x.cmp(&y)).then_with(|| a.cmp(b))
            });
        }
        self.nodes[id].children.reserve_exact(children.len());
        for (key, value) in children {
            let child = self.grow(Some(id), key, value, depth + 1);
            self.nodes[id].children.push(child);
        }
        id
    }

    fn add(&mut self, parent: Option<Id>, key: Cow<'c, str>, data: Data<'c>) -> Id {
        self.nodes.push(Node {
            parent,
            hash: names::hash(&key),
            key,
            data,
            origin: None,
            children: Vec::new(),
        });
        self.nodes.len() - 1
    }

    pub(crate) fn add_missing(&mut self, parent: Id, key: &'static str) -> Id {
        let id = self.add(Some(parent), Cow::Borrowed(key), Data::Missing);
        self.nodes[parent].children.push(id);
        id
    }

    /// The tree with the section as its root, and whether it is there; or the spellings of it that clash.
    pub(crate) fn section(value: &'c Value, section: &str) -> Result<(Self, bool), (Self, Vec<Id>)> {
        let mut tree = Self::new(value);
        let mut at = ROOT;
        let segments = segments(section);
        for (n, segment) in segments.iter().enumerate() {
            let listed = matches!(tree.nodes[at].data, Data::List);
            let found: Vec<Id> = tree.alike(at, segment).collect();
            let exact = found.iter().copied().find(|&c| *tree.nodes[c].key == **segment);
            let next = match (found.as_slice(), exact) {
                ([], _) => None,
                (&[one], _) => Some(one),
                (&[first, ..], _) if found.iter().all(|&c| tree.is_section(c)) => {
                    let first = exact.unwrap_or(first);
                    tree.merge(first, &found);
                    Some(first)
                }
                (_, Some(exact)) => Some(exact),
                _ => return Err((tree, found)),
            };
            let Some(next) = next else {
                tree.prefix.extend(segments[n..].iter().map(|s| (s.clone(), false)));
                tree.nodes.truncate(1);
                tree.nodes[ROOT].children.clear();
                tree.nodes[ROOT].data = Data::Table;
                tree.nodes[ROOT].origin = None;
                tree.too_deep.clear();
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
        self.too_deep = std::mem::take(&mut self.too_deep)
            .into_iter()
            .filter(|&id| self.within(id, at))
            .collect();
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

    /// What `set_override` sets has no origin.
    pub(crate) fn is_override(&self, id: Id) -> bool {
        self.nodes[id].origin.is_none() && !self.is_section(id)
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

    fn steps(&self, id: Id) -> Vec<(Cow<'_, str>, bool)> {
        let prefix = self
            .prefix
            .iter()
            .map(|(name, listed)| (Cow::Borrowed(name.as_str()), *listed));
        let mut steps: Vec<_> = self
            .above(id)
            .filter_map(|n| {
                let parent = self.nodes[n].parent?;
                let listed = matches!(self.nodes[parent].data, Data::List);
                let pascal = self.is_missing(n) && self.is_pascal(parent);
                let key = &self.nodes[n].key;
                let name = if pascal {
                    Cow::Owned(names::pascal(key))
                } else {
                    Cow::Borrowed(&**key)
                };
                Some((name, listed))
            })
            .collect();
        steps.reverse();
        prefix.chain(steps).collect()
    }

    /// Whether an operator who adds a key here would begin it with a capital, as the keys beside it do.
    fn is_pascal(&self, table: Id) -> bool {
        let capital = |key: &str| key.starts_with(|c: char| c.is_ascii_uppercase());
        let near = self.above(table).find_map(|n| {
            let there = self.nodes[n].children.iter().filter(|&&c| !self.is_missing(c));
            let (all, capitals) = there.fold((0, 0), |(all, capitals), &c| {
                (all + 1, capitals + usize::from(capital(&self.nodes[c].key)))
            });
            (all > 0).then_some(capitals * 2 >= all)
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
        self.steps(id).into_iter().map(|(name, _)| name.into_owned()).collect()
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
