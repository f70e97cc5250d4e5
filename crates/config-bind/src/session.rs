//! What is known about each node, from one pass to the next.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use crate::coerce::Kind;
use crate::fault::What;
use crate::names;
use crate::tree::{Data, Id, Tree};

/// How the reader of a table asks for its keys.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) enum Keyed {
    #[default]
    Unknown,
    /// A struct that says which fields it has.
    Fields(&'static [&'static str]),
    /// Something with names of its own that it does not tell: a struct with `flatten`, or one behind serde's buffer.
    Names,
    /// A map, which takes what is there.
    Any,
}

/// What else may read the keys of a table of [`Keyed::Names`].
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) enum Open {
    /// Nothing, as far as was seen: each key is handed out in every spelling, for all but the right one are ignored.
    #[default]
    No,
    /// A map takes every key. Which spellings something else wants is asked one by one.
    Asking,
    /// A map takes every key, and nothing else wants another one.
    Yes,
}

/// What is handed out for a node.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) enum Feed {
    #[default]
    Natural,
    As(Kind),
    /// As if it were null: what a blank text is to an `Option`.
    Null,
    /// A variant of an enum, in the enum's own spelling.
    Variant(&'static str),
    /// The n-th stand-in for a value that is missing or was refused.
    Dummy(usize),
    /// Nothing: no stand-in was good enough.
    Omit,
    /// Itself, but after all of its siblings, so that they are heard before it stops the pass.
    Last,
}

/// The key as the type spells it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Spelling {
    /// As it is.
    Own,
    /// The n-th of its [`names::styles`].
    Style(usize),
    /// In the type's own words.
    Name(&'static str),
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Fact {
    pub(crate) keyed: Keyed,
    pub(crate) open: Open,
    /// The fields of a struct that refuses other keys.
    pub(crate) names: Option<&'static [&'static str]>,
    pub(crate) feed: Feed,
    pub(crate) spelling: Option<Spelling>,
    /// Something reads it.
    pub(crate) read: bool,
    /// A key that lost against another spelling of it.
    pub(crate) shadowed: bool,
    /// Handed out although it is null.
    pub(crate) spoken: bool,
    /// An `Option` asked for it.
    pub(crate) optional: bool,
    /// Handed out with its own type, to be taken or left.
    pub(crate) untyped: bool,
    /// Its probe came back, or it need not be asked.
    pub(crate) heard: bool,
    /// Refused itself, so that what is learnt of its peers does not matter.
    pub(crate) sure: bool,
    /// Handed out before its siblings.
    pub(crate) first: bool,
    /// The one key of it is an enum's variant.
    pub(crate) single: bool,
    /// It tells which variant of an enum its table is.
    pub(crate) tag: bool,
    /// A list or a section was asked for.
    pub(crate) shape: Option<Kind>,
    /// What was asked of it untyped, in serde's words.
    pub(crate) wants: Option<Rc<Vec<String>>>,
    /// The forms that were refused.
    pub(crate) tried: Option<Box<Vec<Feed>>>,
}

impl Fact {
    /// What was asked first of it, in serde's words.
    pub(crate) fn wanted(&self) -> Option<&str> {
        self.wants.as_deref()?.first().map(String::as_str)
    }

    pub(crate) fn want(&mut self, expected: &str) {
        let wants = Rc::make_mut(self.wants.get_or_insert_default());
        if !wants.iter().any(|want| want == expected) {
            wants.push(expected.to_owned());
        }
    }

    pub(crate) fn has_tried(&self, form: Feed) -> bool {
        self.tried.as_deref().is_some_and(|tried| tried.contains(&form))
    }

    /// A form was refused.
    pub(crate) fn try_out(&mut self, form: Feed) {
        self.tried.get_or_insert_default().push(form);
    }
}

pub(crate) struct Session<'c> {
    pub(crate) tree: Tree<'c>,
    facts: RefCell<Vec<Fact>>,
    /// A fact that changes the next pass came to light in this one.
    pub(crate) learned: Cell<bool>,
    /// Some entries have a place of their own among their siblings.
    pub(crate) ordered: Cell<bool>,
    /// Buffered values are handed out as probes: those below this node that were not heard yet.
    pub(crate) asking: Cell<Option<Id>>,
    /// What was refused on the way, while a stand-in went on in its place.
    pub(crate) refused: RefCell<Vec<(Id, What)>>,
    /// Spellings of one field: the one handed out, and all.
    pub(crate) clashes: RefCell<Vec<(Id, Vec<Id>)>>,
    pub(crate) merges: RefCell<Vec<Vec<Id>>>,
    /// The entry that was handed out last.
    pub(crate) latest: Cell<Option<Id>>,
    /// The spellings of the keys, once somebody asks.
    styles: OnceCell<Styles>,
    /// The fields of each struct, by where its names are.
    fields: RefCell<Vec<(*const &'static str, Rc<Fields>)>>,
    /// As many blanks as there are nodes: the empty text of a node is an empty piece of it at the node's place.
    pub(crate) blanks: String,
}

impl<'c> Session<'c> {
    pub(crate) fn new(tree: Tree<'c>) -> Self {
        let count = tree.nodes.len();
        Self {
            facts: RefCell::new(vec![Fact::default(); count]),
            learned: Cell::new(false),
            ordered: Cell::new(false),
            asking: Cell::new(None),
            refused: RefCell::default(),
            clashes: RefCell::default(),
            merges: RefCell::default(),
            latest: Cell::new(None),
            styles: OnceCell::new(),
            fields: RefCell::default(),
            blanks: " ".repeat(count + 1),
            tree,
        }
    }

    pub(crate) fn fact<R>(&self, id: Id, f: impl FnOnce(&Fact) -> R) -> R {
        f(&self.facts.borrow()[id])
    }

    pub(crate) fn change<R>(&self, id: Id, f: impl FnOnce(&mut Fact) -> R) -> R {
        f(&mut self.facts.borrow_mut()[id])
    }

    pub(crate) fn feed(&self, id: Id) -> Feed {
        self.fact(id, |f| f.feed)
    }

    pub(crate) fn data(&self, id: Id) -> &Data<'c> {
        &self.tree.nodes[id].data
    }

    pub(crate) fn add_missing(&mut self, parent: Id, key: &'static str) -> Id {
        let id = self.tree.add_missing(parent, key);
        self.facts.get_mut().push(Fact {
            feed: Feed::Dummy(0),
            spelling: Some(Spelling::Name(key)),
            ..Fact::default()
        });
        id
    }

    /// The text of a node at an address that is its own.
    pub(crate) fn text(&self, id: Id) -> Option<&str> {
        match self.tree.nodes[id].data {
            Data::Text("") if id < self.blanks.len() => Some(&self.blanks[id..id]),
            Data::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The spellings under which a type may know a key. A field that nobody sets has its own.
    pub(crate) fn styles(&self, id: Id) -> &[String] {
        let styles = self.styles.get_or_init(|| Styles::new(&self.tree));
        let key = || names::styles(&self.tree.nodes[id].key);
        styles
            .of
            .get(id)
            .map_or(&[], |&key_number| styles.all[key_number].get_or_init(key))
    }

    pub(crate) fn spelled(&self, id: Id, spelling: Spelling) -> &str {
        match spelling {
            Spelling::Own => &self.tree.nodes[id].key,
            Spelling::Style(n) => &self.styles(id)[n],
            Spelling::Name(name) => name,
        }
    }

    /// Somebody asked for this node by its type, under that spelling of its key.
    pub(crate) fn ask(&self, id: Id, spelling: Option<Spelling>) {
        let new = self.change(id, |fact| {
            fact.read = true;
            fact.untyped = false;
            fact.heard = true;
            let new = spelling.filter(|_| fact.spelling.is_none());
            fact.spelling = fact.spelling.or(new);
            new
        });
        let open = |table| self.fact(table, |f| f.open != Open::No);
        if new.is_some_and(|s| s != Spelling::Own) && self.tree.nodes[id].parent.is_some_and(open) {
            // A map has it under its own spelling already.
            self.learned.set(true);
        }
    }

    /// The way the keys of a table are asked for came to light.
    pub(crate) fn note_keys(&self, table: Id, keyed: Keyed) {
        let learned = self.change(table, |fact| {
            let new = fact.keyed == Keyed::Unknown;
            if new {
                fact.keyed = keyed;
            }
            new && keyed == Keyed::Names
        });
        if learned {
            self.learned.set(true);
        }
    }

    /// A refusal on the way; a stand-in goes on in its place.
    pub(crate) fn refuse(&self, id: Id, what: What) {
        self.refused.borrow_mut().push((id, what));
    }

    /// A blank text where an `Option` of something else than a text asks: none, from the next pass on.
    pub(crate) fn nullify(&self, id: Id) -> bool {
        let null = self.tree.is_blank(id)
            && self.change(id, |f| {
                let null = (f.optional || f.untyped) && !f.has_tried(Feed::Null);
                if null {
                    f.feed = Feed::Null;
                    f.try_out(Feed::Null);
                }
                null
            });
        if null {
            self.learned.set(true);
        }
        null
    }

    pub(crate) fn fields_of(&self, fields: &'static [&'static str]) -> Rc<Fields> {
        let mut known = self.fields.borrow_mut();
        let same = |(place, known): &&(_, Rc<Fields>)| *place == fields.as_ptr() && known.sorted.len() == fields.len();
        if let Some((_, fields)) = known.iter().find(same) {
            return Rc::clone(fields);
        }
        let made = Rc::new(Fields::new(fields));
        known.push((fields.as_ptr(), Rc::clone(&made)));
        made
    }
}

/// The spellings of each key, once for all nodes that have it.
struct Styles {
    of: Vec<usize>,
    all: Vec<OnceCell<Vec<String>>>,
}

impl Styles {
    fn new(tree: &Tree<'_>) -> Self {
        let mut numbers = HashMap::new();
        let of = tree.nodes.iter().map(|node| {
            let next = numbers.len();
            *numbers.entry(&*node.key).or_insert(next)
        });
        let of = of.collect();
        Self {
            of,
            all: vec![OnceCell::new(); numbers.len()],
        }
    }
}

/// A struct's fields, to be found in any spelling.
pub(crate) struct Fields {
    /// By hash, then in the struct's order.
    sorted: Vec<(u64, usize, &'static str)>,
}

impl Fields {
    fn new(fields: &'static [&'static str]) -> Self {
        let all = fields.iter().enumerate();
        let mut sorted: Vec<_> = all.map(|(n, field)| (names::hash(field), n, *field)).collect();
        sorted.sort_unstable();
        Self { sorted }
    }

    /// The place of the first field of that hash, and its name or, if there is one, the exact one.
    pub(crate) fn find(&self, hash: u64, key: &str) -> Option<(usize, &'static str)> {
        let first = self.sorted.partition_point(|(h, ..)| *h < hash);
        let mut alike = self.sorted[first..].iter().take_while(|(h, ..)| *h == hash).peekable();
        let &&(_, place, name) = alike.peek()?;
        let exact = alike.map(|(_, _, name)| *name).find(|name| *name == key);
        Some((place, exact.unwrap_or(name)))
    }
}
