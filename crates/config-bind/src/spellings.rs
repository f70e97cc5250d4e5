//! The spellings of keys and the names of fields, worked out once for all that share them.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use crate::names;
use crate::tree::{Id, Tree};

/// The spellings of each key, once for all nodes that have it.
pub(crate) struct Styles {
    of: Vec<usize>,
    all: Vec<OnceCell<Vec<String>>>,
}

impl Styles {
    pub(crate) fn new(tree: &Tree<'_>) -> Self {
        let mut numbers = HashMap::new();
        let of = tree.nodes.iter().map(|node| {
            let next = numbers.len();
            *numbers.entry(&*node.key).or_insert(next)
        });
        let of = of.collect();
        let all = vec![OnceCell::new(); numbers.len()];
        Self { of, all }
    }

    /// None for a node that was not there when the tree was made.
    pub(crate) fn of(&self, tree: &Tree<'_>, id: Id) -> &[String] {
        let styles = || names::styles(&tree.nodes[id].key);
        self.of.get(id).map_or(&[], |&key| self.all[key].get_or_init(styles))
    }
}

/// A struct's fields, to be found in any spelling.
pub(crate) struct Fields {
    /// By hash, then in the struct's order.
    sorted: Vec<(u64, usize, &'static str)>,
}

impl Fields {
    fn new(fields: &'static [&'static str]) -> Self {
        let all = fields.iter().enumerate();
        let mut sorted: Vec<_> = all.map(|(n, field)| (names::hash(field), n, *field)).collect();
        sorted.sort_unstable();
        Self { sorted }
    }

    /// The place and the name of the field that a key sets: of that very name, else the first of that hash.
    pub(crate) fn find(&self, hash: u64, key: &str) -> Option<(usize, &'static str)> {
        let first = self.sorted.partition_point(|(h, ..)| *h < hash);
        let mut alike = self.sorted[first..].iter().take_while(|(h, ..)| *h == hash);
        let first = alike.clone().next()?;
        let &(_, place, name) = alike.find(|(.., name)| *name == key).unwrap_or(first);
        Some((place, name))
    }
}

/// The fields of each struct, by where its names are.
#[derive(Default)]
pub(crate) struct FieldsOf(RefCell<Vec<(*const &'static str, Rc<Fields>)>>);

impl FieldsOf {
    pub(crate) fn get(&self, fields: &'static [&'static str]) -> Rc<Fields> {
        let mut known = self.0.borrow_mut();
        let same = |(place, known): &&(_, Rc<Fields>)| *place == fields.as_ptr() && known.sorted.len() == fields.len();
        if let Some((_, fields)) = known.iter().find(same) {
            return Rc::clone(fields);
        }
        let made = Rc::new(Fields::new(fields));
        known.push((fields.as_ptr(), Rc::clone(&made)));
        made
    }
}
