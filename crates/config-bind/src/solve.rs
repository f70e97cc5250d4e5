//! Pass after pass over the configuration, until the type is content or nothing new can be learnt.

use serde::de::DeserializeOwned;

use crate::ask;
use crate::fault::{ASKED, CANARY, Fault, Mark, Seen, What};
use crate::keys;
use crate::peers::Peers;
use crate::session::Session;
use crate::tree::ROOT;
use crate::values;

/// Far more passes than any configuration was seen to need.
const PASSES: usize = 2_000;

/// So many problems that each cost passes of their own, and whoever mends them runs it again. The others of a section whose type
/// tells what it wants come all in one pass and do not count.
const ONE_BY_ONE: usize = 100;

/// The value, though it counts for nothing where there are problems.
pub(crate) fn solve<T: DeserializeOwned>(session: &mut Session<'_>, strict: bool) -> Option<T> {
    let mut last = None;
    let mut found = 0;
    for _ in 0..PASSES {
        let (result, seen) = ask::pass::<T>(session);
        if learn(session, &seen) {
            continue;
        }
        match result {
            Ok(_) if ask::reconsider::<T>(session, &seen) => {}
            Ok(value) => {
                if strict {
                    ask::what_is_read::<T>(session);
                }
                return Some(value);
            }
            Err(fault) => {
                let before = session.problems();
                let progress = handle::<T>(session, &fault, &seen);
                last = fault.at;
                found += usize::from(session.problems() > before);
                if found == ONE_BY_ONE {
                    session.cut = Some((found, last.unwrap_or(ROOT)));
                }
                if !progress || session.cut.is_some() {
                    break;
                }
            }
        }
    }
    if session.wrong.get_mut().is_empty() {
        session.refuse(last.unwrap_or(ROOT), &What::Custom(String::new()));
    }
    None
}

/// What came to light on the way. Whether there is something new in it, so that the pass has to be made again.
fn learn(session: &mut Session<'_>, seen: &[Seen]) -> bool {
    let mut learned = session.learned.get();
    if !learned && session.merges.get_mut().is_empty() && seen.iter().all(|s| matches!(s.mark, Mark::Text(_))) {
        return false;
    }
    let peers = Peers::of(session);
    for one in seen {
        learned |= match (one.mark, &one.what) {
            (Mark::Text(_), _) => false,
            (Mark::Probe(table, CANARY), What::UnknownField(_, names)) => keys::open(session, &peers, table, names),
            (Mark::Probe(table, CANARY), _) => keys::open(session, &peers, table, &[]),
            (Mark::Probe(id, ASKED), what) => keys::suppose(session, &peers, id, what),
            (Mark::Probe(id, style), _) => {
                keys::claim(session, &peers, id, style);
                true
            }
        };
    }
    learned |= keys::merge(session);
    peers.spread(session);
    learned
}

/// How the pass ended. Whether something was done about it that makes another one worth while.
fn handle<T: DeserializeOwned>(session: &mut Session<'_>, fault: &Fault, seen: &[Seen]) -> bool {
    let at = fault.at.unwrap_or(ROOT);
    let marked = fault.mark.and_then(|mark| session.node(mark));
    for id in seen.iter().filter_map(|one| session.node(one.mark)) {
        // What was refused and went on all the same may be taken as it is: nothing is learnt of it from others.
        if Some(id) != marked {
            session.change(id, |f| f.sure = true);
        }
    }
    match &fault.what {
        What::Missing(name) => keys::missing(session, at, name),
        What::Duplicate(name) => keys::duplicate(session, at, name),
        What::UnknownField(name, known) => keys::unknown_field(session, at, name, known),
        What::UnknownVariant(variants) if marked.is_none() => {
            let key = fault.mark.and_then(|mark| session.key(mark));
            let table = key.and_then(|key| session.tree.nodes[key].parent);
            key.is_some_and(|key| values::vary_key(session, key, variants))
                || values::refused(session, table.unwrap_or(at), &fault.what)
        }
        What::Expected(expected) if marked.is_none() && keys::refused(session, fault.mark, expected) => true,
        // Of an untagged enum. The last value that one of its variants refused gets another form.
        What::Custom(text) if text.starts_with("data did not match any variant") && untagged(session, at, seen) => true,
        what => {
            let id = ask::locate::<T>(session, fault);
            values::refused(session, id, what)
        }
    }
}

fn untagged(session: &Session<'_>, at: usize, seen: &[Seen]) -> bool {
    let nodes = seen.iter().filter_map(|one| Some((session.node(one.mark)?, &one.what)));
    let nodes: Vec<_> = nodes.inspect(|(id, what)| session.want(*id, what)).collect();
    let may = |id| session.tree.within(id, at) && !session.has_problem(id);
    let mut nodes = nodes.into_iter().rev();
    nodes.any(|(id, what)| may(id) && values::another_form(session, id, what))
}
