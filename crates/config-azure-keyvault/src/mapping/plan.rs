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
                Some(winner) => {
                    let winner = &items[winner];
                    dropped.push((
                        index,
                        Dropped::Shadowed {
                            winner: winner.name.clone(),
                            newer: winner.updated > item.updated,
                        },
                    ));
                }
            }
        }
        root.settle(items, &mut dropped);
        (root, dropped)
    }

    /// Bottom up: a section beats a value at its path.
    fn settle(&mut self, items: &[Item], dropped: &mut Vec<(usize, Dropped)>) {
        for child in self.children.values_mut() {
            child.settle(items, dropped);
        }
        self.lead = self
            .children
            .values()
            .filter_map(|child| child.lead)
            .min_by_key(|&index| rank(items, index));
        let Some(first) = self.lead else {
            self.lead = self.leaf;
            return;
        };
        if let Some(leaf) = self.leaf.take()
            && !is_container(&items[leaf].value)
        {
            let name = items[first].name.clone();
            dropped.push((leaf, Dropped::SectionAtSamePath { name }));
        }
    }

    /// Whether the children are 0, 1, 2… and nothing else.
    pub(super) fn is_sequence(&self) -> bool {
        (0..self.children.len()).all(|n| self.children.contains_key(&n.to_string()))
    }

    /// Every entry that gives a value at or below this node.
    pub(super) fn entries(&self) -> Vec<usize> {
        let below = self.children.values().flat_map(Self::entries);
        self.leaf.into_iter().chain(below).collect()
    }
}

/// Newest first, then first listed; what has no date is oldest.
fn rank(items: &[Item], index: usize) -> (Reverse<Option<i64>>, usize) {
    (Reverse(items[index].updated), index)
}

pub(super) fn is_container(value: &Value) -> bool {
    matches!(value.kind, ValueKind::Table(_) | ValueKind::Array(_))
}
