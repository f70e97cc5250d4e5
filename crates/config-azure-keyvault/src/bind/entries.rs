//! Which entries of a table are handed out, under which spelling, in which order.

use super::fold::{self, fold};
use super::session::{CLEAN, Feed, Keyed, Session};
use super::tree::{Data, Id};

#[derive(Debug, Clone)]
pub(super) enum Entry {
    /// A node, under this key; as a probe of this spelling where it is not known whether something reads it.
    Node(Id, String, Option<usize>),
    Canary,
}

impl Session<'_> {
    fn handed_out(&self, table: Id) -> Vec<Id> {
        let mut ids: Vec<Id> = self.tree.nodes[table]
            .children
            .iter()
            .copied()
            .filter(|&c| self.fact(c, |f| f.feed != Feed::Omit && !f.shadowed))
            .collect();
        ids.sort_by_key(|&c| self.fact(c, |f| if f.first { 0 } else { 1 }));
        // A section with something hopeless in it stops the pass as surely as the hopeless thing itself.
        let hopeless = |id: Id| self.tree.below(id).into_iter().any(|n| self.feed(n) == Feed::Last);
        if self.facts.borrow().iter().any(|f| f.feed == Feed::Last) {
            ids.sort_by_key(|&c| hopeless(c));
        }
        ids
    }

    fn present(&self, id: Id) -> bool {
        !matches!(self.data(id), Data::Nil) || self.fact(id, |f| f.spoken)
    }

    /// For a struct that names its fields.
    pub(super) fn fields(&self, table: Id, fields: &'static [&'static str]) -> Vec<Entry> {
        let ids = self.handed_out(table);
        let mut entries = Vec::new();
        let mut done: Vec<Id> = Vec::new();
        for &id in &ids {
            if done.contains(&id) {
                continue;
            }
            let key = &self.tree.nodes[id].key;
            let name = fold::find(fields, key);
            if !self.present(id) {
                self.change(id, |f| f.read |= name.is_some());
                continue;
            }
            let Some(name) = name else {
                entries.push(Entry::Node(id, key.clone(), None));
                continue;
            };
            let folded = fold(key);
            let group: Vec<Id> = ids
                .iter()
                .copied()
                .filter(|&c| self.present(c) && fold(&self.tree.nodes[c].key) == folded)
                .collect();
            done.extend(&group);
            let exact = |c: &Id| fields.contains(&self.tree.nodes[*c].key.as_str());
            let chosen = self.choose(&group, exact);
            // Two fields may differ in nothing but `_`: both keys are wanted then, or serde will say what they share.
            let exacts: Vec<Id> = group.iter().copied().filter(exact).collect();
            if exacts.len() > 1 && exacts.contains(&chosen) {
                entries.extend(
                    exacts
                        .iter()
                        .map(|&c| Entry::Node(c, self.tree.nodes[c].key.clone(), None)),
                );
                continue;
            }
            let name = if exact(&chosen) {
                &self.tree.nodes[chosen].key
            } else {
                name
            };
            entries.push(Entry::Node(chosen, name.to_owned(), None));
        }
        entries
    }

    /// Of several spellings of one field: the override, then the exact one, else none is right.
    fn choose(&self, group: &[Id], exact: impl Fn(&Id) -> bool) -> Id {
        if let &[one] = group {
            return one;
        }
        if group.iter().all(|&c| self.tree.is_section(c)) {
            let stays = group.iter().copied().find(&exact).unwrap_or(group[0]);
            let mut all = vec![stays];
            all.extend(group.iter().copied().filter(|&c| c != stays));
            self.merges.borrow_mut().push(all);
            return stays;
        }
        let overrides: Vec<Id> = group
            .iter()
            .copied()
            .filter(|&c| self.tree.nodes[c].origin.is_none() && !self.tree.is_section(c))
            .collect();
        let exacts: Vec<Id> = group.iter().copied().filter(exact).collect();
        match (overrides.as_slice(), exacts.as_slice()) {
            (&[one], _) => one,
            (_, &[one, ..]) => one,
            _ => {
                self.clashes.borrow_mut().push((group[0], group.to_vec()));
                group[0]
            }
        }
    }

    /// For something that keeps its names to itself.
    pub(super) fn named(&self, table: Id) -> Vec<Entry> {
        let style = self.style(table);
        let ids = self.handed_out(table);
        let keyed = self.fact(table, |f| f.keyed);
        let (takes_all, names, one, dissected) = self.fact(table, |f| {
            let one = f.wants.iter().any(|w| w == "string or map");
            (f.takes_all.is_some(), f.names, one, f.dissected)
        });
        if keyed != Keyed::Names {
            return ids
                .into_iter()
                .map(|id| Entry::Node(id, self.tree.nodes[id].key.clone(), None))
                .collect();
        }
        let mut entries = Vec::new();
        if style < CLEAN && names.is_none() && !one {
            entries.push(Entry::Canary);
        }
        let mut taken: Vec<String> = Vec::new();
        for &id in &ids {
            if let Some(spelling) = self.fact(id, |f| f.spelling.clone()) {
                taken.push(fold(&spelling));
                if self.present(id) {
                    entries.push(Entry::Node(id, spelling, None));
                }
            }
        }
        for &id in &ids {
            if self.fact(id, |f| f.spelling.is_some()) || (!self.present(id) && !takes_all) {
                continue;
            }
            let key = &self.tree.nodes[id].key;
            if one || style >= CLEAN {
                let probed = dissected && self.pass.get() < CLEAN && !self.fact(id, |f| f.live);
                entries.push(Entry::Node(id, key.clone(), probed.then_some(0)));
                continue;
            }
            if !takes_all && taken.contains(&fold(key)) {
                continue;
            }
            if style > 0 {
                let rival = ids.iter().any(|&c| {
                    c < id && fold(&self.tree.nodes[c].key) == fold(key) && self.fact(c, |f| f.spelling.is_none())
                });
                if rival {
                    continue;
                }
            }
            let spellings = self.spellings(id, names, style);
            entries.extend(
                spellings
                    .into_iter()
                    .enumerate()
                    .map(|(n, spelling)| Entry::Node(id, spelling, Some(n))),
            );
        }
        entries
    }

    /// The spellings under which a node of an unknown reader is tried. The same at the time a probe comes back.
    pub(super) fn spellings(&self, id: Id, names: Option<&'static [&'static str]>, style: usize) -> Vec<String> {
        let key = &self.tree.nodes[id].key;
        if style >= CLEAN {
            return vec![key.clone()];
        }
        if let Some(names) = names {
            return vec![fold::find(names, key).unwrap_or(key).to_owned()];
        }
        let mut spellings = fold::styles(key, style);
        if style == 0 {
            let folded = fold(key);
            let hints = self.hints.borrow();
            spellings.extend(hints.iter().filter(|h| fold(h) == folded && *h != key).cloned());
        }
        spellings
    }
}
