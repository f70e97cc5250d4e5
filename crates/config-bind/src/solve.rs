//! Pass after pass over the configuration, until the type is content or nothing new can be learnt.

use std::collections::{BTreeMap, HashMap};

use serde::de::DeserializeOwned;

use crate::binder::Binder;
use crate::coerce;
use crate::error::Problem;
use crate::fault::{Fault, Found, Mark, Seen, watch};
use crate::peers::Peers;
use crate::read::{ASKED, At};
use crate::report::Report;
use crate::session::{Feed, Keyed, Open, Session};
use crate::tree::{Data, Id, ROOT, Tree};

/// Far more passes than any configuration was seen to need.
const PASSES: usize = 2_000;

pub(crate) struct Solver<'c> {
    pub(crate) session: Session<'c>,
    pub(crate) report: Report,
    /// Where the texts are: what is refused of them comes back with its address.
    texts: BTreeMap<usize, (usize, Id)>,
    /// Fields that were put where they may be missing, until somebody asks for them.
    pub(crate) supposed: Vec<Id>,
    /// The stand-in that was tried last among peers.
    pub(crate) good: HashMap<Id, usize>,
    /// How often something happened among peers.
    pub(crate) counts: HashMap<(Id, &'static str), usize>,
}

impl<'c> Solver<'c> {
    pub(crate) fn new(tree: Tree<'c>, report: Report) -> Self {
        Self {
            session: Session::new(tree),
            report,
            texts: BTreeMap::new(),
            supposed: Vec::new(),
            good: HashMap::new(),
            counts: HashMap::new(),
        }
    }

    pub(crate) fn solve<T: DeserializeOwned>(mut self, binder: &Binder<'_>) -> Result<T, Vec<Problem>> {
        let mut value = None;
        let mut last = None;
        for _ in 0..PASSES {
            let (result, seen) = self.pass::<T>();
            if self.learn(&seen) {
                continue;
            }
            match result {
                Ok(_) if self.reconsider::<T>(&seen) => {}
                Ok(bound) => {
                    value = Some(bound);
                    break;
                }
                Err(fault) => {
                    let progress = self.handle::<T>(&fault, &seen);
                    last = Some(fault);
                    if !progress {
                        break;
                    }
                }
            }
        }
        if binder.is_strict() {
            if value.is_some() {
                self.ask_all::<T>();
            }
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
        self.session.refused.get_mut().clear();
        self.session.clashes.get_mut().clear();
        self.session.merges.get_mut().clear();
        let session = &self.session;
        watch(|| T::deserialize(At::new(session, ROOT)))
    }

    /// What came to light on the way. Whether there is something new in it, so that the pass has to be made again.
    fn learn(&mut self, seen: &[Seen]) -> bool {
        for (id, what) in std::mem::take(self.session.refused.get_mut()) {
            self.report.refused(&self.session.tree, id, &what);
        }
        for id in std::mem::take(&mut self.supposed) {
            match self.session.fact(id, |f| f.heard) {
                true => self.report.missing(id),
                false => self.supposed.push(id),
            }
        }
        let mut learned = self.session.learned.get() | self.merge() | self.clash();
        let peers = seen.iter().any(|s| !matches!(s.mark, Mark::Text(_))) || learned;
        let Some(peers) = peers.then(|| Peers::of(&self.session)) else {
            return false;
        };
        for one in seen {
            match one.mark {
                Mark::Canary(table) => learned |= self.open(&peers, table, one.names),
                Mark::Probe(id, ASKED) => learned |= self.suppose(&peers, id, &one.what),
                Mark::Probe(id, style) => {
                    self.claim(&peers, id, style);
                    learned = true;
                }
                Mark::Text(_) => {}
            }
        }
        self.spread(&peers);
        learned
    }

    /// Finds out what is read at all.
    fn ask_all<T: DeserializeOwned>(&mut self) {
        for id in 0..self.session.tree.nodes.len() {
            // What a map takes is read, whatever it is.
            let taken = |p| self.session.fact(p, |f| f.open != Open::No || f.keyed == Keyed::Any);
            let taken = self.session.tree.nodes[id].parent.is_some_and(taken);
            self.session.change(id, |f| {
                f.heard = !f.untyped || taken;
                f.read |= taken;
            });
        }
        self.interrogate::<T>(ROOT, None);
    }

    /// Texts that something refused, and that went on all the same: as another variant of an untagged enum, which may have
    /// them, or because what refused them is optional, and then they are to be what it wanted.
    fn reconsider<T: DeserializeOwned>(&mut self, seen: &[Seen]) -> bool {
        let nodes: Vec<Id> = seen.iter().filter_map(|s| self.node(s.mark)).collect();
        let new = nodes
            .into_iter()
            .filter(|&id| self.session.fact(id, |f| !f.sure && f.feed == Feed::Natural));
        let new: Vec<Id> = new.collect();
        if new.is_empty() {
            return false;
        }
        let peers = Peers::of(&self.session);
        self.hear(&(0..self.session.tree.nodes.len()).collect::<Vec<_>>(), true);
        for &id in &new {
            self.hear(peers.like(id), false);
        }
        self.interrogate::<T>(ROOT, None);
        let mut progress = false;
        for id in new {
            let wants = self.session.fact(id, |f| f.wants.clone());
            let fine = |want: &String| coerce::is(self.session.data(id), coerce::Kind::of(want));
            if wants.iter().flat_map(|w| w.iter()).any(fine) {
                for &peer in peers.like(id) {
                    self.session.change(peer, |f| f.sure = true);
                }
            } else if self.session.fact(id, |f| !f.sure) {
                self.session.change(id, |f| {
                    f.sure = true;
                    f.try_out(Feed::Natural);
                });
                progress |= self.session.nullify(id) || self.refit(id);
            }
        }
        progress
    }

    /// Asks the type for each value below that node that was not heard yet: a probe is handed out instead, and once it has
    /// come back the value itself. Where a fault is to be placed, it is back as soon as the value that caused it is.
    fn interrogate<T: DeserializeOwned>(&mut self, below: Id, fault: Option<&Fault>) -> Option<Id> {
        let is_back = |now: &Fault| fault.is_some_and(|f| f.what == now.what && f.found == now.found);
        self.session.asking.set(Some(below));
        let peers = Peers::of(&self.session);
        let mut latest = None;
        let found = loop {
            let (result, seen) = self.pass::<T>();
            let asked = seen.iter().filter_map(|s| match s.mark {
                Mark::Probe(id, ASKED) => Some((id, &s.what)),
                _ => None,
            });
            let asked: Vec<_> = asked.filter(|&(id, _)| !self.session.fact(id, |f| f.heard)).collect();
            if asked.is_empty() {
                break latest.filter(|_| result.is_err_and(|now| is_back(&now)));
            }
            for &(id, what) in &asked {
                self.want(id, what);
                self.hear(peers.like(id), true);
                let wants = self.session.fact(id, |f| f.wants.clone());
                for &peer in peers.like(id) {
                    self.session.change(peer, |f| {
                        f.read = true;
                        f.wants.clone_from(&wants);
                    });
                }
                latest = Some(id);
            }
        };
        let found = found.map(|id| {
            let mut like: Vec<Id> = peers.like(id).to_vec();
            like.retain(|&p| self.session.tree.within(p, below) && self.session.fact(p, |f| f.untyped));
            let (mut from, mut to) = (0, like.len());
            while to - from > 1 {
                let middle = (from + to) / 2;
                self.hear(&like[middle..], false);
                let (result, seen) = self.pass::<T>();
                let asked = seen.iter().any(|s| matches!(s.mark, Mark::Probe(_, ASKED)));
                if result.is_err_and(|now| is_back(&now)) && !asked {
                    to = middle;
                } else {
                    from = middle;
                }
                self.hear(&like, true);
            }
            like.get(from).copied().unwrap_or(id)
        });
        self.session.asking.set(None);
        found
    }

    fn hear(&self, ids: &[Id], heard: bool) {
        for &id in ids {
            self.session.change(id, |f| f.heard = heard);
        }
    }

    /// Which node a fault is about.
    pub(crate) fn locate<T: DeserializeOwned>(&mut self, fault: &Fault) -> Id {
        if let Some(id) = fault.mark.and_then(|mark| self.node(mark)) {
            return id;
        }
        let at = fault.at.unwrap_or(ROOT);
        // A value that was not buffered is asked for by its type and has its place.
        let buffered = self.session.fact(at, |f| f.untyped || f.keyed == Keyed::Names);
        if !buffered || !self.session.tree.is_container(at) {
            return at;
        }
        let below = self.session.tree.below(at);
        let mut alike = below.into_iter().filter(|&id| self.looks(id, fault.found));
        if let (Some(id), None) = (alike.next(), alike.next()) {
            return id;
        }
        for id in self.session.tree.below(at) {
            self.session.change(id, |f| f.heard = !f.untyped);
        }
        self.interrogate::<T>(at, Some(fault)).unwrap_or(at)
    }

    /// Whether that node was handed out as what was found.
    fn looks(&self, id: Id, found: Found) -> bool {
        let data = self.session.data(id);
        let (feed, untyped) = self.session.fact(id, |f| (f.feed, f.untyped));
        let integer = || match coerce::to_integer(data)? {
            coerce::Number::Signed(n) => Some(n),
            coerce::Number::Unsigned(n) => i128::try_from(n).ok(),
        };
        let handed = match (feed, data) {
            (Feed::Null, _) | (Feed::Natural, Data::Nil) => Found::Unit,
            (Feed::As(coerce::Kind::Bool), _) | (Feed::Natural, Data::Bool(_)) => {
                coerce::to_bool(data).map_or(Found::Other, Found::Bool)
            }
            (Feed::As(coerce::Kind::Integer), _) | (Feed::Natural, Data::Signed(_) | Data::Unsigned(_)) => {
                let number = integer().unwrap_or_default();
                let unsigned = u64::try_from(number).ok().map(Found::Unsigned);
                let signed = || i64::try_from(number).ok().map(Found::Signed);
                unsigned.or_else(signed).unwrap_or(Found::Other)
            }
            (Feed::As(coerce::Kind::Float), _) | (Feed::Natural, Data::Float(_)) => {
                coerce::to_float(data).map_or(Found::Other, Found::Float)
            }
            (Feed::As(coerce::Kind::List), _) | (Feed::Natural, Data::List) => Found::List,
            (Feed::As(coerce::Kind::Section), _) | (Feed::Natural, Data::Table) => Found::Table,
            _ => Found::Other,
        };
        untyped && handed != Found::Other && handed == found
    }

    pub(crate) fn node(&mut self, mark: Mark) -> Option<Id> {
        let address = match mark {
            Mark::Probe(id, _) => return Some(id),
            Mark::Canary(_) => return None,
            Mark::Text(address) => address,
        };
        let blanks = self.session.blanks.as_ptr() as usize;
        if (blanks..blanks + self.session.blanks.len()).contains(&address) {
            return Some(address - blanks).filter(|&id| self.session.tree.is_blank(id));
        }
        if self.texts.is_empty() {
            let texts = (0..self.session.tree.nodes.len()).filter_map(|id| Some((id, self.session.text(id)?)));
            self.texts = texts
                .map(|(id, text)| (text.as_ptr() as usize, (text.len(), id)))
                .collect();
        }
        let (start, (len, id)) = self.texts.range(..=address).next_back()?;
        (address < start + len).then_some(*id)
    }
}
