//! Pass after pass over the configuration, until the type is content or nothing new can be learnt.
//!
//! serde stops at the first thing it does not like, and behind `flatten` and tagged or untagged enums it buffers values, so
//! that neither the fields' names nor their types reach us. Hence each pass learns one thing or more: which spelling of a
//! key something reads and what it wants there (a probe comes back), that a text has to become a number, or that
//! something is wrong for good. The last is written down, a stand-in takes its place, and the next pass looks further.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;

use crate::binder::Binder;
use crate::error::Problem;
use crate::fault::{Fault, Mark, Seen, What, watch};
use crate::read::At;
use crate::report::Report;
use crate::session::{CLEAN, Keyed, Session};
use crate::tree::{Id, ROOT, Tree};

/// A bound on passes from one problem to the next: so many, and so many more for each node. Far more than any
/// configuration was seen to need.
const PASSES: usize = 500;
const PASSES_PER_NODE: usize = 30;
/// Nobody reads more problems than that.
const MOST_PROBLEMS: usize = 500;

pub(crate) struct Solver<'c> {
    pub(crate) session: Session<'c>,
    pub(crate) report: Report,
    pub(crate) texts: BTreeMap<usize, (usize, Id)>,
    /// The node that something was learnt about last, until an error has been blamed on it.
    pub(crate) newest: Option<Id>,
    pub(crate) suspect: Option<(Id, What)>,
    pub(crate) last_hit: Option<Id>,
    /// Values that were hit and settled, but not yet handed out to see whether they are accepted.
    pub(crate) unproven: Vec<Id>,
    /// One value at a time: an error had to be blamed on one of several.
    pub(crate) careful: bool,
    /// Tables of which it is known that they do not have that field.
    pub(crate) excluded: BTreeSet<(Id, &'static str)>,
}

impl<'c> Solver<'c> {
    pub(crate) fn new(tree: Tree<'c>, report: Report) -> Self {
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

    pub(crate) fn solve<T: DeserializeOwned>(mut self, binder: &Binder<'_>) -> Result<T, Vec<Problem>> {
        let most = PASSES + PASSES_PER_NODE * self.session.tree.nodes.len();
        let mut passes = most;
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
                    let known = self.report.len();
                    let progress = self.hint(&fault) || self.handle(&fault);
                    if (known + 1..MOST_PROBLEMS).contains(&self.report.len()) {
                        passes = most;
                    }
                    last = Some(fault);
                    if !progress {
                        break None;
                    }
                    self.session.pass.set(0);
                }
            }
        };
        if binder.is_strict() {
            self.report.unread(&self.session, binder);
        }
        let problems = self
            .report
            .problems(&self.session, value.is_none(), last.as_ref(), binder);
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
        self.session
            .facts
            .borrow()
            .iter()
            .any(|f| f.keyed == Keyed::Names || f.dissected)
    }

    pub(crate) fn node(&self, mark: Mark) -> Option<Id> {
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
}
