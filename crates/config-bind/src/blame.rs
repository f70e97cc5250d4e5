//! What an error says, and which node it is about.

use std::rc::Rc;

use crate::coerce::{self, Kind};
use crate::fault::{Fault, What};
use crate::fold::{self, fold};
use crate::session::{Fact, Feed, Keyed};
use crate::solve::Solver;
use crate::tree::{Data, Id, ROOT};

impl Solver<'_> {
    /// An error that serde's buffer left without a place belongs to what was opened just before it first came up.
    pub(crate) fn suspect(&mut self, fault: &Fault) {
        if self.suspect.as_ref().is_some_and(|(_, what)| *what == fault.what) && self.newest.is_none() {
            return;
        }
        self.suspect = self.newest.take().map(|id| (id, fault.what.clone()));
    }

    /// A field's name that came to light: a key that folds to it is tried under it.
    pub(crate) fn hint(&mut self, fault: &Fault) -> bool {
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
    pub(crate) fn handle(&mut self, fault: &Fault) -> bool {
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

    pub(crate) fn culprit(&self, at: Id, exact: bool, what: &What) -> Id {
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

    pub(crate) fn missing(&mut self, at: Id, name: &'static str) -> bool {
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
                && self.session.fact(id, |f| !f.live && !f.read && !f.shadowed);
            if let (true, Some(parent)) = (wrong, self.session.tree.nodes[id].parent) {
                self.excluded.insert((parent, name));
                self.session.change(id, |f| f.shadowed = true);
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
            let open = |f: &Fact| t == at || f.live || f.keyed == Keyed::Names;
            let unnamed = |f: &Fact| matches!(f.keyed, Keyed::Names | Keyed::Unknown);
            tree.is_section(t) && self.session.fact(t, |f| !f.shadowed && unnamed(f) && open(f))
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
        // A list or a text can lack a field, too: a tagged enum looks for its tag in an empty list.
        if let Some((id, What::Missing(blamed))) = self.suspect
            && blamed == name
            && !self.session.tree.is_section(id)
            && self.session.fact(id, |f| f.untyped)
        {
            return self.refused(id, &What::Expected("a map".to_owned()));
        }
        self.report
            .custom(&self.session.tree, at, &format!("a field `{name}` is missing in it"));
        false
    }

    /// `None` where the field is there after all.
    pub(crate) fn missing_of(&mut self, table: Id, name: &'static str) -> Option<bool> {
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
                let omitted = f.feed == Feed::Omit && !f.shadowed;
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

    pub(crate) fn duplicate(&mut self, at: Id, name: &'static str) -> bool {
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

    pub(crate) fn unknown_field(&mut self, at: Id, name: &str) -> bool {
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

    pub(crate) fn unknown_variant(&mut self, id: Id, variants: &'static [&'static str]) -> bool {
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
        if let Some(known) = fold::find(variants, text.trim())
            && feed != Feed::Variant(known)
        {
            self.session.change(id, |f| f.feed = Feed::Variant(known));
            return true;
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
}
