//! Which entries of a table are handed out, and under which spelling.

use crate::session::{Feed, Open, Session, Spelling};
use crate::tree::{Data, Id};

#[derive(Clone, Copy)]
pub(crate) enum Entry<'s> {
    Node {
        id: Id,
        key: &'s str,
        spelling: Option<Spelling>,
        /// Its value is a probe of that spelling, whoever asks for it untyped.
        probe: Option<usize>,
    },
    /// What only something that takes every key would read.
    Canary,
}

impl<'s> Entry<'s> {
    fn of(session: &'s Session<'_>, id: Id, spelling: Spelling) -> Self {
        Self::Node {
            id,
            key: session.spelled(id, spelling),
            spelling: Some(spelling),
            probe: None,
        }
    }

    fn probe(session: &'s Session<'_>, id: Id, style: usize) -> Self {
        let spelling = Spelling::Style(style);
        Self::Node {
            id,
            key: session.spelled(id, spelling),
            spelling: Some(spelling),
            probe: Some(style),
        }
    }
}

/// Children that may be handed out at all. `null` is as good as absent, until something insists.
fn offered(session: &Session<'_>, table: Id) -> impl Iterator<Item = (Id, bool)> {
    let children = session.tree.nodes[table].children.iter().copied();
    children.filter_map(|c| {
        let nil = matches!(session.data(c), Data::Nil);
        session.fact(c, |f| {
            (!f.shadowed && f.feed != Feed::Omit).then_some((c, !nil || f.spoken))
        })
    })
}

fn present(session: &Session<'_>, table: Id) -> Vec<Id> {
    let offered = offered(session, table).filter(|(_, present)| *present);
    offered.map(|(id, _)| id).collect()
}

/// What was asked to come first does; what stops a pass, or holds something that does, comes last.
fn in_order(session: &Session<'_>, entries: &mut [Entry<'_>]) {
    let last = |id| {
        session
            .tree
            .below(id)
            .into_iter()
            .any(|n| session.feed(n) == Feed::Last)
    };
    entries.sort_by_cached_key(|entry| match *entry {
        Entry::Canary => 0,
        Entry::Node { id, .. } if session.fact(id, |f| f.first) => 1,
        Entry::Node { id, .. } if last(id) => 3,
        Entry::Node { .. } => 2,
    });
}

/// For a map.
pub(crate) fn all<'s>(session: &'s Session<'_>, table: Id) -> Vec<Entry<'s>> {
    let ids = present(session, table);
    let mut entries: Vec<_> = ids
        .into_iter()
        .map(|id| Entry::of(session, id, Spelling::Own))
        .collect();
    if session.ordered.get() {
        in_order(session, &mut entries);
    }
    entries
}

/// For a struct that names its fields: in the struct's order, so that the tag of an adjacently tagged enum comes first, and
/// then what it does not know.
pub(crate) fn fields<'s>(session: &'s Session<'_>, table: Id, fields: &'static [&'static str]) -> Vec<Entry<'s>> {
    let fields = session.fields_of(fields);
    let mut known: Vec<(usize, &'static str, Id)> = Vec::new();
    let mut unknown = Vec::new();
    for (id, present) in offered(session, table) {
        let node = &session.tree.nodes[id];
        match fields.find(node.hash, &node.key) {
            Some((place, name)) if present => known.push((place, name, id)),
            Some(_) => session.change(id, |f| f.read = true),
            None if present => unknown.push(Entry::of(session, id, Spelling::Own)),
            None => {}
        }
    }
    known.sort_by_key(|(place, ..)| *place);
    let mut entries = Vec::with_capacity(known.len() + unknown.len());
    for group in known.chunk_by(|a, b| a.0 == b.0) {
        if let &[(_, name, id)] = group {
            entries.push(Entry::of(session, id, Spelling::Name(name)));
            continue;
        }
        let exact = |(_, name, id): &&(usize, &'static str, Id)| *session.tree.nodes[*id].key == **name;
        let exacts: Vec<_> = group.iter().filter(exact).copied().collect();
        let ids: Vec<Id> = group.iter().map(|(.., id)| *id).collect();
        let chosen = choose(session, &ids, exacts.first().map(|(.., id)| *id));
        if exacts.len() > 1 && exacts.iter().any(|(.., id)| *id == chosen) {
            // Two fields may differ in nothing but `_`: both keys are wanted then, or serde will say what they share.
            entries.extend(
                exacts
                    .iter()
                    .map(|&(_, name, id)| Entry::of(session, id, Spelling::Name(name))),
            );
            continue;
        }
        for &(_, name, id) in group {
            session.change(id, |f| f.read = true);
            if id == chosen {
                entries.push(Entry::of(session, id, Spelling::Name(name)));
            }
        }
    }
    entries.extend(unknown);
    if session.ordered.get() {
        in_order(session, &mut entries);
    }
    entries
}

/// Of several spellings of one field: the override, then the exact one, else none is right. Sections become one.
pub(crate) fn choose(session: &Session<'_>, group: &[Id], exact: Option<Id>) -> Id {
    let first = exact.unwrap_or(group[0]);
    if group.iter().all(|&c| session.tree.is_section(c)) {
        let others = group.iter().copied().filter(|&c| c != first);
        session
            .merges
            .borrow_mut()
            .push(std::iter::once(first).chain(others).collect());
        return first;
    }
    let mut overrides = group.iter().copied().filter(|&c| session.tree.is_override(c));
    match (overrides.next(), overrides.next(), exact) {
        (Some(one), None, _) | (_, _, Some(one)) => one,
        _ => {
            session.clashes.borrow_mut().push((first, group.to_vec()));
            first
        }
    }
}

/// For something that keeps its names to itself.
pub(crate) fn named<'s>(session: &'s Session<'_>, table: Id) -> Vec<Entry<'s>> {
    let (open, names, single) = session.fact(table, |f| (f.open, f.names, f.single));
    let ids = present(session, table);
    // Keys that are spellings of one name, in the order they have.
    let mut alike: Vec<(u64, Id)> = ids.iter().map(|&id| (session.tree.nodes[id].hash, id)).collect();
    alike.sort_by_key(|(hash, _)| *hash);
    let groups: Vec<&[(u64, Id)]> = alike
        .chunk_by(|a, b| a.0 == b.0)
        .filter(|group| group.len() > 1)
        .collect();
    let mut entries = Vec::new();
    if open != Open::Yes && names.is_none() && !single {
        entries.push(Entry::Canary);
    }
    for id in ids {
        let node = &session.tree.nodes[id];
        let group = groups.binary_search_by_key(&node.hash, |group| group[0].0);
        let alone = [(node.hash, id)];
        let group = group.map_or(&alone[..], |place| groups[place]);
        match (session.fact(id, |f| f.spelling), names) {
            (Some(spelling), _) => entries.push(Entry::of(session, id, spelling)),
            (None, Some(names)) => {
                let name = crate::names::find(names, &node.key);
                entries.push(Entry::of(session, id, name.map_or(Spelling::Own, Spelling::Name)));
            }
            _ if single => entries.push(Entry::of(session, id, Spelling::Own)),
            _ if open == Open::Yes => entries.push(Entry::of(session, id, Spelling::Own)),
            _ if open == Open::Asking || group.len() > 1 => {
                entries.push(Entry::of(session, id, Spelling::Own));
                if group[0].1 == id {
                    let is_key = |style: &str| group.iter().any(|&(_, c)| *session.tree.nodes[c].key == *style);
                    let styles = session.styles(id).iter().enumerate();
                    let others = styles.filter(|(_, style)| !is_key(style));
                    entries.extend(others.map(|(n, _)| Entry::probe(session, id, n)));
                }
            }
            _ => {
                let styles = 0..session.styles(id).len();
                entries.extend(styles.map(|n| Entry::of(session, id, Spelling::Style(n))));
            }
        }
    }
    if session.ordered.get() {
        in_order(session, &mut entries);
    }
    entries
}
