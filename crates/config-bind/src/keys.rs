//! What is learnt of keys: what else reads a table, how a key is spelled, which fields are missing and which keys too much.

use crate::entries;
use crate::fault::{Mark, What};
use crate::names;
use crate::peers::{ALIKE, Peers};
use crate::session::{Feed, Keyed, Session, Spelling, Wrong};
use crate::tree::{Id, ROOT};
use crate::values;

/// Something takes every key of that table, or tells which it knows; the same goes for its peers.
pub(crate) fn open(session: &Session<'_>, peers: &Peers, table: Id, known: &'static [&'static str]) -> bool {
    let keyed = match session.keyed(table) {
        Keyed::Fields(_) | Keyed::Open => return false,
        Keyed::Names if known.is_empty() => Keyed::Asking,
        _ => Keyed::Open,
    };
    for &peer in peers.like(table) {
        session.change(peer, |f| f.keyed = keyed);
    }
    tell(session, peers, table, known);
    true
}

/// The names that a table's reader knows are told: they are the spellings of its keys, and of its peers'.
fn tell(session: &Session<'_>, peers: &Peers, table: Id, known: &'static [&'static str]) -> bool {
    let mut new = false;
    for &key in peers.like(table).iter().flat_map(|&peer| session.children(peer)) {
        let name = names::find(known, &session.tree.nodes[key].key).map(Spelling::Name);
        new |= session.change(key, |f| {
            let new = f.spelling.is_none() && name.is_some();
            f.spelling = f.spelling.or(name);
            new
        });
    }
    new
}

/// The probe of a spelling came back: that is how the type spells the key, and its peers.
pub(crate) fn claim(session: &Session<'_>, peers: &Peers, id: Id, style: usize) {
    for &peer in peers.like(id) {
        let name = session.styles(peer).get(style);
        let same = name.is_some() && name == session.styles(id).get(style);
        if same && session.fact(peer, |f| f.spelling.is_none()) {
            spell(session, peer, style);
        }
    }
}

/// Of several keys that may be meant one is chosen, or they become one.
fn spell(session: &Session<'_>, id: Id, style: usize) {
    let name = session.spelled(id, Spelling::Style(style));
    let Some(parent) = session.tree.nodes[id].parent else {
        return;
    };
    let unknown = |c: &Id| !session.is_nil(*c) && session.fact(*c, |f| !f.shadowed && f.spelling.is_none());
    let group: Vec<Id> = session.tree.alike(parent, name).filter(unknown).collect();
    let chosen = match group.len() {
        0 | 1 => id,
        _ => entries::choose(session, &group, |key| key == name),
    };
    // The style is the same for keys of the same words only: its place in each may differ.
    let place = session.styles(chosen).iter().position(|s| s == name);
    session.change(chosen, |f| f.spelling = Some(Spelling::Style(place.unwrap_or(style))));
}

/// Sections that are spellings of one become it.
pub(crate) fn merge(session: &mut Session<'_>) -> bool {
    let mut merged = false;
    for (stays, other) in std::mem::take(session.merges.get_mut()) {
        merged |= !session.children(other).is_empty();
        session.tree.merge(stays, other);
    }
    merged
}

/// A field that was put there because something misses it has been asked for.
pub(crate) fn suppose(session: &mut Session<'_>, peers: &Peers, id: Id, what: &What) -> bool {
    if !session.tree.is_missing(id) || !session.fact(id, |f| f.asked) {
        return false;
    }
    session.want(id, what);
    session.change(id, |f| f.asked = false);
    miss_alike(session, peers, id);
    true
}

/// If too many of its kind are missing, a stand-in is put in each place where it is, too.
fn miss_alike(session: &mut Session<'_>, peers: &Peers, id: Id) {
    let known = |&&peer: &&Id| session.tree.is_missing(peer) && session.fact(peer, |f| !f.asked && !f.quiet);
    let (Some(parent), Some(Spelling::Name(name))) = (session.tree.nodes[id].parent, session.fact(id, |f| f.spelling))
    else {
        return;
    };
    if peers.like(id).iter().filter(known).count() != ALIKE {
        return;
    }
    session.change(id, |f| f.more = true);
    let wants = session.fact(id, |f| f.wants.clone());
    for &table in peers.like(parent) {
        let there = session.tree.alike(table, name).next();
        let new = match there {
            None => session.add_missing(table, name, true),
            Some(there) => there,
        };
        session.change(new, |f| {
            if f.asked && f.feed == Feed::Dummy(0) {
                f.asked = false;
                f.quiet = true;
                f.wants.clone_from(&wants);
            }
        });
    }
}

/// A table misses that field: it is handed out if it was withheld or spelled otherwise, else something stands in for it.
pub(crate) fn missing(session: &mut Session<'_>, at: Id, name: &'static str) -> bool {
    let typed = matches!(session.keyed(at), Keyed::Fields(_));
    let may = |&id: &Id| session.keyed(id).keeps_names() && session.tree.is_section(id) && !session.is_single(id);
    let tables: Vec<Id> = match typed {
        true => vec![at],
        false => session.tree.below(at).into_iter().filter(may).collect(),
    };
    // It may also be one that was withheld under another name of it.
    for same in [true, false] {
        let children = tables.iter().flat_map(|&table| session.children(table));
        let children = children.filter(|&&c| names::same(&session.tree.nodes[c].key, name) == same);
        if children.filter(|&&c| insist(session, c, same, name)).count() > 0 {
            return true;
        }
    }
    let without = |&table: &Id| session.tree.alike(table, name).next().is_none();
    let without: Vec<Id> = tables.into_iter().filter(without).collect();
    for &table in &without {
        let id = session.add_missing(table, name, !typed);
        if typed {
            let peers = Peers::of(session);
            miss_alike(session, &peers, id);
        }
    }
    if without.is_empty() {
        // A list or a text can lack a field, too: a tagged enum looks for its tag in an empty list.
        session.refuse(at, &What::Missing(name));
    }
    !without.is_empty()
}

/// Hands out a key that was withheld or spelled otherwise, now that something misses it.
fn insist(session: &Session<'_>, id: Id, same: bool, name: &'static str) -> bool {
    let known = !session.parent(id, Keyed::keeps_names) || session.styles(id).iter().any(|s| s == name);
    let nil = session.is_nil(id);
    session.change(id, |f| match f.feed {
        _ if f.shadowed => false,
        Feed::Omit => {
            f.feed = Feed::Last;
            session.ordered.set(true);
            true
        }
        _ if same && nil && !f.spoken => {
            f.spoken = true;
            true
        }
        _ if same && f.spelling.is_none() && !known => {
            f.spelling = Some(Spelling::Name(name));
            true
        }
        _ => false,
    })
}

/// Two keys set one field.
pub(crate) fn duplicate(session: &Session<'_>, at: Id, name: &'static str) -> bool {
    if let (Keyed::Fields(fields), (Some(latest), Some(before))) = (session.keyed(at), session.latest.get()) {
        // serde lists a field's aliases beside it, and they are handed out in that order.
        let is = |key: &str| key == name;
        let exact = [before, latest].iter().any(|&id| is(&session.tree.nodes[id].key));
        entries::choose(session, &[before, latest], |key| {
            if exact { is(key) } else { fields.contains(&key) }
        });
        return true;
    }
    // A field that is known under two spellings of its name: one of them is enough.
    let below = session.tree.below(at).into_iter();
    let named = below.filter(|&id| names::same(&session.tree.nodes[id].key, name));
    let new = named.filter(|&id| {
        session.change(id, |f| {
            let new = f.spelling.is_none() && f.untyped;
            f.spelling = f.spelling.or(new.then_some(Spelling::Name(name)));
            new
        })
    });
    if new.count() > 0 {
        return true;
    }
    session.refuse(at, &What::Duplicate(name));
    false
}

/// A map refuses its keys, as they are texts: serde hands out no others from its buffer. It is its type's doing, whatever they are.
pub(crate) fn refused(session: &Session<'_>, mark: Option<Mark>, expected: &str) -> bool {
    let key = mark.and_then(|mark| session.key(mark));
    let Some(table) = key.and_then(|key| session.tree.nodes[key].parent) else {
        return false;
    };
    session.problem(table, Wrong::Keys(expected.to_owned()));
    values::advance(session, table)
}

/// A struct refuses a key that it does not know.
pub(crate) fn unknown_field(session: &Session<'_>, at: Id, name: &str, known: &'static [&'static str]) -> bool {
    // Beside `flatten` other spellings of a key are such keys. They have to go first.
    if known.is_empty() && session.keyed(at).keeps_names() && open(session, &Peers::of(session), at, &[]) {
        return true;
    }
    let handed = |&id: &Id| match session.fact(id, |f| (f.feed, f.spelling)) {
        (Feed::Omit, _) => false,
        (_, spelling) => session.spelled(id, spelling.unwrap_or(Spelling::Own)) == name,
    };
    let Some(id) = session.tree.below(at).into_iter().find(handed) else {
        session.refuse(at, &What::UnknownField(String::new(), &[]));
        return false;
    };
    let table = session.tree.nodes[id].parent.unwrap_or(ROOT);
    if session.keyed(table).keeps_names() && tell(session, &Peers::of(session), table, known) {
        return true;
    }
    session.problem(id, Wrong::UnknownKey(known));
    session.change(id, |f| {
        f.feed = Feed::Omit;
        f.read = true;
    });
    true
}
