//! The plan meets the earlier tree.

use std::mem;

use config::{Map, Value, ValueKind};

use super::depth::{MOST_LEVELS, TooDeep};
use super::name::{by_number, is_index};
use super::placed::{Dropped, Placed, Replaced, Stray};
use super::plan::{Item, Node, first, is_container, is_filled};
use super::spelling::{Places, places};

/// One value and where it goes.
pub(crate) struct Entry {
    /// The name as its giver wrote it (`MaskinportenSettings--ClientId`), for reports only.
    pub(crate) name: String,
    /// Its segments. Verbatim keys: a dot or a space in one means nothing.
    pub(crate) path: Vec<String>,
    /// A scalar, or an empty table or array. Nil leaves what is there.
    pub(crate) value: ValueKind,
    /// Where it came from, shown in errors.
    pub(crate) origin: String,
    /// Unix seconds; of two entries at one path the newest wins, and `None` is oldest.
    pub(crate) updated: Option<i64>,
}

/// Lays the entries, given in the order of their listing, over what earlier sources said. On an error nothing was changed.
pub(crate) fn overlay(cache: &mut Value, entries: Vec<Entry>) -> Result<Placed, TooDeep> {
    let items = entries
        .into_iter()
        .map(|entry| Item {
            name: entry.name,
            path: entry.path,
            value: Value::new(Some(&entry.origin), entry.value),
            updated: entry.updated,
        })
        .collect();
    lay(cache, items)
}

pub(super) fn lay(cache: &mut Value, items: Vec<Item>) -> Result<Placed, TooDeep> {
    if let Some(item) = items.iter().find(|item| item.path.len() > MOST_LEVELS) {
        return Err(TooDeep::new(&item.name));
    }
    let (plan, dropped) = Node::of(&items);
    let mut layer = Layer {
        items,
        placed: Placed {
            dropped,
            ..Placed::default()
        },
    };
    if !matches!(cache.kind, ValueKind::Table(_)) {
        *cache = Value::new(None, Map::<String, Value>::new());
    }
    if let ValueKind::Table(table) = &mut cache.kind {
        layer.over_table(&plan, table, "", 0);
    }
    let mut placed = layer.placed;
    placed.loaded.sort_unstable_by_key(|&(index, _)| index);
    placed.dropped.sort_unstable_by_key(|&(index, _)| index);
    placed.replaced.sort_unstable();
    placed.stray.sort_unstable();
    Ok(placed)
}

/// `key` is the text of the path so far, `depth` the number of its segments.
struct Layer {
    items: Vec<Item>,
    placed: Placed,
}

impl Layer {
    fn over(&mut self, node: &Node, slot: &mut Value, key: &str, depth: usize) {
        if let Some(index) = node.leaf {
            return self.value_over(index, slot, key);
        }
        let before = self.placed.loaded.len();
        match &mut slot.kind {
            ValueKind::Table(table) => self.over_table(node, table, key, depth),
            ValueKind::Array(array) => self.over_array(node, array, key, depth),
            // A section with nothing in it does not win over a value.
            earlier if !matches!(earlier, ValueKind::Nil) && !node.holds_a_value(&self.items) => {}
            earlier => {
                if !matches!(earlier, ValueKind::Nil) {
                    self.placed.replaced.push(Replaced {
                        key: key.to_owned(),
                        origin: slot.origin().map(str::to_owned),
                    });
                }
                *slot = self.section(node, key, depth);
            }
        }
        if let Some(rival) = node.rival
            && !self.yields(rival, before)
        {
            self.value_over(rival, slot, key);
        }
    }

    /// Drops the value that stood where there is a section, if anything of the section found a place.
    fn yields(&mut self, rival: usize, before: usize) -> bool {
        let section = self.placed.loaded[before..].iter().map(|&(index, _)| index);
        let Some(winner) = first(&self.items, section) else {
            return false;
        };
        let name = self.items[winner].name.clone();
        self.placed.dropped.push((rival, Dropped::SectionAtSamePath { name }));
        true
    }

    fn value_over(&mut self, index: usize, slot: &mut Value, key: &str) {
        let nothing = matches!(slot.kind, ValueKind::Nil);
        if is_container(&self.items[index].value) {
            // An empty section says only that there is one; it takes nothing away.
            if nothing {
                *slot = self.take(index, key);
            }
        } else if is_filled(slot) {
            self.placed
                .dropped
                .push((index, Dropped::SectionInEarlierSource { key: key.to_owned() }));
        } else {
            *slot = self.take(index, key);
        }
    }

    fn over_table(&mut self, node: &Node, table: &mut Map<String, Value>, key: &str, depth: usize) {
        let Places { taken, beside } = places(&node.children, &self.items, depth, table);
        // The root is no list, and what an earlier source gave other keys is none either.
        let is_list = depth > 0
            && table.keys().all(|name| is_index(name))
            && taken.keys().chain(table.keys()).any(|name| is_index(name));
        for (name, nodes) in taken {
            let before = self.placed.loaded.len();
            let is_beside_indexes = is_list && !is_index(&name);
            let own_key = beside.get(&name).map(|earlier| Stray::OwnKey {
                earlier: member(key, earlier),
            });
            let key_of_child = member(key, &name);
            let slot = table.entry(name).or_default();
            match nodes.as_slice() {
                [child] => self.over(child, slot, &key_of_child, depth + 1),
                several => {
                    let child = Node::merged(several, &self.items, &mut self.placed.dropped);
                    self.over(&child, slot, &key_of_child, depth + 1);
                }
            }
            let beside_indexes = is_beside_indexes.then(|| Stray::BesideIndexes { list: key.to_owned() });
            for why in beside_indexes.into_iter().chain(own_key) {
                let strays = self.placed.loaded[before..].iter();
                let strays = strays.map(|(index, _)| (*index, why.clone()));
                self.placed.stray.extend(strays);
            }
        }
    }

    fn over_array(&mut self, node: &Node, array: &mut Vec<Value>, key: &str, depth: usize) {
        let mut past_the_end = Vec::new();
        for (segment, child) in &node.children {
            if child.lead.is_none() {
                continue;
            }
            if !is_index(segment) {
                for index in child.entries() {
                    self.placed
                        .dropped
                        .push((index, Dropped::NotAnIndexOverArray { key: key.to_owned() }));
                }
                continue;
            }
            // What no usize holds is past the end of any array.
            let place = segment.parse::<usize>().ok().filter(|&n| n < array.len());
            match place {
                Some(n) => self.over(child, &mut array[n], &element(key, n), depth + 1),
                None => past_the_end.push((segment, child)),
            }
        }
        past_the_end.sort_unstable_by(|(a, _), (b, _)| by_number(a, b));
        for (_, child) in past_the_end {
            let key = element(key, array.len());
            array.push(self.over_nothing(child, &key, depth + 1));
        }
    }

    /// Where there is nothing yet, in an array: a null keeps its place.
    fn over_nothing(&mut self, node: &Node, key: &str, depth: usize) -> Value {
        let mut slot = Value::default();
        if node.lead.is_some() {
            self.over(node, &mut slot, key, depth);
        } else if !node.children.is_empty() {
            slot = self.section(node, key, depth);
        }
        slot
    }

    fn section(&mut self, node: &Node, key: &str, depth: usize) -> Value {
        // With an origin of its own the section is told apart from one that an override, which has none, made.
        let origin = node
            .lead
            .and_then(|lead| self.items[lead].value.origin())
            .map(str::to_owned);
        if let Some(elements) = node.sequence() {
            let array: Vec<Value> = elements
                .into_iter()
                .enumerate()
                .map(|(n, child)| self.over_nothing(child, &element(key, n), depth + 1))
                .collect();
            return Value::new(origin.as_ref(), array);
        }
        let mut table = Map::<String, Value>::new();
        self.over_table(node, &mut table, key, depth);
        Value::new(origin.as_ref(), table)
    }

    fn take(&mut self, index: usize, key: &str) -> Value {
        self.placed.loaded.push((index, key.to_owned()));
        mem::take(&mut self.items[index].value)
    }
}

pub(crate) fn member(key: &str, name: &str) -> String {
    if key.is_empty() {
        name.to_owned()
    } else {
        format!("{key}.{name}")
    }
}

pub(crate) fn element(key: &str, n: usize) -> String {
    format!("{key}[{n}]")
}
