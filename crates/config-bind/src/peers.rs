//! Which nodes are likely to be read by the same code: the elements of a list, the values of a map, and what they hold under
//! the same names. What is learnt of one of them holds for the others, so that the number of passes depends on the type and
//! not on how much of it there is.

use std::collections::HashMap;

use crate::names;
use crate::session::{Keyed, Session};
use crate::tree::{Data, Id, ROOT};

/// After so many problems of a kind among peers, stand-ins take the place of the rest unseen.
pub(crate) const ALIKE: usize = 16;

pub(crate) struct Peers {
    /// For each node the first of its peers, which stands for them all.
    pub(crate) first: Vec<Id>,
    all: HashMap<Id, Vec<Id>>,
}

impl Peers {
    pub(crate) fn of(session: &Session<'_>) -> Self {
        let nodes = &session.tree.nodes;
        let mut first = vec![ROOT; nodes.len()];
        let mut all: HashMap<Id, Vec<Id>> = HashMap::from([(ROOT, vec![ROOT])]);
        let mut places: HashMap<(Id, Option<u64>), Id> = HashMap::new();
        let mut tables = vec![ROOT];
        let mut next = 0;
        while let Some(&table) = tables.get(next) {
            next += 1;
            let uniform = matches!(session.data(table), Data::List) || session.keyed(table).takes_all();
            for &child in &nodes[table].children {
                let each = uniform || names::index(&nodes[child].key).is_some();
                let place = (first[table], (!each).then_some(nodes[child].hash));
                first[child] = *places.entry(place).or_insert(child);
                all.entry(first[child]).or_default().push(child);
                if !nodes[child].children.is_empty() {
                    tables.push(child);
                }
            }
        }
        Self { first, all }
    }

    /// The node and all that are like it.
    pub(crate) fn like(&self, id: Id) -> &[Id] {
        self.all.get(&self.first[id]).map_or(&[], Vec::as_slice)
    }

    /// What one of its peers is known to be, a table is.
    pub(crate) fn spread(&self, session: &Session<'_>) {
        for (id, &first) in self.first.iter().enumerate() {
            let keyed = session.keyed(first);
            if first != id && keyed.keeps_names() && session.tree.is_container(id) {
                session.change(id, |f| {
                    if f.keyed == Keyed::Unknown {
                        f.keyed = keyed;
                    }
                });
            }
        }
    }
}
