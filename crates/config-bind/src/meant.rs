//! The setting that a key nobody knows was most likely meant to be.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::names;
use crate::session::Session;
use crate::tree::Id;

/// What the keys of each table are compared with, once for all of them.
pub(crate) struct Meant<'s, 'c> {
    session: &'s Session<'c>,
    tables: RefCell<HashMap<Id, Rc<Table<'s>>>>,
}

struct Table<'s> {
    /// The names of fields that no source sets.
    missing: Vec<&'s str>,
    /// How many keys there are of each name, by its hash.
    set: HashMap<u64, usize>,
}

impl<'s> Table<'s> {
    fn new(session: &'s Session<'_>, table: Id) -> Self {
        let tree = &session.tree;
        let (missing, there): (Vec<Id>, Vec<Id>) = session.children(table).iter().partition(|&&c| tree.is_missing(c));
        let mut set = HashMap::new();
        for child in there {
            *set.entry(tree.nodes[child].hash).or_default() += 1;
        }
        let missing = missing.into_iter().map(|child| &*tree.nodes[child].key).collect();
        Self { missing, set }
    }

    /// Whether a key beside this one is of that name.
    fn sets(&self, name: &str, beside: u64) -> bool {
        let hash = names::hash(name);
        self.set.get(&hash).copied().unwrap_or_default() > usize::from(hash == beside)
    }
}

impl<'s, 'c> Meant<'s, 'c> {
    pub(crate) fn new(session: &'s Session<'c>) -> Self {
        Self {
            session,
            tables: RefCell::default(),
        }
    }

    /// In words, behind what is said of the key; `known` are the fields that its table is known to have.
    pub(crate) fn words(&self, id: Id, known: &[&str]) -> String {
        let node = &self.session.tree.nodes[id];
        let Some(parent) = node.parent else {
            return String::new();
        };
        let table = self.table(parent);
        let all = known.iter().chain(&table.missing).copied();
        match names::nearest(all.filter(|name| !table.sets(name, node.hash)), &node.key) {
            Some(name) if node.key.starts_with(|c: char| c.is_ascii_uppercase()) => {
                format!("; did you mean `{}`?", names::pascal(name))
            }
            Some(name) => format!("; did you mean `{name}`?"),
            None => String::new(),
        }
    }

    fn table(&self, id: Id) -> Rc<Table<'s>> {
        let mut tables = self.tables.borrow_mut();
        let made = tables
            .entry(id)
            .or_insert_with(|| Rc::new(Table::new(self.session, id)));
        Rc::clone(made)
    }
}
