//! A node as serde sees it.

use serde::Deserializer;
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{Expected, Visitor};

use crate::access::{Items, Keys, Variants};
use crate::coerce::{self, Kind, Number};
use crate::dummy::{self, Dummy};
use crate::entries::{self, Entry};
use crate::fault::{Fault, What, probe};
use crate::names;
use crate::session::{Feed, Keyed, Session, Spelling};
use crate::tree::{Data, Id};

/// The number of a probe that asks for a value and not for a spelling.
pub(crate) const ASKED: usize = usize::MAX;

/// One node, asked for its value.
#[derive(Clone, Copy)]
pub(crate) struct At<'s, 'c> {
    session: &'s Session<'c>,
    id: Id,
    /// The spelling of its key that it is handed out under.
    spelling: Option<Spelling>,
    /// Handed out as the probe of this spelling.
    probe: Option<usize>,
}

impl<'s, 'c> At<'s, 'c> {
    pub(crate) fn new(session: &'s Session<'c>, id: Id) -> Self {
        Self {
            session,
            id,
            spelling: None,
            probe: None,
        }
    }

    fn data(&self) -> &'s Data<'c> {
        self.session.data(self.id)
    }

    fn placed<T>(&self, result: Result<T, Fault>) -> Result<T, Fault> {
        result.map_err(|fault| fault.at(self.id))
    }

    /// Its type is asked for: what is to be read then, the value or a stand-in.
    fn ask(&self) -> Option<Dummy> {
        self.session.ask(self.id, self.spelling);
        match self.session.feed(self.id) {
            Feed::Dummy(n) => Some(Dummy { n, depth: 0 }),
            _ => None,
        }
    }

    /// The value is no such thing: a stand-in goes on in its place.
    fn instead(&self, what: What) -> Dummy {
        if !self.session.nullify(self.id) {
            self.session.refuse(self.id, what);
        }
        Dummy::default()
    }

    fn expected(&self, expected: &str) -> Dummy {
        self.instead(What::Expected(expected.to_owned()))
    }

    fn integer<T: TryFrom<i128> + TryFrom<u128>>(&self) -> Option<T> {
        match coerce::to_integer(self.data())? {
            Number::Signed(n) => T::try_from(n).ok(),
            Number::Unsigned(n) => T::try_from(n).ok(),
        }
    }

    fn list<V: Visitor<'s>>(self, items: Vec<Id>, visitor: V) -> Result<V::Value, Fault> {
        let session = self.session;
        let items = items.into_iter().filter(|&c| session.feed(c) != Feed::Omit);
        let items: Vec<_> = items.map(|c| (c, Self::new(session, c))).collect();
        self.placed(visitor.visit_seq(Items {
            items: items.into_iter(),
        }))
    }

    fn entries<V: Visitor<'s>>(self, entries: Vec<Entry<'s>>, visitor: V) -> Result<V::Value, Fault> {
        let session = self.session;
        let value = move |entry| match entry {
            Entry::Node {
                id, spelling, probe, ..
            } => Self {
                session,
                id,
                spelling,
                probe,
            },
            Entry::Canary => Self::new(session, self.id),
        };
        self.placed(visitor.visit_map(Keys {
            session,
            table: self.id,
            entries: entries.into_iter(),
            current: None,
            value,
        }))
    }

    fn map<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.session.fact(self.id, |f| f.keyed) == Keyed::Unknown && keeps_names(&visitor) {
            self.session.change(self.id, |f| f.keyed = Keyed::Names);
        }
        let entries = match self.session.fact(self.id, |f| f.keyed) {
            Keyed::Names => entries::named(self.session, self.id),
            _ => entries::all(self.session, self.id),
        };
        self.entries(entries, visitor)
    }

    /// The value with its own type, or as what was learnt to be wanted.
    fn natural<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, Fault> {
        let data = self.data();
        match self.session.feed(self.id) {
            Feed::Null => return visitor.visit_unit(),
            Feed::Variant(name) => return visitor.visit_borrowed_str(name),
            Feed::As(kind) => match kind {
                Kind::Bool => {
                    if let Some(b) = coerce::to_bool(data) {
                        return visitor.visit_bool(b);
                    }
                }
                Kind::Integer => {
                    if let Some(number) = coerce::to_integer(data) {
                        return visit_number(number, visitor);
                    }
                }
                Kind::Float => {
                    if let Some(n) = coerce::to_float(data) {
                        return visitor.visit_f64(n);
                    }
                }
                Kind::Text => {
                    if let Some(text) = coerce::to_text(data) {
                        return visitor.visit_string(text);
                    }
                }
                Kind::Unit => return visitor.visit_unit(),
                Kind::List => {
                    if let Some(items) = self.session.tree.elements(self.id) {
                        return self.list(items, visitor);
                    }
                }
                Kind::Section => return self.map(visitor),
                _ => {}
            },
            Feed::Dummy(n) => {
                let wants = self.session.fact(self.id, |f| f.wanted().map(str::to_owned));
                let wants = wants.unwrap_or_default();
                if Kind::of(&wants) == Kind::Section && self.session.tree.is_section(self.id) {
                    return self.map(visitor);
                }
                return dummy::of_words(n, &wants, visitor);
            }
            _ => {}
        }
        match *data {
            Data::Nil | Data::Missing => visitor.visit_unit(),
            Data::Bool(b) => visitor.visit_bool(b),
            Data::Signed(n) => visit_number(Number::Signed(n), visitor),
            Data::Unsigned(n) => visit_number(Number::Unsigned(n), visitor),
            Data::Float(n) => visitor.visit_f64(n),
            Data::Text(_) => visitor.visit_borrowed_str(self.session.text(self.id).unwrap_or_default()),
            Data::Table => self.map(visitor),
            Data::List => self.list(self.session.tree.nodes[self.id].children.clone(), visitor),
        }
    }
}

/// Whether that is serde's buffer, or a struct with `flatten` in it: both know names that they do not tell.
fn keeps_names(visitor: &dyn Expected) -> bool {
    let expecting = visitor.to_string();
    expecting == "any value" || expecting.starts_with("struct ") || expecting.starts_with("internally tagged enum ")
}

fn visit_number<'de, V: Visitor<'de>>(number: Number, visitor: V) -> Result<V::Value, Fault> {
    match number {
        Number::Signed(n) => match (i64::try_from(n), u64::try_from(n)) {
            // As formats do: what is not negative is unsigned.
            (_, Ok(n)) => visitor.visit_u64(n),
            (Ok(n), _) => visitor.visit_i64(n),
            _ => visitor.visit_i128(n),
        },
        Number::Unsigned(n) => match u64::try_from(n) {
            Ok(n) => visitor.visit_u64(n),
            Err(_) => visitor.visit_u128(n),
        },
    }
}

macro_rules! scalars {
    ($($method:ident $visit:ident $expected:literal $read:expr;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            let dummy = match self.ask() {
                Some(dummy) => dummy,
                None => match $read(&self) {
                    Some(value) => return self.placed(visitor.$visit(value)),
                    None => self.expected($expected),
                },
            };
            self.placed(dummy.$method(visitor))
        }
    )*};
}

impl<'de> Deserializer<'de> for At<'de, '_> {
    type Error = Fault;

    scalars! {
        deserialize_i8 visit_i8 "i8" Self::integer;
        deserialize_i16 visit_i16 "i16" Self::integer;
        deserialize_i32 visit_i32 "i32" Self::integer;
        deserialize_i64 visit_i64 "i64" Self::integer;
        deserialize_i128 visit_i128 "i128" Self::integer;
        deserialize_u8 visit_u8 "u8" Self::integer;
        deserialize_u16 visit_u16 "u16" Self::integer;
        deserialize_u32 visit_u32 "u32" Self::integer;
        deserialize_u64 visit_u64 "u64" Self::integer;
        deserialize_u128 visit_u128 "u128" Self::integer;
        deserialize_bool visit_bool "a boolean" |at: &Self| coerce::to_bool(at.data());
        deserialize_f64 visit_f64 "f64" |at: &Self| coerce::to_float(at.data());
        deserialize_char visit_char "a character" |at: &Self| coerce::to_char(at.data());
        deserialize_f32 visit_f32 "f32" |at: &Self| match at.data() {
            // Through f64 a text would be rounded twice.
            Data::Text(text) => text.trim().parse().ok(),
            data => coerce::to_float(data).map(|n| n as f32),
        };
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let session = self.session;
        let named = |table| session.fact(table, |f| f.keyed == Keyed::Names);
        // What is only buffered may still be ignored.
        let ignorable = session.tree.nodes[self.id].parent.is_some_and(named);
        let heard = session.change(self.id, |fact| {
            fact.untyped = true;
            fact.read |= !ignorable;
            fact.heard
        });
        let asking = || {
            session
                .asking
                .get()
                .is_some_and(|above| session.tree.within(self.id, above))
        };
        let asked = !heard && (session.tree.is_missing(self.id) || asking());
        match self.probe.or(asked.then_some(ASKED)) {
            Some(spelling) => self.placed(visitor.visit_byte_buf(probe(self.id, spelling))),
            None => self.placed(self.natural(visitor)),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let dummy = match (self.ask(), self.session.text(self.id)) {
            (Some(dummy), _) => dummy,
            (None, Some(text)) => return self.placed(visitor.visit_borrowed_str(text)),
            (None, None) => match coerce::to_text(self.data()) {
                Some(text) => return self.placed(visitor.visit_string(text)),
                None => self.expected("a string"),
            },
        };
        self.placed(dummy.deserialize_str(visitor))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.data() {
            Data::List => self.deserialize_seq(visitor),
            _ => self.deserialize_str(visitor),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let stands_in = self.ask().is_some();
        self.session.change(self.id, |fact| fact.optional = true);
        let none = stands_in || self.session.feed(self.id) == Feed::Null || matches!(self.data(), Data::Nil);
        let result = if none {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        };
        self.placed(result)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let empty = match self.data() {
            Data::Nil | Data::Missing => true,
            Data::Text(text) => text.trim().is_empty(),
            Data::Table | Data::List => self.session.tree.nodes[self.id].children.is_empty(),
            _ => false,
        };
        if self.ask().is_none() && !empty {
            self.expected("unit");
        }
        self.placed(visitor.visit_unit())
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        self.placed(visitor.visit_newtype_struct(self))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.session.change(self.id, |f| f.shape = Some(Kind::List));
        let dummy = match (self.ask(), self.session.tree.elements(self.id)) {
            (Some(dummy), _) => dummy,
            (None, Some(mut items)) => {
                // As in .NET, `null` is no element.
                items.retain(|&c| !matches!(self.session.data(c), Data::Nil));
                return self.list(items, visitor);
            }
            (None, None) => self.expected("a sequence"),
        };
        self.placed(dummy.deserialize_seq(visitor))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        self.session.change(self.id, |f| f.shape = Some(Kind::List));
        let dummy = match (self.ask(), self.session.tree.elements(self.id)) {
            (Some(dummy), _) => dummy,
            (None, Some(items)) if items.len() == len => return self.list(items, visitor),
            _ => self.expected(&format!("a tuple of size {len}")),
        };
        self.placed(dummy.deserialize_tuple(len, visitor))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.session.change(self.id, |f| f.shape = Some(Kind::Section));
        let dummy = self.ask();
        if self.session.tree.is_section(self.id) || (dummy.is_none() && self.session.tree.is_container(self.id)) {
            return self.map(visitor);
        }
        let dummy = dummy.unwrap_or_else(|| self.expected("a map"));
        self.placed(dummy.deserialize_map(visitor))
    }

    /// A section that is missing stands in for itself: what it would need is then named one by one.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.session.change(self.id, |f| f.shape = Some(Kind::Section));
        let dummy = self.ask();
        if self.session.tree.is_section(self.id) {
            self.session.change(self.id, |f| f.keyed = Keyed::Fields(fields));
            return self.entries(entries::fields(self.session, self.id, fields), visitor);
        }
        let dummy = dummy.unwrap_or_else(|| self.expected("struct "));
        self.placed(dummy.deserialize_struct(name, fields, visitor))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let dummy = self.ask();
        let children = self.session.tree.nodes[self.id].children.as_slice();
        let (variant, payload) = match (self.data(), children) {
            (Data::Table, &[child]) => (names::find(variants, &self.session.tree.nodes[child].key), Some(child)),
            (data, _) => (
                coerce::to_text(data).and_then(|text| names::find(variants, text.trim())),
                None,
            ),
        };
        if let (None, Some(variant)) = (dummy, variant) {
            if payload.is_some() {
                self.session.note_keys(self.id, Keyed::Fields(variants));
            }
            return self.placed(visitor.visit_enum(Variants {
                session: self.session,
                at: self.id,
                variant,
                payload: payload.map(|child| (child, Self::new(self.session, child))),
            }));
        }
        let dummy = dummy.unwrap_or_else(|| self.instead(What::UnknownVariant(variants)));
        self.placed(dummy.deserialize_enum(name, variants, visitor))
    }

    /// Only the tag of an enum is asked for like this.
    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let dummy = self.ask();
        self.session.change(self.id, |fact| fact.tag = true);
        if let Feed::Variant(name) = self.session.feed(self.id) {
            return self.placed(visitor.visit_borrowed_str(name));
        }
        let text = coerce::to_text(self.data()).filter(|_| dummy.is_none());
        match text {
            Some(text) => self.placed(visitor.visit_str(text.trim())),
            None => {
                let name = dummy.unwrap_or_else(|| self.expected("a string"));
                self.placed(BorrowedStrDeserializer::new(name.text()).deserialize_any(visitor))
            }
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }
}
