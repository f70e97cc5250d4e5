//! A node as serde sees it.

use std::borrow::Cow;

use serde::Deserializer;
use serde::de::{Deserialize, DeserializeSeed, Expected, VariantAccess, Visitor};

use crate::access::{Items, Keys};
use crate::coerce::{self, Kind};
use crate::dummy::{self, Dummy, Variant};
use crate::entries::{self, Entry};
use crate::fault::{ASKED, Fault, What, probe};
use crate::names;
use crate::numbers::integers;
use crate::session::{Feed, Keyed, Session, Spelling};
use crate::tree::{Data, Id};

/// One node, asked for its value.
#[derive(Clone, Copy)]
pub(crate) struct At<'s, 'c> {
    session: &'s Session<'c>,
    id: Id,
    /// The spelling of its key that it is handed out under.
    spelling: Option<Spelling>,
    /// Handed out as the probe of this spelling.
    probe: Option<usize>,
    /// The name of a variant, where what belongs to the variant is asked for.
    bare: bool,
}

impl<'s, 'c> At<'s, 'c> {
    pub(crate) fn new(session: &'s Session<'c>, id: Id) -> Self {
        Self {
            session,
            id,
            spelling: None,
            probe: None,
            bare: false,
        }
    }

    fn data(&self) -> Data<'c> {
        self.session.data(self.id)
    }

    fn placed<T>(&self, result: Result<T, Fault>) -> Result<T, Fault> {
        result.map_err(|fault| fault.at(self.id))
    }

    /// Its type asks for it: what was read, or what stands in for it.
    fn read<R>(&self, what: impl Fn() -> What, read: impl FnOnce(&Self) -> Option<R>) -> Result<R, Dummy> {
        let (session, id) = (self.session, self.id);
        session.ask(id, self.spelling);
        if session.tree.is_missing(id) {
            session.want(id, &what());
        }
        if let Feed::Dummy(n) = session.feed(id) {
            return Err(Dummy { n, depth: 0 });
        }
        if self.bare {
            session.refuse(id, &expected("a section with what belongs to this variant")());
            return Err(Dummy::default());
        }
        read(self).ok_or_else(|| {
            if !session.nullify(id) {
                session.refuse(id, &what());
            }
            Dummy::default()
        })
    }

    fn integer<T: TryFrom<i128> + TryFrom<u128>>(&self) -> Option<T> {
        match coerce::to_integer(self.data())? {
            Data::Signed(n) => T::try_from(n).ok(),
            Data::Unsigned(n) => T::try_from(n).ok(),
            _ => None,
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

    fn map<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, Fault> {
        let (session, table) = (self.session, self.id);
        if session.keyed(table) == Keyed::Unknown && keeps_names(&visitor) {
            session.change(table, |f| f.keyed = Keyed::Names);
        }
        let value = move |entry: Entry| Self {
            spelling: Some(entry.spelling),
            probe: entry.probe,
            ..Self::new(session, entry.id)
        };
        self.placed(visitor.visit_map(Keys {
            session,
            table,
            entries: entries::of(session, table).into_iter(),
            current: None,
            latest: None,
            value,
        }))
    }

    /// The value with its own type, or as what was learnt to be wanted.
    fn natural<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, Fault> {
        let (session, id) = (self.session, self.id);
        if let Feed::Dummy(n) = session.feed(id) {
            let wants = session.fact(id, |f| f.wanted().map(str::to_owned)).unwrap_or_default();
            return match Kind::of(&wants) == Kind::Section && session.tree.is_section(id) {
                true => self.map(visitor),
                false => dummy::of_words(n, &wants, visitor),
            };
        }
        if session.feed(id) == Feed::As(Kind::Text) {
            return visitor.visit_string(coerce::to_text(self.data()).unwrap_or_default().into_owned());
        }
        match session.handed(id) {
            Data::Nil | Data::Missing => visitor.visit_unit(),
            Data::Bool(b) => visitor.visit_bool(b),
            // As formats do: what is not negative is unsigned.
            Data::Signed(n) => match (u64::try_from(n), i64::try_from(n)) {
                (Ok(n), _) => visitor.visit_u64(n),
                (_, Ok(n)) => visitor.visit_i64(n),
                _ => visitor.visit_i128(n),
            },
            Data::Unsigned(n) => visitor.visit_u128(n),
            Data::Float(n) => visitor.visit_f64(n),
            Data::Text("") => visitor.visit_borrowed_str(session.blank(id)),
            Data::Text(text) => visitor.visit_borrowed_str(text),
            Data::Table => self.map(visitor),
            Data::List => self.list(session.tree.elements(id).unwrap_or_default(), visitor),
        }
    }
}

/// Whether that is serde's buffer, or a struct with `flatten` in it: both know names that they do not tell.
fn keeps_names(visitor: &dyn Expected) -> bool {
    let expecting = visitor.to_string();
    expecting == "any value" || expecting.starts_with("struct ") || expecting.starts_with("internally tagged enum ")
}

fn expected(words: &str) -> impl Fn() -> What + '_ {
    || What::Expected(words.to_owned())
}

macro_rules! scalars {
    ($($method:ident $visit:ident $expected:literal $read:expr;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            self.placed(match self.read(expected($expected), $read) {
                Ok(value) => visitor.$visit(value),
                Err(dummy) => dummy.$method(visitor),
            })
        }
    )*};
}

macro_rules! whole {
    ($($method:ident $visit:ident $expected:literal;)*) => {
        scalars! { $($method $visit $expected Self::integer;)* }
    };
}

impl<'de> Deserializer<'de> for At<'de, '_> {
    type Error = Fault;

    integers! { whole }
    scalars! {
        deserialize_bool visit_bool "a boolean" |at| coerce::to_bool(at.data());
        deserialize_f64 visit_f64 "f64" |at| coerce::to_float(at.data());
        deserialize_char visit_char "a character" |at| coerce::to_char(at.data());
        deserialize_f32 visit_f32 "f32" |at| match at.data() {
            // Through f64 a text would be rounded twice.
            Data::Text(text) => text.trim().parse().ok(),
            data => coerce::to_float(data).map(|n| n as f32),
        };
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let session = self.session;
        // What is only buffered may still be ignored.
        let ignorable = session.parent(self.id, Keyed::keeps_names);
        let asked = session.change(self.id, |fact| {
            fact.untyped = true;
            fact.read |= !ignorable;
            fact.asked
        });
        self.placed(match self.probe.or(asked.then_some(ASKED)) {
            Some(number) => visitor.visit_byte_buf(probe(self.id, number)),
            None => self.natural(visitor),
        })
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let session = self.session;
        self.placed(match self.read(expected("a string"), |at| session.text(at.id)) {
            Ok(Cow::Borrowed(text)) => visitor.visit_borrowed_str(text),
            Ok(Cow::Owned(text)) => visitor.visit_string(text),
            Err(dummy) => dummy.deserialize_str(visitor),
        })
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

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let session = self.session;
        session.ask(self.id, self.spelling);
        session.change(self.id, |fact| fact.optional = true);
        let none = matches!(session.feed(self.id), Feed::Dummy(_) | Feed::Null) || session.is_nil(self.id);
        self.placed(match none && !self.bare {
            true => visitor.visit_none(),
            false => visitor.visit_some(self),
        })
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let empty = |at: &Self| match at.data() {
            Data::Nil => true,
            Data::Text(text) => text.trim().is_empty(),
            Data::Table | Data::List => at.session.children(at.id).is_empty(),
            _ => false,
        };
        let _ = self.read(expected("unit"), |at| empty(at).then_some(()));
        self.placed(visitor.visit_unit())
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        self.placed(visitor.visit_newtype_struct(self))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.read(expected("a sequence"), |at| at.session.tree.elements(at.id)) {
            Ok(mut items) => {
                // As in .NET, `null` is no element.
                items.retain(|&c| !self.session.is_nil(c));
                self.list(items, visitor)
            }
            Err(dummy) => self.placed(dummy.deserialize_seq(visitor)),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        let words = format!("a tuple of size {len}");
        let items = |at: &Self| at.session.tree.elements(at.id).filter(|items| items.len() == len);
        match self.read(expected(&words), items) {
            Ok(items) => self.list(items, visitor),
            Err(dummy) => self.placed(dummy.deserialize_tuple(len, visitor)),
        }
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
        let container = |at: &Self| at.session.tree.is_container(at.id).then_some(());
        match self.read(expected("a map"), container) {
            Err(dummy) if !self.session.tree.is_section(self.id) => self.placed(dummy.deserialize_map(visitor)),
            _ => self.map(visitor),
        }
    }

    /// A section that is missing stands in for itself: what it would need is then named one by one.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let section = |at: &Self| at.session.tree.is_section(at.id).then_some(());
        match self.read(expected("struct "), section) {
            Err(dummy) if section(&self).is_none() => self.placed(dummy.deserialize_struct(name, fields, visitor)),
            _ => {
                self.session.change(self.id, |f| f.keyed = Keyed::Fields(fields));
                self.map(visitor)
            }
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let (session, id) = (self.session, self.id);
        let variant = |at: &Self| match (at.data(), session.children(id)) {
            (Data::Table, &[child]) => {
                let name = names::find(variants, &session.tree.nodes[child].key)?;
                session.note_keys(id, Keyed::Fields(variants));
                Some(Variant(name, Self::new(session, child)))
            }
            (data, _) => {
                let name = names::find(variants, coerce::to_text(data)?.trim())?;
                Some(Variant(name, Self { bare: true, ..*at }))
            }
        };
        self.placed(match self.read(|| What::UnknownVariant(variants), variant) {
            Ok(variant) => visitor.visit_enum(variant),
            Err(dummy) => dummy.deserialize_enum(name, variants, visitor),
        })
    }

    /// Only the tag of an enum is asked for like this.
    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let session = self.session;
        self.placed(match self.read(expected("a string"), |at| session.text(at.id)) {
            Ok(text) => match session.feed(self.id) {
                Feed::Variant(name) => visitor.visit_borrowed_str(name),
                _ => visitor.visit_str(text.trim()),
            },
            Err(dummy) => visitor.visit_borrowed_str(dummy.text()),
        })
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }
}

/// What belongs to a variant.
impl<'de> VariantAccess<'de> for At<'de, '_> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        if self.bare {
            Ok(())
        } else {
            Deserialize::deserialize(self)
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Fault> {
        self.placed(seed.deserialize(self))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_struct("", fields, visitor)
    }
}
