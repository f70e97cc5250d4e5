//! What comes back from the probes.

use std::collections::BTreeSet;

use crate::coerce::{self, Kind};
use crate::fault::{Mark, Seen};
use crate::session::{CLEAN, Feed, Keyed};
use crate::solve::Solver;
use crate::tree::{Data, Id};

impl Solver<'_> {
    /// What came back from the probes of this pass.
    pub(crate) fn absorb(&mut self, seen: &[Seen]) -> bool {
        let mut hits: Vec<Id> = Vec::new();
        let mut canaries: BTreeSet<Id> = BTreeSet::new();
        let mut learned = false;
        for one in seen {
            match one.mark {
                Mark::Canary(table) => {
                    if one.names.is_some() {
                        learned |= self.session.change(table, |f| {
                            let new = f.names.is_none();
                            f.names = one.names;
                            new
                        });
                    } else if canaries.insert(table) {
                        let style = self.session.style(table) + 1;
                        self.session.change(table, |f| f.takes_all = Some(style));
                        if style >= CLEAN {
                            self.open(table);
                        }
                        learned = true;
                    }
                }
                Mark::Probe(id, spelling) => {
                    self.want(id, &one.expected);
                    if !self.session.fact(id, |f| f.live) {
                        hits.push(self.hit(id, spelling));
                    }
                }
                Mark::Text(_) => {
                    if let Some(id) = self.node(one.mark) {
                        self.want(id, &one.expected);
                    }
                }
            }
        }
        for &id in &hits {
            self.settle(id);
            self.spread(id);
            self.newest = Some(id);
            self.last_hit = Some(id);
            if self.session.fact(id, |f| f.hit) {
                self.unproven.push(id);
            }
        }
        learned || !hits.is_empty()
    }

    pub(crate) fn want(&self, id: Id, expected: &str) {
        self.session.change(id, |f| {
            if !expected.is_empty() && !f.wants.iter().any(|w| w == expected) {
                f.wants.push(expected.to_owned());
            }
        });
    }

    /// Something takes whatever is in this table, as it is spelled.
    pub(crate) fn open(&mut self, table: Id) {
        for &child in &self.session.tree.nodes[table].children {
            self.session.change(child, |f| f.read = true);
        }
        self.newest = Some(table);
    }

    pub(crate) fn hit(&mut self, id: Id, spelling: usize) -> Id {
        let tree = &self.session.tree;
        let Some(parent) = tree.nodes[id].parent else {
            return id;
        };
        self.session.change(id, |f| {
            f.live = true;
            f.read = true;
        });
        let style = self.session.style(parent);
        let known = self.session.fact(id, |f| f.spelling.is_some());
        if known || style >= CLEAN || self.session.fact(parent, |f| f.keyed != Keyed::Names) {
            return id;
        }
        let names = self.session.fact(parent, |f| f.names);
        let spellings = self.session.spellings(id, names, style);
        let Some(name) = spellings.get(spelling).cloned() else {
            return id;
        };
        let folded = tree.nodes[id].folded.as_str();
        let group: Vec<Id> = tree.nodes[parent]
            .children
            .iter()
            .copied()
            .filter(|&c| tree.nodes[c].folded == folded)
            .filter(|&c| c == id || self.session.fact(c, |f| f.spelling.is_none() && !f.shadowed))
            .filter(|&c| !matches!(self.session.data(c), Data::Nil))
            .collect();
        let overrides: Vec<Id> = group.iter().copied().filter(|&c| tree.is_override(c)).collect();
        let mut chosen = id;
        if group.len() > 1 {
            if group.iter().all(|&c| tree.is_section(c)) {
                let mut all = vec![id];
                all.extend(group.iter().copied().filter(|&c| c != id));
                self.session.merges.get_mut().push(all);
            } else if let &[one] = overrides.as_slice() {
                chosen = one;
            } else if *tree.nodes[id].key != *name {
                self.session.clashes.get_mut().push((id, group.clone()));
            }
            if self.session.fact(parent, |f| f.takes_all.is_none()) {
                for &other in group.iter().filter(|&&c| c != chosen) {
                    self.session.change(other, |f| f.shadowed = true);
                }
            }
        }
        let wants = self.session.fact(id, |f| f.wants.clone());
        let scalar = !matches!(self.session.data(chosen), Data::Table | Data::List | Data::Missing);
        self.session.change(chosen, |f| {
            f.live = true;
            f.read = true;
            f.wants = wants;
            f.spelling = Some(name);
            f.hit = scalar;
        });
        chosen
    }

    /// Where only one thing is wanted, it is given at once; where several are, a text stays a text.
    pub(crate) fn settle(&self, id: Id) {
        let (feed, wants) = self.session.fact(id, |f| (f.feed, f.wants.clone()));
        if feed != Feed::Natural {
            return;
        }
        let mut kinds: Vec<Kind> = wants.iter().map(|w| Kind::of(w)).collect();
        kinds.dedup();
        let &[kind] = kinds.as_slice() else {
            return;
        };
        let blank = self.session.tree.is_blank(id)
            && matches!(
                kind,
                Kind::Bool | Kind::Integer | Kind::Float | Kind::Section | Kind::List
            );
        let feed = if blank {
            Feed::Null
        } else if coerce::fits(self.session.data(id), kind, self.session.tree.is_indexed(id)) {
            Feed::As(kind)
        } else {
            return;
        };
        self.session.change(id, |f| {
            f.feed = feed;
            f.tried.push(kind);
        });
    }

    /// What a map or a list holds is all of one type: what was learnt of one value holds for its neighbours.
    pub(crate) fn spread(&self, id: Id) {
        let tree = &self.session.tree;
        let (wants, feed) = self.session.fact(id, |f| (f.wants.clone(), f.feed));
        let (Some(parent), Feed::As(_)) = (tree.nodes[id].parent, feed) else {
            return;
        };
        let uniform = self.session.fact(parent, |f| match self.session.data(parent) {
            Data::List => f.wants.iter().any(|w| w == "a sequence"),
            _ => f.takes_all.is_some_and(|style| style >= CLEAN),
        });
        if !uniform || self.session.fact(id, |f| f.spelling.is_some()) {
            return;
        }
        for &other in &tree.nodes[parent].children {
            let untouched = self.session.change(other, |f| {
                let untouched = f.wants.is_empty() && f.spelling.is_none() && f.feed == Feed::Natural;
                if untouched {
                    f.wants.clone_from(&wants);
                }
                untouched
            });
            if untouched {
                self.settle(other);
            }
        }
    }

    pub(crate) fn merge(&mut self) -> bool {
        let merges = std::mem::take(self.session.merges.get_mut());
        let mut merged = false;
        for all in merges {
            if let Some((&stays, others)) = all.split_first() {
                merged |= others.iter().any(|&o| !self.session.tree.nodes[o].children.is_empty());
                self.session.tree.merge(stays, &all);
                for &other in others {
                    self.session.change(other, |f| f.shadowed = true);
                }
            }
        }
        merged
    }

    pub(crate) fn clash(&mut self) -> bool {
        let clashes = std::mem::take(self.session.clashes.get_mut());
        for (chosen, group) in &clashes {
            self.report.clash(&self.session.tree, *chosen, group);
            for &other in group.iter().filter(|c| *c != chosen) {
                self.session.change(other, |f| f.shadowed = true);
            }
        }
        !clashes.is_empty()
    }
}
