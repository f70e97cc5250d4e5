//! Pass after pass over the configuration, until the type is content or nothing new can be learnt.
//!
//! serde stops at the first thing it does not like, and behind `flatten` and tagged or untagged enums it buffers values, so
//! that neither the fields' names nor their types reach us. Hence each pass learns one thing or more: which spelling of a
//! key something reads and what it wants there (a probe comes back), that a text has to become a number, or that
//! something is wrong for good. The last is written down, a stand-in takes its place, and the next pass looks further.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde::de::DeserializeOwned;

use super::coerce::{self, Kind};
use super::dummy;
use super::fault::{Fault, Mark, Seen, What, watch};
use super::fold::{self, fold};
use super::read::At;
use super::report::Report;
use super::session::{CLEAN, Feed, Keyed, Session};
use super::tree::{Data, Id, ROOT, Tree};
use crate::Problem;

/// Visits of nodes, over all passes. Far more than any configuration needs; a bound all the same.
const WORK: usize = 20_000_000;
const FEWEST_PASSES: usize = 500;

pub(super) struct Solver<'c> {
    session: Session<'c>,
    report: Report,
    texts: BTreeMap<usize, (usize, Id)>,
    /// The node that something was learnt about last, until an error has been blamed on it.
    newest: Option<Id>,
    suspect: Option<(Id, What)>,
    last_hit: Option<Id>,
    /// Values that were hit and settled, but not yet handed out to see whether they are accepted.
    unproven: Vec<Id>,
    /// One value at a time: an error had to be blamed on one of several.
    careful: bool,
    /// Tables of which it is known that they do not have that field.
    excluded: BTreeSet<(Id, &'static str)>,
}

impl<'c> Solver<'c> {
    pub(super) fn new(tree: Tree<'c>, report: Report) -> Self {
        let session = Session::new(tree);
        let mut texts = BTreeMap::new();
        for id in 0..session.tree.nodes.len() {
            if let Some(text) = session.tree.text(id).filter(|t| !t.is_empty()) {
                texts.insert(text.as_ptr() as usize, (text.len(), id));
            }
        }
        Self {
            session,
            report,
            texts,
            newest: None,
            suspect: None,
            last_hit: None,
            unproven: Vec::new(),
            careful: false,
            excluded: BTreeSet::new(),
        }
    }

    pub(super) fn solve<T: DeserializeOwned>(mut self, strict: bool) -> Result<T, Vec<Problem>> {
        let mut passes = (WORK / self.session.tree.nodes.len().max(1)).max(FEWEST_PASSES);
        let mut last = None;
        let value = loop {
            passes = passes.saturating_sub(1);
            if passes == 0 {
                break None;
            }
            let (result, seen) = self.pass::<T>();
            let learned = self.absorb(&seen) | self.merge() | self.clash();
            if learned || self.session.learned.get() {
                // A table that only now turned out to be buffered has not been probed at all.
                if self.session.pass.get() == CLEAN {
                    self.session.pass.set(0);
                }
                self.session.quick.set(!self.careful);
                continue;
            }
            if self.session.quick.replace(false) {
                continue;
            }
            if result.as_ref().is_err_and(|fault| self.doubt(fault)) {
                continue;
            }
            if result.is_ok() {
                self.unproven.clear();
            }
            let probing = self.session.pass.get() < CLEAN && self.buffered();
            match result {
                Ok(value) if !probing => break Some(value),
                Ok(_) => self.session.pass.set(self.session.pass.get() + 1),
                Err(fault) if probing => {
                    self.suspect(&fault);
                    self.session.pass.set(self.session.pass.get() + 1);
                }
                Err(fault) => {
                    self.suspect(&fault);
                    let progress = self.hint(&fault) || self.handle(&fault);
                    last = Some(fault);
                    if !progress {
                        break None;
                    }
                    self.session.pass.set(0);
                }
            }
        };
        if strict {
            self.report.unread(&self.session);
        }
        let problems = self.report.problems(&self.session, value.is_none(), last.as_ref());
        match value {
            Some(value) if problems.is_empty() => Ok(value),
            _ => Err(problems),
        }
    }

    fn pass<T: DeserializeOwned>(&mut self) -> (Result<T, Fault>, Vec<Seen>) {
        self.session.learned.set(false);
        self.session.latest.set(None);
        self.session.clashes.get_mut().clear();
        self.session.merges.get_mut().clear();
        let session = &self.session;
        watch(|| T::deserialize(At::new(session, ROOT)))
    }

    /// Whether an error may be due to any of several values, which then are probed one after the other.
    fn doubt(&mut self, fault: &Fault) -> bool {
        if self.careful || self.unproven.len() < 2 || matches!(fault.what, What::Missing(_)) {
            return false;
        }
        self.careful = true;
        for id in self.unproven.drain(..) {
            self.session.change(id, |f| f.live = false);
        }
        true
    }

    fn buffered(&self) -> bool {
        self.session.facts.borrow().iter().any(|f| f.keyed == Keyed::Names)
    }

    fn node(&self, mark: Mark) -> Option<Id> {
        match mark {
            Mark::Probe(id, _) => Some(id),
            Mark::Canary(_) => None,
            Mark::Text(address) => {
                let blanks = self.session.blanks.as_ptr() as usize;
                if (blanks..blanks + self.session.blanks.len()).contains(&address) {
                    return Some(address - blanks).filter(|&id| self.session.tree.is_blank(id));
                }
                let (start, (len, id)) = self.texts.range(..=address).next_back()?;
                (address < start + len).then_some(*id)
            }
        }
    }

    /// What came back from the probes of this pass.
    fn absorb(&mut self, seen: &[Seen]) -> bool {
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

    fn want(&self, id: Id, expected: &str) {
        self.session.change(id, |f| {
            if !expected.is_empty() && !f.wants.iter().any(|w| w == expected) {
                f.wants.push(expected.to_owned());
            }
        });
    }

    /// Something takes whatever is in this table, as it is spelled.
    fn open(&mut self, table: Id) {
        for &child in &self.session.tree.nodes[table].children {
            self.session.change(child, |f| f.read = true);
        }
        self.newest = Some(table);
    }

    fn hit(&mut self, id: Id, spelling: usize) -> Id {
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
    fn settle(&self, id: Id) {
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
    fn spread(&self, id: Id) {
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

    fn merge(&mut self) -> bool {
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

    fn clash(&mut self) -> bool {
        let clashes = std::mem::take(self.session.clashes.get_mut());
        for (chosen, group) in &clashes {
            self.report.clash(&self.session.tree, *chosen, group);
            for &other in group.iter().filter(|c| *c != chosen) {
                self.session.change(other, |f| f.shadowed = true);
            }
        }
        !clashes.is_empty()
    }

    /// An error that serde's buffer left without a place belongs to what was opened just before it first came up.
    fn suspect(&mut self, fault: &Fault) {
        if self.suspect.as_ref().is_some_and(|(_, what)| *what == fault.what) && self.newest.is_none() {
            return;
        }
        self.suspect = self.newest.take().map(|id| (id, fault.what.clone()));
    }

    /// A field's name that came to light: a key that folds to it is tried under it.
    fn hint(&mut self, fault: &Fault) -> bool {
        let What::Missing(name) = fault.what else {
            return false;
        };
        let hints = self.session.hints.get_mut();
        if hints.iter().any(|h| h == name) {
            return false;
        }
        hints.push(name.to_owned());
        self.session.styles.get_mut().retain(|(_, style), _| *style > 0);
        let folded = fold(name);
        (0..self.session.tree.nodes.len())
            .any(|id| self.session.tree.nodes[id].folded == folded && !self.session.fact(id, |f| f.live))
    }

    /// Whether something was done about it that makes another pass worth while.
    fn handle(&mut self, fault: &Fault) -> bool {
        let exact = fault.mark.and_then(|mark| self.node(mark));
        let at = exact.or(fault.at).unwrap_or(ROOT);
        match &fault.what {
            What::Missing(name) => self.missing(at, name),
            What::Duplicate(name) => self.duplicate(at, name),
            What::UnknownField(name) => self.unknown_field(at, name),
            what => {
                let culprit = self.culprit(at, exact.is_some(), what);
                // What stands in is less likely to blame than a neighbour that was never looked at by itself.
                if culprit != at && self.report.has(culprit) {
                    let below = self.session.tree.below(at);
                    if below.into_iter().any(|id| self.dissect(id)) {
                        return true;
                    }
                }
                match what {
                    What::UnknownVariant(variants) => self.unknown_variant(culprit, variants),
                    _ => self.refused(culprit, what),
                }
            }
        }
    }

    fn culprit(&self, at: Id, exact: bool, what: &What) -> Id {
        // A value that was not buffered is asked for by its type and has its place.
        let buffered = self.session.fact(at, |f| f.untyped || f.keyed == Keyed::Names);
        let container = matches!(self.session.data(at), Data::Table | Data::List | Data::Missing);
        if exact || !buffered || !container {
            return at;
        }
        match &self.suspect {
            Some((id, blamed)) if blamed == what && self.session.tree.within(*id, at) => *id,
            _ => at,
        }
    }

    fn missing(&mut self, at: Id, name: &'static str) -> bool {
        if let Some((id, What::Missing(blamed))) = self.suspect {
            let stands_for_section = self.session.fact(id, |f| {
                f.untyped && f.wants.first().is_some_and(|w| Kind::of(w) == Kind::Section)
            });
            if blamed == name && self.report.has(id) && stands_for_section && !self.session.tree.is_section(id) {
                return self.advance(id);
            }
        }
        let (fields, optional) = self
            .session
            .fact(at, |f| (matches!(f.keyed, Keyed::Fields(_)), f.optional && !f.read));
        if fields || optional {
            return self.missing_of(at, name).unwrap_or(false);
        }
        let folded = fold(name);
        for id in self.session.tree.below(at) {
            let wrong = self.session.tree.is_missing(id)
                && *self.session.tree.nodes[id].key == *name
                && self.session.fact(id, |f| !f.live && !f.read && f.feed != Feed::Omit);
            if let (true, Some(parent)) = (wrong, self.session.tree.nodes[id].parent) {
                self.excluded.insert((parent, name));
                self.session.change(id, |f| f.feed = Feed::Omit);
                self.report.withdraw(id);
            }
        }
        let tree = &self.session.tree;
        let near = self.last_hit.map(|id| {
            let parent = tree.nodes[id].parent.unwrap_or(ROOT);
            if tree.is_section(id) {
                vec![id, parent]
            } else {
                vec![parent]
            }
        });
        let mut tables: Vec<Id> = near.unwrap_or_default();
        tables.retain(|&t| tree.within(t, at));
        tables.extend(tree.below(at));
        tables.retain(|&t| {
            tree.is_section(t)
                && self
                    .session
                    .fact(t, |f| matches!(f.keyed, Keyed::Names | Keyed::Unknown))
        });
        for table in tables {
            if self.excluded.contains(&(table, name)) {
                continue;
            }
            let has = self.session.tree.nodes[table]
                .children
                .iter()
                .any(|&c| self.session.tree.nodes[c].folded == folded && self.session.fact(c, |f| f.live));
            let changes = self.missing_of(table, name);
            match changes {
                Some(true) => return true,
                _ if has => continue,
                _ => {}
            }
        }
        self.report
            .custom(&self.session.tree, at, &format!("a field `{name}` is missing in it"));
        false
    }

    /// `None` where the field is there after all.
    fn missing_of(&mut self, table: Id, name: &'static str) -> Option<bool> {
        let folded = fold(name);
        let children = self.session.tree.nodes[table].children.clone();
        let same = children
            .iter()
            .copied()
            .find(|&c| self.session.tree.nodes[c].folded == folded && !self.session.fact(c, |f| f.shadowed));
        if let Some(child) = same {
            let withheld = matches!(self.session.data(child), Data::Nil);
            return self.session.change(child, |f| match f.feed {
                Feed::Omit => {
                    f.feed = Feed::Last;
                    Some(true)
                }
                _ if withheld && !f.spoken => {
                    f.spoken = true;
                    Some(true)
                }
                _ => None,
            });
        }
        // The field may be one that was withheld under another name of it.
        let mut back = false;
        for child in children {
            back |= self.session.change(child, |f| {
                let omitted = f.feed == Feed::Omit;
                if omitted {
                    f.feed = Feed::Last;
                }
                omitted
            });
        }
        if back {
            return Some(true);
        }
        let id = self.session.add_missing(table, name);
        self.report.missing(id);
        Some(true)
    }

    fn duplicate(&mut self, at: Id, name: &'static str) -> bool {
        let direct = matches!(self.session.fact(at, |f| f.keyed), Keyed::Fields(_));
        let latest = self.session.latest.get().filter(|_| direct);
        let Some(latest) = latest else {
            let text = format!("more than one key sets the field `{name}`");
            self.report.custom(&self.session.tree, at, &text);
            return false;
        };
        let first = self.session.tree.nodes[at]
            .children
            .iter()
            .copied()
            .find(|&c| self.session.fact(c, |f| f.first));
        // Put in front, it makes its partner the one that is complained about.
        let Some(first) = first.filter(|&f| f != latest) else {
            self.session.change(latest, |f| f.first = true);
            return true;
        };
        let tree = &self.session.tree;
        let over = |c: Id| tree.nodes[c].origin.is_none();
        let exact = |c: Id| *tree.nodes[c].key == *name;
        let (wins, loses) = match (over(first), over(latest), exact(first), exact(latest)) {
            (true, false, ..) => (first, latest),
            (false, true, ..) => (latest, first),
            (_, _, true, false) => (first, latest),
            (_, _, false, true) => (latest, first),
            _ => {
                self.report.clash(tree, first, &[first, latest]);
                (first, latest)
            }
        };
        self.session.change(wins, |f| f.first = false);
        self.session.change(loses, |f| {
            f.first = false;
            f.shadowed = true;
        });
        true
    }

    fn unknown_field(&mut self, at: Id, name: &str) -> bool {
        let found = self.session.tree.below(at).into_iter().find(|&id| {
            self.session
                .fact(id, |f| f.feed != Feed::Omit && f.emitted.as_deref() == Some(name))
        });
        let Some(id) = found else {
            self.report
                .custom(&self.session.tree, at, "a key in it is not known to its type");
            return false;
        };
        self.report.unknown_key(&self.session, id);
        self.session.change(id, |f| {
            f.feed = Feed::Omit;
            f.read = true;
        });
        true
    }

    fn unknown_variant(&mut self, id: Id, variants: &'static [&'static str]) -> bool {
        if self.report.has(id) || self.session.tree.is_missing(id) {
            return self.advance(id);
        }
        let (feed, untyped, tag) = self.session.fact(id, |f| {
            let whole = f.wants.iter().any(|w| w == "string or map");
            (f.feed, f.untyped, f.tag || (f.untyped && f.live && !whole))
        });
        let children = self.session.tree.nodes[id].children.clone();
        if let (true, &[child]) = (untyped, children.as_slice()) {
            let known = fold::find(variants, &self.session.tree.nodes[child].key);
            let spelling: Option<Rc<str>> = known.map(Rc::from);
            if spelling.is_some() && self.session.fact(child, |f| f.spelling != spelling) {
                self.session.change(child, |f| f.spelling = spelling);
                return true;
            }
        }
        let text = coerce::to_text(self.session.data(id)).unwrap_or_default();
        if let Some(known) = fold::find(variants, text.trim()) {
            if feed != Feed::Variant(known) {
                self.session.change(id, |f| f.feed = Feed::Variant(known));
                return true;
            }
        }
        if self.nullify(id) {
            return true;
        }
        self.report.variant(&self.session.tree, id, variants);
        // Under another tag other fields would be missing, which is nobody's fault.
        self.session
            .change(id, |f| f.feed = if tag { Feed::Omit } else { Feed::Dummy(0) });
        if untyped && !tag {
            let first = variants.first().map_or(Feed::Omit, |v| Feed::Variant(v));
            self.session.change(id, |f| f.feed = first);
        }
        self.newest = Some(id).filter(|_| untyped);
        true
    }

    /// A blank text where an `Option` asked, or where serde's buffer hides whether one does.
    fn nullify(&mut self, id: Id) -> bool {
        let may = self
            .session
            .fact(id, |f| (f.optional || f.untyped) && f.feed != Feed::Null);
        if may && self.session.tree.is_blank(id) {
            self.session.change(id, |f| f.feed = Feed::Null);
            self.newest = Some(id);
            return true;
        }
        false
    }

    fn refused(&mut self, id: Id, what: &What) -> bool {
        if self.report.has(id) || self.session.tree.is_missing(id) {
            return self.advance(id);
        }
        if self.nullify(id) || self.dissect(id) || self.retype(id, what) {
            return true;
        }
        let wanted = self.session.fact(id, |f| f.wants.first().cloned());
        let what = match (what, wanted) {
            (What::Expected(_), Some(wanted)) => What::Expected(wanted),
            (what, _) => what.clone(),
        };
        self.report.refused(&self.session.tree, id, &what);
        self.advance(id)
    }

    /// Another type for a value that was handed out with its own.
    fn retype(&mut self, id: Id, what: &What) -> bool {
        let (untyped, wants, tried) = self.session.fact(id, |f| (f.untyped, f.wants.clone(), f.tried.clone()));
        if !untyped {
            return false;
        }
        let mut kinds: Vec<Kind> = wants.iter().map(|w| Kind::of(w)).collect();
        if let What::Expected(expected) = what {
            kinds.push(Kind::of(expected));
        }
        if kinds.iter().all(|k| *k == Kind::Other) {
            kinds.extend([Kind::Integer, Kind::Float, Kind::Bool, Kind::Text]);
        }
        let indexed = self.session.tree.is_indexed(id);
        let data = *self.session.data(id);
        let next = kinds
            .into_iter()
            .find(|k| !tried.contains(k) && coerce::fits(&data, *k, indexed));
        let Some(kind) = next else {
            return false;
        };
        self.session.change(id, |f| {
            f.feed = Feed::As(kind);
            f.tried.push(kind);
        });
        self.spread(id);
        self.newest = Some(id);
        true
    }

    /// Looks into a buffered list, or what a map has taken, element by element.
    fn dissect(&mut self, id: Id) -> bool {
        let children = self.session.tree.nodes[id].children.len();
        let may = children > 0
            && self.session.fact(id, |f| match self.session.data(id) {
                Data::List => f.untyped && !f.dissected,
                Data::Table => f.takes_all.is_some_and(|style| style >= CLEAN) && !f.dissected,
                _ => false,
            });
        if may {
            self.session.change(id, |f| {
                f.dissected = true;
                // Probes need the passes that send them.
                f.keyed = if f.keyed == Keyed::Unknown { Keyed::Any } else { f.keyed };
            });
        }
        may
    }

    /// The next stand-in; at the end of them nothing, and where that will not do either, the value itself at the very end.
    fn advance(&mut self, id: Id) -> bool {
        if id == ROOT {
            return false;
        }
        let section = self.session.tree.is_section(id)
            && !self.session.tree.is_missing(id)
            && self.session.fact(id, |f| f.keyed != Keyed::Unknown);
        let feed = self.session.feed(id);
        let next = match feed {
            Feed::Last | Feed::Omit => return false,
            Feed::Dummy(n) if n + 1 < dummy::MOST => Feed::Dummy(n + 1),
            Feed::Dummy(_) => Feed::Omit,
            _ if section => Feed::Omit,
            _ => Feed::Dummy(0),
        };
        let untyped = self.session.change(id, |f| {
            f.feed = next;
            f.untyped
        });
        self.newest = Some(id).filter(|_| untyped);
        true
    }
}
