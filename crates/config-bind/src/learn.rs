//! What is learnt from a pass: how a key is spelled, what a value is wanted as, and what is wrong for good.

use serde::de::DeserializeOwned;

use crate::coerce::{self, Kind};
use crate::dummy;
use crate::fault::{Fault, Seen, What};
use crate::names;
use crate::peers::Peers;
use crate::session::{Feed, Keyed, Open, Spelling};
use crate::solve::Solver;
use crate::tree::{Data, Id, ROOT};

/// After so many texts of a table have had to become something else, the others are taken for what they look like.
const BY_LOOKS: usize = 4;
/// After so many problems of a kind among peers, stand-ins take the place of the rest unseen.
const ALIKE: usize = 16;

impl Solver<'_> {
    /// Something takes every key of that table, or tells its own; the same goes for its peers.
    pub(crate) fn open(&mut self, peers: &Peers, table: Id, names: Option<&'static [&'static str]>) -> bool {
        let next = match self.session.fact(table, |f| f.open) {
            Open::No => Open::Asking,
            Open::Asking => Open::Yes,
            Open::Yes => return false,
        };
        for &peer in peers.like(table) {
            self.session.change(peer, |f| match names {
                Some(_) => f.names = names,
                None => f.open = next,
            });
        }
        true
    }

    /// The probe of a spelling came back: that is how the type spells the key.
    pub(crate) fn claim(&mut self, peers: &Peers, id: Id, style: usize) {
        for &peer in peers.like(id) {
            let name = self.session.styles(peer).get(style);
            let same = name.is_some() && name == self.session.styles(id).get(style);
            if same && self.session.fact(peer, |f| f.spelling.is_none()) {
                self.spell(peer, Spelling::Style(style));
            }
        }
    }

    /// Of several keys that may be meant one is chosen, or they become one.
    fn spell(&mut self, id: Id, spelling: Spelling) {
        let name = self.session.spelled(id, spelling);
        let Some(parent) = self.session.tree.nodes[id].parent else {
            return;
        };
        let group: Vec<Id> = self.session.tree.alike(parent, name).collect();
        let group: Vec<Id> = group
            .into_iter()
            .filter(|&c| !self.session.fact(c, |f| f.shadowed || f.spelling.is_some()))
            .filter(|&c| !matches!(self.session.data(c), Data::Nil))
            .collect();
        let exact = group
            .iter()
            .copied()
            .find(|&c| *self.session.tree.nodes[c].key == *name);
        let chosen = if group.len() > 1 {
            crate::entries::choose(&self.session, &group, exact)
        } else {
            id
        };
        let open = self.session.fact(parent, |f| f.open != Open::No);
        for &other in group.iter().filter(|&&c| c != chosen && !open) {
            self.session.change(other, |f| f.shadowed = true);
        }
        // The style is the same for keys of the same words only: its place in each may differ.
        let name = name.to_owned();
        let place = self.session.styles(chosen).iter().position(|s| *s == name);
        self.session
            .change(chosen, |f| f.spelling = place.map(Spelling::Style).or(Some(spelling)));
        self.merge();
        self.clash();
    }

    /// A field that was put there because something misses it has been asked for.
    pub(crate) fn suppose(&mut self, peers: &Peers, id: Id, what: &What) -> bool {
        if !self.session.tree.is_missing(id) || self.session.fact(id, |f| f.heard) {
            return false;
        }
        self.want(id, what);
        self.session.change(id, |f| f.heard = true);
        self.supposed.retain(|&s| s != id);
        self.report.missing(id);
        self.miss_alike(peers, id);
        true
    }

    /// Too many of its kind are missing: a stand-in is put in each place where it is, too.
    fn miss_alike(&mut self, peers: &Peers, id: Id) {
        let Some(parent) = self.session.tree.nodes[id].parent else {
            return;
        };
        let Some(Spelling::Name(name)) = self.session.fact(id, |f| f.spelling) else {
            return;
        };
        if !self.count((peers.first[parent], name)) {
            return;
        }
        self.report.more(id);
        let wants = self.session.fact(id, |f| f.wants.clone());
        for &table in peers.like(parent) {
            let there: Vec<Id> = self.session.tree.alike(table, name).collect();
            let supposed = match there.first() {
                None => self.session.add_missing(table, name),
                Some(&there) => there,
            };
            if self.session.tree.is_missing(supposed) && !self.report.has(supposed) {
                self.supposed.retain(|&s| s != supposed);
                self.session.change(supposed, |f| {
                    f.heard = true;
                    f.wants.clone_from(&wants);
                });
            }
        }
    }

    /// Whether that is one too many of its kind.
    fn count(&mut self, kind: (Id, &'static str)) -> bool {
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        *count == ALIKE
    }

    pub(crate) fn want(&self, id: Id, what: &What) {
        if let What::Expected(expected) = what {
            self.session.change(id, |f| f.want(expected));
        }
    }

    /// What one of its peers is known to be, a table is.
    pub(crate) fn spread(&self, peers: &Peers) {
        for (id, &first) in peers.first.iter().enumerate() {
            if first == id || !self.session.tree.is_container(id) {
                continue;
            }
            let (keyed, open, names) = self.session.fact(first, |f| (f.keyed, f.open, f.names));
            self.session.change(id, |f| {
                if f.keyed == Keyed::Unknown && keyed == Keyed::Names {
                    f.keyed = keyed;
                    f.open = open;
                    f.names = names;
                }
            });
        }
    }

    pub(crate) fn merge(&mut self) -> bool {
        let merges = std::mem::take(self.session.merges.get_mut());
        let mut merged = false;
        for all in merges {
            let Some((&stays, others)) = all.split_first() else {
                continue;
            };
            merged |= others.iter().any(|&o| !self.session.tree.nodes[o].children.is_empty());
            self.session.tree.merge(stays, &all);
            for &other in others {
                self.session.change(other, |f| f.shadowed = true);
            }
        }
        merged
    }

    pub(crate) fn clash(&mut self) -> bool {
        let clashes = std::mem::take(self.session.clashes.get_mut());
        for (chosen, group) in &clashes {
            self.report.clash(&self.session.tree, *chosen, group);
            for &other in group.iter().filter(|c| *c != chosen) {
                self.session.change(other, |f| f.shadowed = true);
            }
        }
        !clashes.is_empty()
    }

    /// Whether something was done about it that makes another pass worth while.
    pub(crate) fn handle<T: DeserializeOwned>(&mut self, fault: &Fault, seen: &[Seen]) -> bool {
        let marked = fault.mark.and_then(|mark| self.node(mark));
        for one in seen {
            // What was refused and went on all the same may be taken as it is: nothing is learnt of it from others.
            let id = self.node(one.mark).filter(|id| Some(*id) != marked);
            if let Some(id) = id {
                self.session.change(id, |f| f.sure = true);
            }
        }
        match &fault.what {
            What::Missing(name) => self.missing(fault.at.unwrap_or(ROOT), name),
            What::Duplicate(name) => self.duplicate(fault.at.unwrap_or(ROOT), name),
            What::UnknownField(name) => self.unknown_field(fault.at.unwrap_or(ROOT), name),
            What::UnknownVariant(variants) => {
                let at = marked.or(fault.at).unwrap_or(ROOT);
                self.single(at, variants) || self.unknown_variant(at, variants)
            }
            What::Expected(expected) if expected == "map with a single key" => {
                let at = fault.at.unwrap_or(ROOT);
                self.make_single(at)
            }
            What::Custom(text) if self.refuses_keys(fault.at.unwrap_or(ROOT), text) => true,
            What::Custom(text) if text.starts_with("data did not match any variant of untagged enum") => {
                let at = fault.at.unwrap_or(ROOT);
                if self.try_again(at, seen) {
                    return true;
                }
                let id = self.locate::<T>(fault);
                self.refused(id, &fault.what)
            }
            what => {
                let id = self.locate::<T>(fault);
                self.refused(id, what)
            }
        }
    }

    /// No variant of an untagged enum took it. The last text that one of them refused gets another form.
    fn try_again(&mut self, at: Id, seen: &[Seen]) -> bool {
        for one in seen {
            if let Some(id) = self.node(one.mark) {
                self.want(id, &one.what);
            }
        }
        seen.iter().rev().any(|one| {
            let Some(id) = self.node(one.mark).filter(|&id| self.session.tree.within(id, at)) else {
                return false;
            };
            if self.report.has(id) {
                return false;
            }
            if let What::UnknownVariant(variants) = one.what {
                return self.vary(id, variants);
            }
            let feed = self.session.feed(id);
            self.session.change(id, |f| f.try_out(feed));
            self.session.nullify(id) || self.refit(id)
        })
    }

    /// A struct with `flatten` that refuses what nothing in it reads: the spellings it does not know have to go.
    fn refuses_keys(&mut self, at: Id, text: &str) -> bool {
        let unknown = text
            .strip_prefix("unknown field `")
            .and_then(|rest| rest.strip_suffix('`'));
        if self.session.fact(at, |f| f.keyed != Keyed::Names) || (unknown.is_none() && text != "unexpected map key") {
            return false;
        }
        if self.session.fact(at, |f| f.open != Open::Yes) {
            return self.open(&Peers::of(&self.session), at, None);
        }
        unknown.is_some_and(|name| self.unknown_field(at, name))
    }

    fn refused(&mut self, id: Id, what: &What) -> bool {
        if self.report.has(id) || self.session.tree.is_missing(id) {
            return self.advance(id);
        }
        self.want(id, what);
        let feed = self.session.feed(id);
        self.session.change(id, |f| f.try_out(feed));
        let element = |p: Id| matches!(self.session.data(p), Data::List);
        if matches!(self.session.data(id), Data::Nil) && self.session.tree.nodes[id].parent.is_some_and(element) {
            self.session.change(id, |f| f.feed = Feed::Omit);
            return true;
        }
        if self.session.nullify(id) || self.refit(id) {
            return true;
        }
        let wanted = self.session.fact(id, |f| f.wanted().map(str::to_owned));
        let what = match (what, wanted) {
            (What::Expected(_), Some(wanted)) => What::Expected(wanted),
            (what, _) => what.clone(),
        };
        self.report.refused(&self.session.tree, id, &what);
        let peers = Peers::of(&self.session);
        let good = self.good.get(&peers.first[id]).copied();
        if self.count((peers.first[id], "")) {
            self.report.more(id);
            let wants = self.session.fact(id, |f| f.wants.clone());
            for &peer in peers.like(id) {
                if !self.report.has(peer) && !self.session.tree.is_container(peer) {
                    self.session.change(peer, |f| {
                        f.feed = Feed::Dummy(good.unwrap_or_default());
                        f.wants.clone_from(&wants);
                    });
                }
            }
        }
        if let Some(good) = good {
            self.session.change(id, |f| f.feed = Feed::Dummy(good));
            return true;
        }
        self.advance(id)
    }

    /// Another form for a value that was handed out with its own type, and for its peers.
    pub(crate) fn refit(&mut self, id: Id) -> bool {
        let (untyped, wants) = self
            .session
            .fact(id, |f| (f.untyped, f.wants.clone().unwrap_or_default()));
        let mut kinds: Vec<(Kind, &str)> = wants.iter().map(|w| (Kind::of(w), w.as_str())).collect();
        if kinds.iter().all(|(kind, _)| *kind == Kind::Other) {
            kinds.extend([Kind::Integer, Kind::Float, Kind::Bool, Kind::Text].map(|kind| (kind, "")));
        }
        let mut forms = kinds
            .iter()
            .filter_map(|&(kind, expected)| self.form(id, kind, expected));
        let Some(form) = forms.find(|form| untyped && !self.session.fact(id, |f| f.has_tried(*form))) else {
            return false;
        };
        self.session.change(id, |f| {
            f.feed = form;
            f.sure = true;
        });
        let Feed::As(kind) = form else {
            return true;
        };
        let peers = Peers::of(&self.session);
        for &peer in peers.like(id) {
            self.give(peer, kind);
        }
        if let Some(parent) = self.session.tree.nodes[id].parent {
            let count = self.counts.entry((peers.first[parent], "refitted ")).or_default();
            *count += 1;
            if *count >= BY_LOOKS {
                for &table in peers.like(parent) {
                    for &sibling in &self.session.tree.nodes[table].children {
                        if let Some(kind) = coerce::looks(self.session.data(sibling)) {
                            self.give(sibling, kind);
                        }
                    }
                }
            }
        }
        true
    }

    /// How a value is handed out to somebody who wants that.
    fn form(&self, id: Id, kind: Kind, expected: &str) -> Option<Feed> {
        let data = self.session.data(id);
        if coerce::is(data, kind) {
            return Some(Feed::Natural);
        }
        let fits = match kind {
            Kind::List => self.session.tree.elements(id).is_some(),
            Kind::Integer => coerce::in_range(data, expected),
            _ => coerce::fits(data, kind),
        };
        fits.then_some(Feed::As(kind))
    }

    /// What somebody like it wanted, unless it is known better.
    fn give(&self, id: Id, kind: Kind) {
        let fits = match kind {
            Kind::List => self.session.tree.elements(id).is_some(),
            _ => coerce::fits(self.session.data(id), kind),
        };
        if fits {
            self.session.change(id, |f| {
                if !f.sure && f.feed == Feed::Natural && f.tried.is_none() {
                    f.feed = Feed::As(kind);
                }
            });
        }
    }

    fn missing(&mut self, at: Id, name: &'static str) -> bool {
        let exact = self.session.fact(at, |f| matches!(f.keyed, Keyed::Fields(_)));
        let names = |id: &Id| {
            self.session.tree.is_section(*id) && self.session.fact(*id, |f| f.keyed == Keyed::Names && !f.single)
        };
        let tables: Vec<Id> = if exact {
            vec![at]
        } else {
            self.session.tree.below(at).into_iter().filter(names).collect()
        };
        let mut progress = false;
        for &table in &tables {
            let alike: Vec<Id> = self.session.tree.alike(table, name).collect();
            for child in alike {
                progress |= self.insist(table, child, name);
            }
        }
        if progress {
            return true;
        }
        for &table in &tables {
            // The field may be one that was withheld under another name of it.
            for &child in &self.session.tree.nodes[table].children.clone() {
                progress |= self.insist(table, child, name);
            }
        }
        if progress {
            return true;
        }
        for &table in &tables {
            if self.session.tree.alike(table, name).next().is_none() {
                self.supposed.push(self.session.tree.nodes.len());
                let id = self.session.add_missing(table, name);
                self.session.change(id, |f| f.heard = exact);
                progress = true;
            }
        }
        if exact && progress {
            let peers = Peers::of(&self.session);
            self.miss_alike(&peers, self.session.tree.nodes.len() - 1);
        }
        if !progress {
            // A list or a text can lack a field, too: a tagged enum looks for its tag in an empty list.
            self.report
                .custom(&self.session.tree, at, &format!("a field `{name}` is missing in it"));
        }
        progress
    }

    /// Hands out a key that was withheld or spelled otherwise, now that something misses it.
    fn insist(&self, table: Id, child: Id, name: &'static str) -> bool {
        let names = self.session.fact(table, |f| f.keyed == Keyed::Names);
        let same = names::same(&self.session.tree.nodes[child].key, name);
        let known = !names || self.session.styles(child).iter().any(|s| s == name);
        let nil = matches!(self.session.data(child), Data::Nil);
        let ordered = self.session.change(child, |f| match f.feed {
            _ if f.shadowed => None,
            Feed::Omit => {
                f.feed = Feed::Last;
                Some(true)
            }
            _ if same && nil && !f.spoken => {
                f.spoken = true;
                Some(false)
            }
            _ if same && f.spelling.is_none() && !known => {
                f.spelling = Some(Spelling::Name(name));
                Some(false)
            }
            _ => None,
        });
        if ordered == Some(true) {
            self.session.ordered.set(true);
        }
        ordered.is_some()
    }

    fn duplicate(&mut self, at: Id, name: &'static str) -> bool {
        let fields = matches!(self.session.fact(at, |f| f.keyed), Keyed::Fields(_));
        let Some(latest) = self.session.latest.get().filter(|_| fields) else {
            // A field that is known under two spellings of its name: one of them is enough.
            let alike: Vec<Id> = self.session.tree.below(at).into_iter().collect();
            let same = |id: &Id| names::same(&self.session.tree.nodes[*id].key, name);
            let named = alike.into_iter().filter(same).filter(|&id| {
                self.session.change(id, |f| {
                    let new = f.spelling.is_none() && f.untyped;
                    f.spelling = f.spelling.or(new.then_some(Spelling::Name(name)));
                    new
                })
            });
            if named.count() > 0 {
                return true;
            }
            let text = format!("more than one key sets the field `{name}`");
            self.report.custom(&self.session.tree, at, &text);
            return false;
        };
        let children = self.session.tree.nodes[at].children.iter().copied();
        let first = children.clone().find(|&c| self.session.fact(c, |f| f.first));
        // Put in front, it makes its partner the one that is complained about.
        let Some(first) = first.filter(|&f| f != latest) else {
            self.session.change(latest, |f| f.first = true);
            self.session.ordered.set(true);
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
                let pair = [first.min(latest), first.max(latest)];
                self.report.clash(tree, pair[0], &pair);
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

    fn unknown_field(&mut self, at: Id, name: &str) -> bool {
        let handed = |id: Id| match self.session.fact(id, |f| (f.feed, f.spelling)) {
            (Feed::Omit, _) => false,
            (_, Some(spelling)) => self.session.spelled(id, spelling) == name,
            (_, None) => *self.session.tree.nodes[id].key == *name,
        };
        let Some(id) = self.session.tree.below(at).into_iter().find(|&id| handed(id)) else {
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

    /// An enum that is no text was handed several keys, all spellings of one: which table that was.
    fn make_single(&mut self, at: Id) -> bool {
        let one = |id: &Id| self.session.tree.nodes[*id].children.len() == 1;
        let tables: Vec<Id> = self.session.tree.below(at).into_iter().filter(one).collect();
        let mut progress = false;
        for table in tables {
            progress |= self.session.change(table, |f| {
                let new = f.keyed == Keyed::Names && f.untyped && !f.single;
                f.single |= new;
                new
            });
        }
        if !progress {
            let text = "expected the name of a variant, or a section of that name";
            self.report.custom(&self.session.tree, at, text);
        }
        progress
    }

    fn single(&mut self, at: Id, variants: &'static [&'static str]) -> bool {
        let below = self.session.tree.below(at);
        let tables = below.into_iter().filter(|&id| self.session.fact(id, |f| f.single));
        let keys: Vec<Id> = tables
            .filter_map(|table| self.session.tree.nodes[table].children.first().copied())
            .collect();
        let mut progress = false;
        for key in keys {
            let name = names::find(variants, &self.session.tree.nodes[key].key).map(Spelling::Name);
            progress |= self.session.change(key, |f| {
                let new = name.is_some() && f.spelling.is_none();
                f.spelling = f.spelling.or(name);
                new
            });
        }
        progress
    }

    /// The name of a variant, in the enum's own spelling.
    fn vary(&mut self, id: Id, variants: &'static [&'static str]) -> bool {
        let peers = Peers::of(&self.session);
        let mut progress = false;
        for &peer in peers.like(id) {
            let text = coerce::to_text(self.session.data(peer)).unwrap_or_default();
            if let Some(known) = names::find(variants, text.trim()) {
                let new = self.session.change(peer, |f| {
                    let new = f.feed != Feed::Variant(known) && (peer == id || f.feed == Feed::Natural);
                    if new {
                        f.feed = Feed::Variant(known);
                    }
                    new
                });
                progress |= new && peer == id;
            }
        }
        progress
    }

    fn unknown_variant(&mut self, id: Id, variants: &'static [&'static str]) -> bool {
        if self.report.has(id) || self.session.tree.is_missing(id) {
            return self.advance(id);
        }
        if self.vary(id, variants) || self.session.nullify(id) {
            return true;
        }
        self.report
            .refused(&self.session.tree, id, &What::UnknownVariant(variants));
        // Under another tag other fields would be missing, which is nobody's fault.
        self.session.change(id, |f| f.feed = Feed::Last);
        self.session.ordered.set(true);
        true
    }

    /// The next stand-in; at the end of them nothing, and where that will not do either, the value itself at the very end.
    fn advance(&mut self, id: Id) -> bool {
        let section = self.session.tree.is_section(id)
            && !self.session.tree.is_missing(id)
            && self.session.fact(id, |f| f.keyed != Keyed::Unknown);
        // What a buffered section or list would have to hold, nobody tells.
        let unknown = |want: &str| matches!(Kind::of(want), Kind::Section | Kind::Enum);
        let unknown = self.session.fact(id, |f| f.untyped && f.wanted().is_some_and(unknown));
        let next = match self.session.fact(id, |f| (f.feed, f.tag)) {
            _ if id == ROOT => return false,
            (Feed::Last | Feed::Omit, _) => return false,
            (_, true) => {
                self.session.ordered.set(true);
                Feed::Last
            }
            (Feed::Dummy(n), _) if n + 1 < dummy::MOST => Feed::Dummy(n + 1),
            (Feed::Dummy(_), _) => Feed::Omit,
            _ if section || unknown => Feed::Omit,
            _ => Feed::Dummy(0),
        };
        self.session.change(id, |f| f.feed = next);
        if let Feed::Dummy(n) = next {
            let peers = Peers::of(&self.session);
            self.good.insert(peers.first[id], n);
        }
        true
    }
}
