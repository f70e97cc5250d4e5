//! What to hand out instead of what was refused.

use crate::coerce::{self, Kind};
use crate::dummy;
use crate::fault::What;
use crate::session::{CLEAN, Feed, Keyed};
use crate::solve::Solver;
use crate::tree::{Data, Id, ROOT};

impl Solver<'_> {
    /// A blank text where an `Option` asked, or where serde's buffer hides whether one does.
    pub(crate) fn nullify(&mut self, id: Id) -> bool {
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

    pub(crate) fn refused(&mut self, id: Id, what: &What) -> bool {
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
    pub(crate) fn retype(&mut self, id: Id, what: &What) -> bool {
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
    pub(crate) fn dissect(&mut self, id: Id) -> bool {
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
    pub(crate) fn advance(&mut self, id: Id) -> bool {
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
