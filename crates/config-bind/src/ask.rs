//! Questions to the type: a probe is handed out instead of a value, and what is said of it tells who reads the value, and as what.

use serde::de::DeserializeOwned;

use crate::coerce::{self, Kind};
use crate::fault::{ASKED, Fault, Mark, Seen, What, watch};
use crate::peers::Peers;
use crate::read::At;
use crate::session::{Feed, Keyed, Session};
use crate::tree::{Id, ROOT};
use crate::values;

/// The type reads the configuration, as far as it gets.
pub(crate) fn pass<T: DeserializeOwned>(session: &Session<'_>) -> (Result<T, Fault>, Vec<Seen>) {
    session.learned.set(false);
    session.latest.set((None, None));
    watch(|| T::deserialize(At::new(session, ROOT)))
}

fn set(session: &Session<'_>, ids: &[Id], asked: bool) {
    ids.iter().for_each(|&id| session.change(id, |f| f.asked = asked));
}

/// The probes that came back from nodes that are being asked for.
fn answers(session: &Session<'_>, seen: Vec<Seen>) -> Vec<(Id, What)> {
    let asked = seen.into_iter().filter_map(|s| match s.mark {
        Mark::Probe(id, ASKED) if session.fact(id, |f| f.asked) => Some((id, s.what)),
        _ => None,
    });
    asked.collect()
}

/// Asks for each of these values, until all that is read has been, or a fault is back as soon as the value is that caused it.
fn ask<T: DeserializeOwned>(session: &Session<'_>, ids: &[Id], is_back: impl Fn(&Fault) -> bool) -> Option<Id> {
    let may = |id: &Id| !session.tree.is_missing(*id) && session.fact(*id, |f| f.untyped);
    let ids: Vec<Id> = ids.iter().copied().filter(may).collect();
    set(session, &ids, true);
    let peers = Peers::of(session);
    let mut latest = None;
    let found = loop {
        let (result, seen) = pass::<T>(session);
        let answers = answers(session, seen);
        if answers.is_empty() {
            break latest.filter(|_| result.is_err_and(|fault| is_back(&fault)));
        }
        for (id, what) in answers {
            session.want(id, &what);
            let wants = session.fact(id, |f| f.wants.clone());
            for &peer in peers.like(id) {
                session.change(peer, |f| {
                    f.asked = false;
                    f.read = true;
                    f.wants.clone_from(&wants);
                });
            }
            latest = Some(id);
        }
    };
    set(session, &ids, false);
    let mut like = peers.like(found?).to_vec();
    like.retain(|id| ids.binary_search(id).is_ok());
    first::<T>(session, &like, is_back).or(found)
}

/// The first of these peers whose own value brings the fault back.
fn first<T: DeserializeOwned>(session: &Session<'_>, like: &[Id], is_back: impl Fn(&Fault) -> bool) -> Option<Id> {
    let (mut from, mut to) = (0, like.len());
    while to - from > 1 {
        let middle = (from + to) / 2;
        set(session, &like[middle..], true);
        let (result, seen) = pass::<T>(session);
        match result.is_err_and(|fault| is_back(&fault)) && answers(session, seen).is_empty() {
            true => to = middle,
            false => from = middle,
        }
        set(session, like, false);
    }
    like.get(from).copied()
}

/// Which node a fault is about.
pub(crate) fn locate<T: DeserializeOwned>(session: &Session<'_>, fault: &Fault) -> Id {
    if let Some(id) = fault.mark.and_then(|mark| session.node(mark)) {
        return id;
    }
    let at = fault.at.unwrap_or(ROOT);
    // A value that was not buffered is asked for by its type and has its place.
    let buffered = session.fact(at, |f| f.untyped || f.keyed.keeps_names());
    if !buffered || !session.tree.is_container(at) {
        return at;
    }
    let mut below = session.tree.below(at);
    below.sort_unstable();
    let looks = |&id: &Id| fault.found == Some(session.handed(id)) && session.fact(id, |f| f.untyped);
    let mut alike = below.iter().copied().filter(looks);
    if let (Some(id), None) = (alike.next(), alike.next()) {
        return id;
    }
    let is_back = |now: &Fault| fault.what == now.what && fault.found == now.found;
    ask::<T>(session, &below, is_back).unwrap_or(at)
}

/// Finds out what is read at all.
pub(crate) fn what_is_read<T: DeserializeOwned>(session: &Session<'_>) {
    // What a map takes is read, whatever it is.
    let (taken, others): (Vec<Id>, Vec<Id>) =
        (0..session.tree.nodes.len()).partition(|&id| session.parent(id, Keyed::takes_all));
    taken.into_iter().for_each(|id| session.change(id, |f| f.read = true));
    ask::<T>(session, &others, |_| false);
}

/// Texts that something refused, and that went on all the same: as another variant of an untagged enum, which may have
/// them, or because what refused them is optional, and then they are to be what it wanted.
pub(crate) fn reconsider<T: DeserializeOwned>(session: &Session<'_>, seen: &[Seen]) -> bool {
    let nodes = seen.iter().filter_map(|s| session.node(s.mark));
    let new: Vec<Id> = nodes
        .filter(|&id| session.fact(id, |f| !f.sure && f.feed == Feed::Natural))
        .collect();
    if new.is_empty() {
        return false;
    }
    let peers = Peers::of(session);
    let mut like: Vec<Id> = new.iter().flat_map(|&id| peers.like(id)).copied().collect();
    like.sort_unstable();
    like.dedup();
    ask::<T>(session, &like, |_| false);
    let mut progress = false;
    for id in new {
        let wants = session.fact(id, |f| f.wants.clone()).unwrap_or_default();
        if wants.iter().any(|want| coerce::is(session.data(id), Kind::of(want))) {
            peers
                .like(id)
                .iter()
                .for_each(|&peer| session.change(peer, |f| f.sure = true));
        } else if !session.change(id, |f| std::mem::replace(&mut f.sure, true)) {
            progress |= values::another_form(session, id, &What::Custom(String::new()));
        }
    }
    progress
}
