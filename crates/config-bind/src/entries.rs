//! Which entries of a table are handed out, and under which spelling.

use crate::fault::CANARY;
use crate::session::{Feed, Keyed, Session, Spelling, Wrong};
use crate::tree::Id;

#[derive(Clone, Copy)]
pub(crate) struct Entry {
    /// The node; the table itself for the canary.
    pub(crate) id: Id,
    pub(crate) spelling: Spelling,
    /// It is a probe of that spelling, whoever asks for it untyped; or the canary, which only something that takes every key
    /// would read.
    pub(crate) probe: Option<usize>,
}

impl Entry {
    fn new(id: Id, spelling: Spelling) -> Self {
        let probe = None;
        Self { id, spelling, probe }
    }

    fn probe(id: Id, spelling: Spelling, number: usize) -> Self {
        let probe = Some(number);
        Self { id, spelling, probe }
    }

    pub(crate) fn is_canary(&self) -> bool {
        self.probe == Some(CANARY)
    }
}

/// The entries of a table, for a reader of that kind.
pub(crate) fn of(session: &Session<'_>, table: Id) -> Vec<Entry> {
    let mut entries = match session.keyed(table) {
        Keyed::Fields(names) => fields(session, table, names),
        Keyed::Names | Keyed::Asking if !session.is_single(table) => named(session, table),
        _ => all(session, table),
    };
    if session.ordered.get() {
        // What stops a pass, or holds something that does, comes last.
        let stops = |id| session.feed(id) == Feed::Last;
        let holds = |entry: &Entry| session.tree.below(entry.id).into_iter().any(stops);
        entries.sort_by_cached_key(|entry| !entry.is_canary() && holds(entry));
    }
    entries
}

/// Children that may be handed out. `null` is as good as absent, until something insists.
fn offered(session: &Session<'_>, table: Id) -> impl Iterator<Item = Id> {
    let children = session.children(table).iter().copied();
    children.filter(|&c| {
        let nil = session.is_nil(c);
        session.fact(c, |f| !f.shadowed && f.feed != Feed::Omit && (!nil || f.spoken))
    })
}

/// For a map: as they are spelled, but for what something else is known to read.
fn all(session: &Session<'_>, table: Id) -> Vec<Entry> {
    let spelling = |id| session.fact(id, |f| f.spelling.unwrap_or(Spelling::Own));
    offered(session, table).map(|id| Entry::new(id, spelling(id))).collect()
}

/// For a struct that names its fields: in the struct's order, so that the tag of an adjacently tagged enum comes first, and
/// then what it does not know.
fn fields(session: &Session<'_>, table: Id, names: &'static [&'static str]) -> Vec<Entry> {
    let fields = session.fields_of(names);
    let mut known: Vec<(usize, &'static str, Id)> = Vec::new();
    let mut unknown = Vec::new();
    for id in offered(session, table) {
        let node = &session.tree.nodes[id];
        match fields.find(node.hash, &node.key) {
            Some((place, name)) => known.push((place, name, id)),
            None => unknown.push(Entry::new(id, Spelling::Own)),
        }
    }
    known.sort_by_key(|(place, ..)| *place);
    let mut entries = Vec::with_capacity(known.len() + unknown.len());
    for group in known.chunk_by(|a, b| a.0 == b.0) {
        let mut chosen = group[0].2;
        if group.len() > 1 {
            let ids: Vec<Id> = group.iter().map(|(.., id)| *id).collect();
            chosen = choose(session, &ids, |key| key == group[0].1);
        }
        entries.push(Entry::new(chosen, Spelling::Name(group[0].1)));
    }
    entries.extend(unknown);
    entries
}

/// Of several keys that set one field: the override, then the exact one, else none is right. Sections become one.
pub(crate) fn choose(session: &Session<'_>, group: &[Id], exact: impl Fn(&str) -> bool) -> Id {
    let tree = &session.tree;
    let only = |is: &dyn Fn(Id) -> bool| {
        let mut all = group.iter().copied().filter(|&c| is(c));
        all.next().filter(|_| all.next().is_none())
    };
    let exact = group.iter().copied().find(|&c| exact(&tree.nodes[c].key));
    let first = exact.unwrap_or(group[0]);
    let sections = group.iter().all(|&c| tree.is_section(c));
    // What `set_override` sets has no origin.
    let over = only(&|c| tree.nodes[c].origin.is_none() && !tree.is_section(c));
    let chosen = if sections { None } else { over.or(exact) };
    if chosen.is_none() && !sections {
        session.problem(first, Wrong::Clash(group.to_vec()));
    }
    for &other in group.iter().filter(|&&c| c != chosen.unwrap_or(first)) {
        if sections {
            session.merges.borrow_mut().push((first, other));
        }
        // A map beside the field takes the spelling that lost.
        if chosen.is_none() || !session.parent(other, Keyed::takes_all) {
            session.change(other, |f| f.shadowed = true);
        }
    }
    chosen.unwrap_or(first)
}

/// For something that keeps its names to itself.
fn named(session: &Session<'_>, table: Id) -> Vec<Entry> {
    let open = session.keyed(table) == Keyed::Asking;
    let mut alike: Vec<(u64, Id)> = offered(session, table)
        .map(|id| (session.tree.nodes[id].hash, id))
        .collect();
    alike.sort_by_key(|(hash, _)| *hash);
    // The keys that are spellings of one name, in the order they have.
    let group = |id: Id| {
        let hash = session.tree.nodes[id].hash;
        &alike[alike.partition_point(|(h, _)| *h < hash)..alike.partition_point(|(h, _)| *h <= hash)]
    };
    let mut entries = vec![Entry::probe(table, Spelling::Own, CANARY)];
    for id in offered(session, table) {
        let group = group(id);
        let styles = session.styles(id).iter().enumerate();
        if let Some(spelling) = session.fact(id, |f| f.spelling) {
            entries.push(Entry::new(id, spelling));
        } else if !open && group.len() == 1 {
            entries.extend(styles.map(|(n, _)| Entry::new(id, Spelling::Style(n))));
        } else {
            entries.push(Entry::new(id, Spelling::Own));
            let is_key = |style: &str| group.iter().any(|&(_, c)| *session.tree.nodes[c].key == *style);
            let others = styles.filter(|(_, style)| group[0].1 == id && !is_key(style));
            entries.extend(others.map(|(n, _)| Entry::probe(id, Spelling::Style(n), n)));
        }
    }
    entries
}
