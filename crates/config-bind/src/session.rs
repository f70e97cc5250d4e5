//! What is known about each node, from one pass to the next.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::coerce::{self, Kind};
use crate::fault::{CANARY, Mark, What};
use crate::spellings::{Fields, FieldsOf, Styles};
use crate::tree::{Data, Id, Tree};

/// How the reader of a table asks for its keys.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) enum Keyed {
    #[default]
    Unknown,
    /// A struct that says which fields it has.
    Fields(&'static [&'static str]),
    /// Something with names of its own that it does not tell: a struct with `flatten`, or one behind serde's buffer. Each key
    /// is handed out in every spelling, for all but the right one are ignored.
    Names,
    /// The same beside a map, which takes every key. Which spellings something else wants is asked one by one.
    Asking,
    /// The same, and nothing else wants another spelling.
    Open,
    /// A map, which takes what is there.
    Any,
}

impl Keyed {
    pub(crate) fn keeps_names(self) -> bool {
        matches!(self, Self::Names | Self::Asking | Self::Open)
    }

    /// Something takes every key.
    pub(crate) fn takes_all(self) -> bool {
        matches!(self, Self::Asking | Self::Open | Self::Any)
    }
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
    /// The n-th of its [`styles`](crate::names::styles).
    Style(usize),
    /// In the type's own words.
    Name(&'static str),
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Fact {
    pub(crate) keyed: Keyed,
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
    /// Handed out as a probe, until that has come back.
    pub(crate) asked: bool,
    /// Refused itself, so that what is learnt of its peers does not matter.
    pub(crate) sure: bool,
    /// Others like it are not looked at one by one.
    pub(crate) more: bool,
    /// One of those others.
    pub(crate) quiet: bool,
    /// What was asked of it untyped, in serde's words.
    pub(crate) wants: Option<Rc<Vec<String>>>,
    /// The forms that were refused.
    tried: Option<Rc<Vec<Feed>>>,
}

impl Fact {
    /// What was asked first of it, in serde's words.
    pub(crate) fn wanted(&self) -> Option<&str> {
        self.wants.as_deref()?.first().map(String::as_str)
    }

    pub(crate) fn has_tried(&self, form: Feed) -> bool {
        self.tried.as_ref().is_some_and(|tried| tried.contains(&form))
    }

    pub(crate) fn try_out(&mut self, form: Feed) {
        Rc::make_mut(self.tried.get_or_insert_default()).push(form);
    }
}

/// A problem with a node.
#[derive(Debug)]
pub(crate) enum Wrong {
    Refused(What),
    /// With the names that are known.
    UnknownKey(&'static [&'static str]),
    Clash(Vec<Id>),
    TooDeep,
    /// A map wants keys that are no texts.
    Keys(String),
}

pub(crate) struct Session<'c> {
    pub(crate) tree: Tree<'c>,
    facts: RefCell<Vec<Fact>>,
    pub(crate) wrong: RefCell<BTreeMap<Id, Wrong>>,
    /// A fact that changes the next pass came to light in this one.
    pub(crate) learned: Cell<bool>,
    /// Some entries come after their siblings.
    pub(crate) ordered: Cell<bool>,
    /// Spellings of a section: the one that stays, and another.
    pub(crate) merges: RefCell<Vec<(Id, Id)>>,
    /// The entry that was handed out last, and the one before it.
    pub(crate) latest: Cell<(Option<Id>, Option<Id>)>,
    /// So many problems were found one by one, the last of them in this section, and the rest was left.
    pub(crate) cut: Option<(usize, Id)>,
    styles: OnceCell<Styles>,
    fields: FieldsOf,
    /// Where the texts are: what is refused of them comes back with its address.
    texts: OnceCell<BTreeMap<usize, (usize, Id)>>,
    /// As many blanks as there are nodes: the empty text of a node is an empty piece of it at the node's place.
    blanks: String,
}

impl<'c> Session<'c> {
    pub(crate) fn new(tree: Tree<'c>) -> Self {
        let count = tree.nodes.len();
        let mut wrong: BTreeMap<Id, Wrong> = tree.too_deep.iter().map(|&id| (id, Wrong::TooDeep)).collect();
        if let Some(&first) = tree.clash.first() {
            wrong = BTreeMap::from([(first, Wrong::Clash(tree.clash.clone()))]);
        }
        Self {
            facts: RefCell::new(vec![Fact::default(); count]),
            wrong: RefCell::new(wrong),
            learned: Cell::new(false),
            ordered: Cell::new(false),
            merges: RefCell::default(),
            latest: Cell::default(),
            cut: None,
            styles: OnceCell::new(),
            fields: FieldsOf::default(),
            texts: OnceCell::new(),
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

    pub(crate) fn keyed(&self, id: Id) -> Keyed {
        self.fact(id, |f| f.keyed)
    }

    pub(crate) fn data(&self, id: Id) -> Data<'c> {
        self.tree.nodes[id].data
    }

    pub(crate) fn children(&self, id: Id) -> &[Id] {
        &self.tree.nodes[id].children
    }

    pub(crate) fn is_nil(&self, id: Id) -> bool {
        matches!(self.data(id), Data::Nil)
    }

    /// Whether the table it is in has that property.
    pub(crate) fn parent(&self, id: Id, is: impl FnOnce(Keyed) -> bool) -> bool {
        self.tree.nodes[id].parent.is_some_and(|parent| is(self.keyed(parent)))
    }

    /// Its one key is an enum's variant.
    pub(crate) fn is_single(&self, table: Id) -> bool {
        self.fact(table, |f| match f.feed {
            Feed::As(kind) => kind == Kind::Enum,
            Feed::Last => f.wanted().is_some_and(|want| Kind::of(want) == Kind::Enum),
            _ => false,
        })
    }

    /// What it is handed out as to somebody who asks for no type.
    pub(crate) fn handed(&self, id: Id) -> Data<'c> {
        let data = self.data(id);
        match self.feed(id) {
            Feed::Null => Data::Nil,
            Feed::Variant(name) => Data::Text(name),
            Feed::As(kind) => coerce::turned(data, kind).unwrap_or(data),
            _ => data,
        }
    }

    /// Whether it can be handed out as something of that kind that it is not by nature.
    pub(crate) fn fits(&self, id: Id, kind: Kind) -> bool {
        let data = self.data(id);
        !coerce::is(data, kind)
            && match kind {
                Kind::List => self.tree.elements(id).is_some(),
                Kind::Text => coerce::to_text(data).is_some(),
                Kind::Enum => self.children(id).len() == 1 && coerce::turned(data, kind).is_some(),
                _ => coerce::turned(data, kind).is_some(),
            }
    }

    /// A field that nobody sets; `asked` where it may be another table that misses it.
    pub(crate) fn add_missing(&mut self, parent: Id, key: &'static str, asked: bool) -> Id {
        let id = self.tree.add_missing(parent, key);
        self.facts.get_mut().push(Fact {
            feed: Feed::Dummy(0),
            spelling: Some(Spelling::Name(key)),
            asked,
            ..Fact::default()
        });
        id
    }

    /// How many there are, of those that miss a value too; it only grows.
    pub(crate) fn problems(&self) -> usize {
        self.wrong.borrow().len() + self.tree.nodes.len()
    }

    pub(crate) fn has_problem(&self, id: Id) -> bool {
        self.wrong.borrow().contains_key(&id)
    }

    /// The first problem of a node is what is said of it; of one that is missing, that it is.
    pub(crate) fn problem(&self, id: Id, wrong: Wrong) {
        if !self.tree.is_missing(id) {
            self.wrong.borrow_mut().entry(id).or_insert(wrong);
        }
    }

    pub(crate) fn refuse(&self, id: Id, what: &What) {
        self.problem(id, Wrong::Refused(what.clone()));
    }

    pub(crate) fn want(&self, id: Id, what: &What) {
        let What::Expected(expected) = what else {
            return;
        };
        self.change(id, |f| {
            let wants = Rc::make_mut(f.wants.get_or_insert_default());
            if !wants.contains(expected) {
                wants.push(expected.clone());
            }
        });
    }

    /// Somebody asked for this node by its type, under that spelling of its key.
    pub(crate) fn ask(&self, id: Id, spelling: Option<Spelling>) {
        let new = self.change(id, |fact| {
            fact.read = true;
            fact.untyped = false;
            fact.asked = false;
            let new = spelling.filter(|_| fact.spelling.is_none());
            fact.spelling = fact.spelling.or(new);
            new
        });
        if new.is_some_and(|s| s != Spelling::Own) && self.parent(id, Keyed::takes_all) {
            // A map has it under its own spelling already.
            self.learned.set(true);
        }
    }

    /// The way the keys of a table are asked for came to light.
    pub(crate) fn note_keys(&self, table: Id, keyed: Keyed) {
        let new = self.change(table, |fact| {
            let new = fact.keyed == Keyed::Unknown;
            if new {
                fact.keyed = keyed;
            }
            new
        });
        if new && keyed == Keyed::Names {
            self.learned.set(true);
        }
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

    /// The text of a node, at an address that is its own.
    pub(crate) fn text(&self, id: Id) -> Option<Cow<'_, str>> {
        match self.data(id) {
            Data::Text("") => Some(self.blank(id).into()),
            data => coerce::to_text(data),
        }
    }

    pub(crate) fn blank(&self, id: Id) -> &str {
        self.blanks.get(id..id).unwrap_or_default()
    }

    /// The spellings under which a type may know a key. A field that nobody sets has its own.
    pub(crate) fn styles(&self, id: Id) -> &[String] {
        self.styles.get_or_init(|| Styles::new(&self.tree)).of(&self.tree, id)
    }

    pub(crate) fn spelled(&self, id: Id, spelling: Spelling) -> &str {
        match spelling {
            Spelling::Own => &self.tree.nodes[id].key,
            Spelling::Style(n) => &self.styles(id)[n],
            Spelling::Name(name) => name,
        }
    }

    pub(crate) fn fields_of(&self, fields: &'static [&'static str]) -> Rc<Fields> {
        self.fields.get(fields)
    }

    /// The node that a mark is of.
    pub(crate) fn node(&self, mark: Mark) -> Option<Id> {
        let address = match mark {
            Mark::Probe(_, CANARY) => return None,
            Mark::Probe(id, _) => return Some(id),
            Mark::Text(address) => address,
        };
        let blanks = self.blanks.as_ptr() as usize;
        if (blanks..blanks + self.blanks.len()).contains(&address) {
            return Some(address - blanks).filter(|&id| self.tree.is_blank(id));
        }
        let texts = self.texts.get_or_init(|| {
            let nodes = self.tree.nodes.iter().enumerate();
            let texts = nodes.filter_map(|(id, node)| match node.data {
                Data::Text(text) => Some((text.as_ptr() as usize, (text.len(), id))),
                _ => None,
            });
            texts.collect()
        });
        let (start, (len, id)) = texts.range(..=address).next_back()?;
        (address < start + len).then_some(*id)
    }

    /// The node whose own key a mark is of.
    pub(crate) fn key(&self, mark: Mark) -> Option<Id> {
        let address = |id: &Id| Mark::Text(self.tree.nodes[*id].key.as_ptr() as usize);
        (1..self.tree.nodes.len()).find(|id| address(id) == mark)
    }
}
