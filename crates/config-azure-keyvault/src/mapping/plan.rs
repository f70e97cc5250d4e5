//! What the entries want, settled among themselves before the earlier tree is asked.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use config::{Value, ValueKind};

use super::name::{fold, is_path};
use super::placed::Dropped;

/// An entry whose value already carries its origin, or has none.
pub(super) struct Item {
    pub(super) name: String,
    pub(super) path: Vec<String>,
    pub(super) value: Value,
    pub(super) updated: Option<i64>,
}

/// A path's place in the plan: a value, a section, or (with nothing but nulls below) neither.
#[derive(Default)]
pub(super) struct Node {
    /// The entry that gives the value. `None` where there is a section.
    pub(super) leaf: Option<usize>,
    /// The entry that would give a value where there is a section. It loses, unless nothing of the section finds a place.
    pub(super) rival: Option<usize>,
    /// By folded segment.
    pub(super) children: BTreeMap<String, Self>,
    /// The first in rank of the entries at or below: it decides the spelling of a new key.
    /// `None`: only nulls, which hold an array's places open and do nothing else.
    pub(super) lead: Option<usize>,
}

impl Node {
    /// The plan of `items`, and those that lose to others.
    pub(super) fn of(items: &[Item]) -> (Self, Vec<(usize, Dropped)>) {
        let mut root = Self::default();
        let mut dropped = Vec::new();

        let mut ranked: Vec<usize> = (0..items.len()).collect();
        ranked.sort_by_key(|&index| rank(items, index));

        for index in ranked {
            let item = &items[index];
            if !is_path(&item.path) {
                dropped.push((index, Dropped::EmptySegment));
                continue;
            }
            let node = item.path.iter().fold(&mut root, |node, segment| {
                node.children.entry(fold(segment)).or_default()
            });
            if matches!(item.value.kind, ValueKind::Nil) {
                continue;
            }
            match node.leaf {
                None => node.leaf = Some(index),
                Some(winner) => dropped.push(shadowed(items, index, winner)),
            }
        }
        root.settle(items);
        (root, dropped)
    }

    /// Bottom up: a section beats a value at its path.
    fn settle(&mut self, items: &[Item]) {
        for child in self.children.values_mut() {
            child.settle(items);
        }
        self.settle_between(items);
    }

    /// As [`settle`](Self::settle), where everything below is settled.
    fn settle_between(&mut self, items: &[Item]) {
        self.lead = first(items, self.children.values().filter_map(|child| child.lead));
        if self.lead.is_some() {
            // An empty section beside a full one contradicts nothing.
            self.rival = self.leaf.take().filter(|&leaf| !is_container(&items[leaf].value));
        } else {
            self.lead = self.leaf;
        }
    }

    /// Several nodes as one: an earlier source has one section for all their spellings.
    pub(super) fn merged(nodes: &[&Self], items: &[Item], dropped: &mut Vec<(usize, Dropped)>) -> Self {
        let mut merged = Self::default();
        for node in nodes {
            merged.absorb(node, items, dropped);
        }
        merged
    }

    fn absorb(&mut self, other: &Self, items: &[Item], dropped: &mut Vec<(usize, Dropped)>) {
        self.leaf = match (self.leaf.or(self.rival), other.leaf.or(other.rival)) {
            (Some(one), Some(two)) => {
                let (winner, loser) = if rank(items, one) < rank(items, two) {
                    (one, two)
                } else {
                    (two, one)
                };
                dropped.push(shadowed(items, loser, winner));
                Some(winner)
            }
            (one, two) => one.or(two),
        };
        for (segment, child) in &other.children {
            let own = self.children.entry(segment.clone()).or_default();
            own.absorb(child, items, dropped);
        }
        self.settle_between(items);
    }

    /// Is there a value in it, at whatever depth? Nulls and empty sections are none.
    pub(super) fn holds_a_value(&self, items: &[Item]) -> bool {
        let own = self.leaf.into_iter().chain(self.rival);
        let mut own = own.map(|index| !is_container(&items[index].value));
        own.any(|is_value| is_value) || self.children.values().any(|child| child.holds_a_value(items))
    }

    /// The children, if they are 0, 1, 2… and nothing else.
    pub(super) fn sequence(&self) -> Option<Vec<&Self>> {
        (0..self.children.len())
            .map(|n| self.children.get(&n.to_string()))
            .collect()
    }

    /// Every entry that would give a value at or below this node.
    pub(super) fn entries(&self) -> Vec<usize> {
        let below = self.children.values().flat_map(Self::entries);
        self.leaf.into_iter().chain(self.rival).chain(below).collect()
    }
}

/// The first in rank.
pub(super) fn first(items: &[Item], indexes: impl Iterator<Item = usize>) -> Option<usize> {
    indexes.min_by_key(|&index| rank(items, index))
}

/// Newest first, then first listed; what has no date is oldest.
pub(super) fn rank(items: &[Item], index: usize) -> (Reverse<Option<i64>>, usize) {
    (Reverse(items[index].updated), index)
}

fn shadowed(items: &[Item], loser: usize, winner: usize) -> (usize, Dropped) {
    let winner = &items[winner];
    let reason = Dropped::Shadowed {
        winner: winner.name.clone(),
        newer: winner.updated > items[loser].updated,
    };
    (loser, reason)
}

pub(super) fn is_container(value: &Value) -> bool {
    matches!(value.kind, ValueKind::Table(_) | ValueKind::Array(_))
}

/// A container with anything in it. In .NET an empty section or array is a key without a value, and any value overrides it.
pub(super) fn is_filled(value: &Value) -> bool {
    match &value.kind {
        ValueKind::Table(table) => !table.is_empty(),
        ValueKind::Array(array) => !array.is_empty(),
        _ => false,
    }
}
