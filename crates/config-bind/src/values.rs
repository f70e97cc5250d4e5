//! What is learnt of values: as what one is wanted, and what stands in for one that is refused for good.

use crate::coerce::{self, Kind};
use crate::dummy;
use crate::fault::What;
use crate::names;
use crate::peers::{ALIKE, Peers};
use crate::session::{Feed, Keyed, Session, Spelling};
use crate::tree::{Data, Id, ROOT};

/// After so many texts of a table have had to become something else, the others are taken for what they look like.
const BY_LOOKS: usize = 4;

/// A value was refused: it gets another form or else, with a problem, a stand-in. Whether there is one left.
pub(crate) fn refused(session: &Session<'_>, id: Id, what: &What) -> bool {
    if session.tree.is_missing(id) {
        // What refuses a stand-in tells what the field would take.
        session.want(id, what);
    }
    if session.has_problem(id) || session.tree.is_missing(id) {
        return advance(session, id);
    }
    let element = |p: Id| matches!(session.data(p), Data::List);
    if session.is_nil(id) && session.tree.nodes[id].parent.is_some_and(element) {
        session.change(id, |f| f.feed = Feed::Omit);
        return true;
    }
    if another_form(session, id, what) {
        return true;
    }
    if let What::UnknownVariant(_) = what {
        // Under another tag other fields would be missing, which is nobody's fault.
        session.refuse(id, what);
        session.change(id, |f| f.feed = Feed::Last);
        session.ordered.set(true);
        return true;
    }
    let wanted = session.fact(id, |f| f.wanted().map(str::to_owned));
    match (what, wanted) {
        (What::Expected(_), Some(wanted)) => session.refuse(id, &What::Expected(wanted)),
        _ => session.refuse(id, what),
    }
    stand_in(session, id)
}

/// What a value is handed out as next, to somebody who refused it as it was.
pub(crate) fn another_form(session: &Session<'_>, id: Id, what: &What) -> bool {
    if let What::UnknownVariant(variants) = what {
        return vary(session, id, variants) || session.nullify(id);
    }
    session.want(id, what);
    session.change(id, |f| f.try_out(f.feed));
    session.nullify(id) || refit(session, id)
}

/// Another form for a value that was handed out with its own type, and for its peers.
fn refit(session: &Session<'_>, id: Id) -> bool {
    let wants = session.fact(id, |f| f.wants.clone()).unwrap_or_default();
    let mut kinds: Vec<(Kind, &str)> = wants.iter().map(|w| (Kind::of(w), w.as_str())).collect();
    if kinds.iter().all(|(kind, _)| *kind == Kind::Other) {
        kinds.extend([Kind::Integer, Kind::Float, Kind::Bool, Kind::Text].map(|kind| (kind, "")));
    }
    let mut forms = kinds.into_iter().filter_map(|(kind, expected)| match kind {
        _ if coerce::is(session.data(id), kind) => Some(Feed::Natural),
        Kind::Integer if !coerce::in_range(session.data(id), expected) => None,
        _ => session.fits(id, kind).then_some(Feed::As(kind)),
    });
    let form = forms.find(|form| session.fact(id, |f| f.untyped && !f.has_tried(*form)));
    if let Some(form) = form {
        session.change(id, |f| {
            f.feed = form;
            f.sure = true;
        });
    }
    if let Some(Feed::As(kind)) = form {
        let peers = Peers::of(session);
        peers.like(id).iter().for_each(|&peer| give(session, peer, kind));
        by_looks(session, &peers, id);
    }
    form.is_some()
}

/// Takes the texts of a table for what they look like, once enough of them had to become something else.
fn by_looks(session: &Session<'_>, peers: &Peers, id: Id) {
    let Some(parent) = session.tree.nodes[id].parent else {
        return;
    };
    let tables = peers.like(parent).iter();
    let texts: Vec<Id> = tables.flat_map(|&table| session.children(table)).copied().collect();
    let turned = |id: &&Id| session.fact(**id, |f| f.sure && matches!(f.feed, Feed::As(_)));
    if texts.iter().filter(turned).count() >= BY_LOOKS {
        for id in texts {
            if let Some(kind) = coerce::looks(session.data(id)) {
                give(session, id, kind);
            }
        }
    }
}

/// What somebody like it wanted, unless it is known better.
fn give(session: &Session<'_>, id: Id, kind: Kind) {
    if session.fits(id, kind) {
        session.change(id, |f| {
            if !f.sure && f.feed == Feed::Natural && !f.has_tried(Feed::Natural) {
                f.feed = Feed::As(kind);
            }
        });
    }
}

/// The name of a variant, in the enum's own spelling, and what its peers say.
fn vary(session: &Session<'_>, id: Id, variants: &'static [&'static str]) -> bool {
    let before = session.feed(id);
    for &peer in Peers::of(session).like(id) {
        let text = coerce::to_text(session.data(peer)).unwrap_or_default();
        if let Some(known) = names::find(variants, text.trim()) {
            session.change(peer, |f| {
                if peer == id || f.feed == Feed::Natural {
                    f.feed = Feed::Variant(known);
                }
            });
        }
    }
    before != session.feed(id)
}

/// The key that names a variant, in the enum's own spelling, and those of its table's peers.
pub(crate) fn vary_key(session: &Session<'_>, key: Id, variants: &'static [&'static str]) -> bool {
    let unknown = |key: Id| session.fact(key, |f| f.spelling.is_none());
    let single = |&table: &Id| session.is_single(table);
    let Some(table) = session.tree.nodes[key].parent.filter(single).filter(|_| unknown(key)) else {
        return false;
    };
    let peers = Peers::of(session);
    let tables = peers.like(table).iter().filter(|t| single(t));
    for &key in tables.flat_map(|&table| session.children(table)) {
        let name = names::find(variants, &session.tree.nodes[key].key).map(Spelling::Name);
        session.change(key, |f| f.spelling = f.spelling.or(name));
    }
    !unknown(key)
}

/// A stand-in for what is refused for good: as for its peers, if any were refused before. Where there are many of them, the
/// rest is not looked at.
fn stand_in(session: &Session<'_>, id: Id) -> bool {
    let peers = Peers::of(session);
    let like = peers.like(id).iter().copied();
    let refused: Vec<Id> = like.filter(|&peer| session.has_problem(peer)).collect();
    let feeds = refused.iter().map(|&peer| session.feed(peer));
    let good = feeds
        .filter(|f| matches!(f, Feed::Dummy(_) | Feed::Omit | Feed::Last))
        .last();
    if refused.len() == ALIKE {
        session.change(id, |f| f.more = true);
        let wants = session.fact(id, |f| f.wants.clone());
        let rest = peers
            .like(id)
            .iter()
            .filter(|&&p| !session.has_problem(p) && !session.tree.is_container(p));
        for &peer in rest {
            session.change(peer, |f| {
                f.feed = good.unwrap_or(Feed::Dummy(0));
                f.wants.clone_from(&wants);
            });
        }
    }
    match good {
        Some(good) => session.change(id, |f| f.feed = good),
        None => return advance(session, id),
    }
    true
}

/// The next stand-in; at the end of them nothing, and where that will not do either, the value itself at the very end.
pub(crate) fn advance(session: &Session<'_>, id: Id) -> bool {
    // What a section or list would have to hold, nobody tells.
    let section = session.tree.is_section(id) && !session.tree.is_missing(id);
    let unknown = |want: &str| matches!(Kind::of(want), Kind::Section | Kind::Enum);
    let next = session.fact(id, |f| match f.feed {
        _ if id == ROOT => None,
        Feed::Last | Feed::Omit => None,
        Feed::Dummy(n) if n + 1 < dummy::MOST => Some(Feed::Dummy(n + 1)),
        Feed::Dummy(_) => Some(Feed::Omit),
        _ if section && f.keyed != Keyed::Unknown => Some(Feed::Omit),
        _ if f.untyped && f.wanted().is_some_and(unknown) => Some(Feed::Omit),
        _ => Some(Feed::Dummy(0)),
    });
    if let Some(next) = next {
        session.change(id, |f| f.feed = next);
    }
    next.is_some()
}
