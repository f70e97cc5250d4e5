//! Problems in words, without a value.

use std::collections::BTreeMap;

use crate::binder::{Binder, Missing, Shape};
use crate::coerce;
use crate::error::Problem;
use crate::fault::{Fault, What};
use crate::names;
use crate::scrub;
use crate::session::{Feed, Keyed, Session};
use crate::tree::{DEEPEST, Data, Id, ROOT, Tree};

#[derive(Debug)]
struct Entry {
    /// `None` where a field is missing.
    text: Option<String>,
    more: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Report {
    entries: BTreeMap<Id, Entry>,
    unread: BTreeMap<Id, String>,
    /// The section that was asked for and is not there.
    absent: Option<String>,
}

impl Report {
    pub(crate) fn new(absent: Option<String>) -> Self {
        Self {
            absent,
            ..Self::default()
        }
    }

    pub(crate) fn has(&self, id: Id) -> bool {
        self.entries.contains_key(&id)
    }

    pub(crate) fn missing(&mut self, id: Id) {
        self.entries.insert(
            id,
            Entry {
                text: None,
                more: false,
            },
        );
    }

    /// There are more like this one, which nobody looks at.
    pub(crate) fn more(&mut self, id: Id) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.more = true;
        }
    }

    fn add(&mut self, id: Id, text: String) {
        let text = Some(text);
        self.entries.entry(id).or_insert(Entry { text, more: false });
    }

    /// In our own words, or in those of the type where they do not give a value away.
    pub(crate) fn custom(&mut self, tree: &Tree<'_>, id: Id, text: &str) {
        let text = match scrub::safe(tree, id, text) {
            true => text.to_owned(),
            false => "was refused by its type".to_owned(),
        };
        self.add(id, text);
    }

    pub(crate) fn clash(&mut self, tree: &Tree<'_>, id: Id, group: &[Id]) {
        let named: Vec<String> = group
            .iter()
            .map(|&c| match tree.origin(c) {
                Some(origin) => format!("`{}` (from {origin})", tree.path(c)),
                None => format!("`{}`", tree.path(c)),
            })
            .collect();
        let text = format!(
            "is set under more than one name: {}; keep one of them",
            named.join(" and ")
        );
        self.add(id, text);
    }

    pub(crate) fn too_deep(&mut self, id: Id) {
        self.add(id, format!("is nested more than {DEEPEST} levels deep"));
    }

    pub(crate) fn unknown_key(&mut self, session: &Session<'_>, id: Id) {
        let text = format!("is not a setting of this section{}", meant(session, id));
        self.add(id, text);
    }

    fn variant(&mut self, tree: &Tree<'_>, id: Id, variants: &[&str]) {
        let names: Vec<String> = variants.iter().map(|v| format!("`{v}`")).collect();
        let expected = match names.as_slice() {
            [] => "nothing, as its type has no variants".to_owned(),
            [one] => one.clone(),
            many => format!("one of {}", many.join(", ")),
        };
        self.add(id, contrast(&expected, tree, id));
    }

    pub(crate) fn refused(&mut self, tree: &Tree<'_>, id: Id, what: &What) {
        let data = &tree.nodes[id].data;
        let text = match what {
            What::UnknownVariant(variants) => return self.variant(tree, id, variants),
            What::Expected(expected) if coerce::range(expected).is_some() && coerce::to_integer(data).is_some() => {
                format!(
                    "expected {}, found an integer outside that range",
                    coerce::prose(expected)
                )
            }
            What::Expected(expected)
                if coerce::Kind::of(expected) != coerce::Kind::Other || scrub::safe(tree, id, expected) =>
            {
                contrast(&coerce::prose(expected), tree, id)
            }
            What::Custom(text) if !text.trim().is_empty() && scrub::safe(tree, id, text) => {
                format!("was refused by its type: {text}")
            }
            _ if tree.is_blank(id) => "is blank and was refused by its type".to_owned(),
            _ => "was refused by its type".to_owned(),
        };
        self.add(id, text);
    }

    /// Keys that nobody read.
    pub(crate) fn unread(&mut self, session: &Session<'_>, binder: &Binder<'_>) {
        let mut tables = vec![ROOT];
        while let Some(table) = tables.pop() {
            for &child in &session.tree.nodes[table].children {
                let read = session.fact(child, |f| f.read || f.shadowed || f.feed == Feed::Omit);
                if read || matches!(session.data(child), Data::Nil | Data::Missing) {
                    tables.push(child);
                } else if matches!(session.data(table), Data::Table)
                    && session.fact(table, |f| f.keyed) != Keyed::Any
                    && !binder.ignores(&session.tree.path(child), session.tree.origin(child))
                {
                    let text = format!("is a key that nothing reads{}", meant(session, child));
                    self.unread.insert(child, text);
                }
            }
        }
    }

    pub(crate) fn problems(
        mut self,
        session: &Session<'_>,
        failed: bool,
        last: Option<&Fault>,
        binder: &Binder<'_>,
    ) -> Vec<Problem> {
        let tree = &session.tree;
        if failed && self.entries.is_empty() {
            let at = last.and_then(|f| f.at).unwrap_or(ROOT);
            self.add(
                at,
                "does not fit its type, for a reason that could not be found".to_owned(),
            );
        }
        // What a missing section would need says more than that it is missing.
        let within: Vec<Id> = self
            .entries
            .keys()
            .copied()
            .filter(|&id| {
                tree.is_missing(id) && self.entries.keys().any(|&other| other != id && tree.within(other, id))
            })
            .collect();
        for id in within {
            self.entries.remove(&id);
        }
        let mut problems: Vec<(Id, Problem)> = Vec::new();
        for (&id, entry) in &self.entries {
            let mut text = match (&entry.text, &self.absent) {
                (Some(text), _) => text.clone(),
                (None, None) => "is missing".to_owned(),
                (None, Some(absent)) => format!("is missing, as is the whole section `{absent}`"),
            };
            if entry.more {
                text.push_str("; others like it may be wrong, too");
            }
            let mut problem = self.problem(tree, id, text);
            if entry.text.is_none() {
                problem.remedy = binder.remedy_for(&Missing {
                    key: problem.key.clone(),
                    path: tree.names(id),
                    shape: shape(session, id),
                });
            }
            problems.push((id, problem));
        }
        for (&id, text) in &self.unread {
            if !self.entries.contains_key(&id) {
                problems.push((id, self.problem(tree, id, text.clone())));
            }
        }
        problems.into_iter().map(|(_, problem)| problem).collect()
    }

    fn problem(&self, tree: &Tree<'_>, id: Id, text: String) -> Problem {
        let origin = if tree.is_missing(id) { None } else { tree.origin(id) };
        let path = tree.path(id);
        let key = if path.is_empty() {
            "(the whole configuration)".to_owned()
        } else {
            path
        };
        let mut problem = Problem::new(key, &text);
        problem.origin = origin.map(str::to_owned);
        problem
    }
}

fn shape(session: &Session<'_>, id: Id) -> Shape {
    let asked = session.fact(id, |f| {
        let wanted = f.wanted().map(coerce::Kind::of);
        f.shape.or(wanted)
    });
    match asked {
        Some(coerce::Kind::List) => Shape::List,
        Some(coerce::Kind::Section) => Shape::Section,
        _ => Shape::Value,
    }
}

fn contrast(expected: &str, tree: &Tree<'_>, id: Id) -> String {
    let data = &tree.nodes[id].data;
    let found = coerce::found(data);
    if let (Data::Table, true) = (data, expected.starts_with("a list")) {
        let mut keys = tree.nodes[id].children.iter().map(|&c| &tree.nodes[c].key);
        return match keys.find(|key| names::index(key).is_none()) {
            Some(key) => format!("expected {expected}, found a section: its key `{key}` is no index"),
            None => format!("expected {expected}, found one of {}", tree.nodes[id].children.len()),
        };
    }
    let own = match data {
        Data::Text(text) if !text.trim().is_empty() && !expected.starts_with("a section") => " that is none",
        Data::Bool(_) | Data::Signed(_) | Data::Unsigned(_) | Data::Float(_) if expected.contains("integer") => {
            " that is none"
        }
        Data::List if expected.starts_with("a list of ") => {
            return format!("expected {expected}, found one of {}", tree.nodes[id].children.len());
        }
        _ => "",
    };
    format!("expected {expected}, found {found}{own}")
}

/// The setting that a key nobody knows was most likely meant to be.
fn meant(session: &Session<'_>, id: Id) -> String {
    let tree = &session.tree;
    let node = &tree.nodes[id];
    let Some(parent) = node.parent else {
        return String::new();
    };
    let (keyed, names) = session.fact(parent, |f| (f.keyed, f.names));
    let mut known: Vec<String> = match keyed {
        Keyed::Fields(fields) => fields.iter().map(|f| (*f).to_owned()).collect(),
        _ => names.unwrap_or_default().iter().map(|f| (*f).to_owned()).collect(),
    };
    known.extend(
        tree.nodes[parent]
            .children
            .iter()
            .filter(|&&c| c != id && (tree.is_missing(c) || session.fact(c, |f| f.read)))
            .map(|&c| tree.nodes[c].key.to_string()),
    );
    let set = |name: &str| {
        tree.nodes[parent]
            .children
            .iter()
            .any(|&c| !tree.is_missing(c) && c != id && names::same(&tree.nodes[c].key, name))
    };
    let open = known.iter().map(String::as_str).filter(|name| !set(name));
    let Some(name) = names::nearest(open, &node.key) else {
        return String::new();
    };
    let capital = node.key.starts_with(|c: char| c.is_ascii_uppercase());
    let name = if capital { names::pascal(name) } else { name.to_owned() };
    format!("; did you mean `{name}`?")
}
