//! Which entries of a table are handed out, under which spelling, in which order.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::fold::{self, fold};
use crate::session::{CLEAN, Feed, Keyed, Session, Spellings};
use crate::tree::{Data, Id};

#[derive(Debug, Clone)]
pub(crate) enum Entry {
    /// A node, under this key; as a probe of this spelling where it is not known whether something reads it.
    Node(Id, Rc<str>, Option<usize>),
    Canary,
}

impl Session<'_> {
    fn key(&self, id: Id) -> Rc<str> {
        Rc::clone(&self.tree.nodes[id].key)
    }

    fn handed_out(&self, table: Id) -> Vec<Id> {
        let facts = self.facts.borrow();
        let mut ids: Vec<Id> = self.tree.nodes[table]
            .children
            .iter()
            .copied()
            .filter(|&c| facts[c].feed != Feed::Omit && !facts[c].shadowed)
            .collect();
        ids.sort_by_key(|&c| !facts[c].first);
        // A section with something hopeless in it stops the pass as surely as the hopeless thing itself.
        if facts.iter().any(|f| f.feed == Feed::Last) {
            ids.sort_by_cached_key(|&c| self.tree.below(c).into_iter().any(|n| facts[n].feed == Feed::Last));
        }
        ids
    }

    fn present(&self, id: Id) -> bool {
        !matches!(self.data(id), Data::Nil) || self.fact(id, |f| f.spoken)
    }

    /// For a struct that names its fields.
    pub(crate) fn fields(&self, table: Id, fields: &'static [&'static str]) -> Vec<Entry> {
        let exact: HashSet<&str> = fields.iter().copied().collect();
        let mut known: HashMap<String, &'static str> = HashMap::new();
        for field in fields {
            known.entry(fold(field)).or_insert(field);
        }
        let ids = self.handed_out(table);
        let mut groups: HashMap<&str, Vec<Id>> = HashMap::new();
        for &id in ids.iter().filter(|&&id| self.present(id)) {
            groups.entry(&self.tree.nodes[id].folded).or_default().push(id);
        }
        let mut entries = Vec::new();
        for &id in &ids {
            let folded = self.tree.nodes[id].folded.as_str();
            let name = known.get(folded);
            if !self.present(id) {
                self.change(id, |f| f.read |= name.is_some());
                continue;
            }
            let Some(name) = name else {
                entries.push(Entry::Node(id, self.key(id), None));
                continue;
            };
            let Some(group) = groups.remove(folded) else {
                continue;
            };
            let is_exact = |c: &Id| exact.contains(&*self.tree.nodes[*c].key);
            let chosen = self.choose(&group, is_exact);
            // Two fields may differ in nothing but `_`: both keys are wanted then, or serde will say what they share.
            let exacts: Vec<Id> = group.iter().copied().filter(is_exact).collect();
            if exacts.len() > 1 && exacts.contains(&chosen) {
                entries.extend(exacts.iter().map(|&c| Entry::Node(c, self.key(c), None)));
                continue;
            }
            for &other in group.iter().filter(|&&c| c != chosen) {
                self.change(other, |f| f.read = true);
            }
            let key = if is_exact(&chosen) {
                self.key(chosen)
            } else {
                Rc::from(*name)
            };
            entries.push(Entry::Node(chosen, key, None));
        }
        entries
    }

    /// Whether this node, under this key, is the one that holds an enum's tag.
    pub(crate) fn wins(&self, id: Id, key: &str, tag: &str) -> bool {
        let folded = fold(tag);
        let Some(table) = self.tree.nodes[id].parent.filter(|_| fold(key) == folded) else {
            return false;
        };
        let mut group = self.handed_out(table);
        group.retain(|&c| self.present(c) && self.tree.nodes[c].folded == folded);
        group.is_empty() || self.choose(&group, |c: &Id| *self.tree.nodes[*c].key == *tag) == id
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
        let overrides: Vec<Id> = group.iter().copied().filter(|&c| self.tree.is_override(c)).collect();
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

    /// For something that keeps its names to itself, or has none.
    pub(crate) fn named(&self, table: Id) -> Vec<Entry> {
        let ids = self.handed_out(table);
        let (keyed, takes_all, names, dissected, single) = self.fact(table, |f| {
            let single = f.wants.iter().any(|w| w == "string or map");
            (f.keyed, f.takes_all.is_some(), f.names, f.dissected, single)
        });
        if keyed != Keyed::Names {
            return ids.into_iter().map(|id| Entry::Node(id, self.key(id), None)).collect();
        }
        let style = self.style(table);
        let clean = self.pass.get() == CLEAN;
        let mut entries = Vec::new();
        if style < CLEAN && names.is_none() && !single {
            entries.push(Entry::Canary);
        }
        let mut taken: HashSet<String> = HashSet::new();
        let mut open = Vec::new();
        for id in ids {
            match self.fact(id, |f| f.spelling.clone()) {
                Some(spelling) => {
                    taken.insert(fold(&spelling));
                    let (live, hit) = self.fact(id, |f| (f.live, f.hit));
                    if self.present(id) && !(hit && live && self.quick.get()) {
                        // A hit that has to be looked at again by itself is a probe once more.
                        let probed = (hit && !live && !clean).then_some(0);
                        entries.push(Entry::Node(id, spelling, probed));
                    }
                }
                None if self.present(id) || takes_all => open.push(id),
                None => {}
            }
        }
        for id in open {
            if single || style >= CLEAN {
                let probed = dissected && !clean && !self.fact(id, |f| f.live);
                // A name that was asked for in vain may belong to a type that takes a probe for its value.
                let hint = (clean && !takes_all && !single).then(|| self.hinted(id)).flatten();
                let key = hint.unwrap_or_else(|| self.key(id));
                entries.push(Entry::Node(id, key, probed.then_some(0)));
                continue;
            }
            let folded = &self.tree.nodes[id].folded;
            // In any style but their own, two spellings of one name are the same entry.
            if (!takes_all && taken.contains(folded)) || (style > 0 && !taken.insert(folded.clone())) {
                continue;
            }
            let spellings = self.spellings(id, names, style);
            let entry = |(n, spelling): (usize, &Rc<str>)| Entry::Node(id, Rc::clone(spelling), Some(n));
            entries.extend(spellings.iter().enumerate().map(entry));
        }
        entries
    }

    fn hinted(&self, id: Id) -> Option<Rc<str>> {
        let hints = self.hints.borrow();
        let folded = &self.tree.nodes[id].folded;
        hints.iter().find(|h| fold(h) == *folded).map(|h| Rc::from(h.as_str()))
    }

    /// The spellings under which a node of an unknown reader is tried. The same at the time a probe comes back.
    pub(crate) fn spellings(&self, id: Id, names: Option<&'static [&'static str]>, style: usize) -> Spellings {
        let node = &self.tree.nodes[id];
        if style >= CLEAN {
            return [Rc::clone(&node.key)].into();
        }
        if let Some(names) = names {
            return [fold::find(names, &node.key).map_or_else(|| Rc::clone(&node.key), Rc::from)].into();
        }
        let mut styles = self.styles.borrow_mut();
        let spellings = styles.entry((id, style)).or_insert_with(|| {
            let mut spellings: Vec<Rc<str>> = fold::styles(&node.key, style).into_iter().map(Rc::from).collect();
            if style == 0 {
                let hints = self.hints.borrow();
                let others = hints.iter().filter(|h| **h != *node.key && fold(h) == node.folded);
                spellings.extend(others.map(|h| Rc::from(h.as_str())));
            }
            spellings.into()
        });
        Rc::clone(spellings)
    }
}
