//! What is known about each node, and the questions that a pass over them asks.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use crate::coerce::Kind;
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

pub(crate) type Spellings = Rc<[Rc<str>]>;

#[derive(Debug, Clone, Default)]
pub(crate) struct Fact {
    pub(crate) keyed: Keyed,
    pub(crate) feed: Feed,
    /// The key as the type spells it, once that is known.
    pub(crate) spelling: Option<Rc<str>>,
    /// The spelling under which the entry is handed out in this pass.
    pub(crate) emitted: Option<Rc<str>>,
    /// Something reads it: no longer a probe.
    pub(crate) live: bool,
    /// Its probe came back, and it is no section: until the next full pass it need not be handed out again.
    pub(crate) hit: bool,
    pub(crate) read: bool,
    /// A key that lost against another spelling of it.
    pub(crate) shadowed: bool,
    /// Handed out although it is null.
    pub(crate) spoken: bool,
    /// An `Option` asked for it.
    pub(crate) optional: bool,
    /// Handed out with its own type, to be taken or left.
    pub(crate) untyped: bool,
    pub(crate) wants: Vec<String>,
    pub(crate) tried: Vec<Kind>,
    /// For a table of [`Keyed::Names`]: how many styles its canary has seen; something in it takes every key.
    pub(crate) takes_all: Option<usize>,
    pub(crate) names: Option<&'static [&'static str]>,
    pub(crate) first: bool,
    /// Its elements are probed one by one.
    pub(crate) dissected: bool,
    /// It tells which variant of an enum its table is.
    pub(crate) tag: bool,
}

/// The styles a table's keys are tried in, then the pass without any probe, whose result alone may be handed out.
pub(crate) const CLEAN: usize = crate::fold::STYLES;

pub(crate) struct Session<'c> {
    pub(crate) tree: Tree<'c>,
    pub(crate) facts: RefCell<Vec<Fact>>,
    pub(crate) pass: Cell<usize>,
    /// Only probes are handed out, which is quicker: what is behind the first of them does not matter yet.
    pub(crate) quick: Cell<bool>,
    /// A fact that changes the next pass came to light in this one.
    pub(crate) learned: Cell<bool>,
    /// Spellings of one field: the one handed out, and all.
    pub(crate) clashes: RefCell<Vec<(Id, Vec<Id>)>>,
    pub(crate) merges: RefCell<Vec<Vec<Id>>>,
    /// The entry that was handed out last.
    pub(crate) latest: Cell<Option<Id>>,
    /// Names that a type has asked for.
    pub(crate) hints: RefCell<Vec<String>>,
    /// The spellings of a node's key in each style, which every pass asks for again.
    pub(crate) styles: RefCell<HashMap<(Id, usize), Spellings>>,
    /// As many blanks as there are nodes: the empty text of a node is an empty piece of it at the node's place.
    pub(crate) blanks: String,
}

impl<'c> Session<'c> {
    pub(crate) fn new(tree: Tree<'c>) -> Self {
        let facts = vec![Fact::default(); tree.nodes.len()];
        let blanks = " ".repeat(tree.nodes.len() + 1);
        Self {
            tree,
            facts: RefCell::new(facts),
            pass: Cell::new(0),
            quick: Cell::new(false),
            learned: Cell::new(false),
            clashes: RefCell::default(),
            merges: RefCell::default(),
            latest: Cell::new(None),
            hints: RefCell::default(),
            styles: RefCell::default(),
            blanks,
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

    pub(crate) fn add_missing(&mut self, parent: Id, key: &str) -> Id {
        let id = self.tree.add_missing(parent, key.to_owned());
        self.facts.get_mut().push(Fact {
            feed: Feed::Dummy(0),
            ..Fact::default()
        });
        id
    }

    /// The text of a node at an address that is its own.
    pub(crate) fn text(&self, id: Id) -> Option<&str> {
        self.tree.text(id).map(|text| match text {
            "" if id < self.blanks.len() => &self.blanks[id..id],
            text => text,
        })
    }

    /// Somebody asked for this node by its type.
    pub(crate) fn ask(&self, id: Id) {
        let named = self.tree.nodes[id]
            .parent
            .is_some_and(|p| self.fact(p, |f| f.keyed == Keyed::Names));
        self.change(id, |fact| {
            fact.read = true;
            fact.untyped = false;
            if named && fact.spelling.is_none() {
                fact.spelling = fact.emitted.clone();
                fact.live = true;
                self.learned.set(true);
            }
        });
    }

    pub(crate) fn note_keys(&self, table: Id, keyed: Keyed) {
        self.change(table, |fact| {
            if fact.keyed == Keyed::Unknown {
                fact.keyed = keyed;
                if keyed == Keyed::Names {
                    self.learned.set(true);
                }
            }
        });
    }

    /// The style this table is tried in.
    pub(crate) fn style(&self, table: Id) -> usize {
        if self.pass.get() == CLEAN {
            return CLEAN;
        }
        self.fact(table, |f| f.takes_all).unwrap_or_else(|| self.pass.get())
    }

    pub(crate) fn data(&self, id: Id) -> &Data<'c> {
        &self.tree.nodes[id].data
    }
}
