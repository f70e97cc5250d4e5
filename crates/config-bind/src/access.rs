//! Tables and lists as serde walks through them. What a value is, they are told: `D` reads it.

use serde::Deserializer;
use serde::de::value::{BorrowedStrDeserializer, UnitDeserializer};
use serde::de::{DeserializeSeed, Expected, MapAccess, SeqAccess, Visitor};

use crate::entries::Entry;
use crate::fault::{CANARY, Fault, What, probe};
use crate::names;
use crate::numbers::integers;
use crate::session::{Keyed, Session};
use crate::tree::Id;

pub(crate) struct Keys<'s, 'c, F> {
    pub(crate) session: &'s Session<'c>,
    pub(crate) table: Id,
    pub(crate) entries: std::vec::IntoIter<Entry>,
    /// The entry whose value is to come, and the one whose key came last.
    pub(crate) current: Option<Entry>,
    pub(crate) latest: Option<Id>,
    pub(crate) value: F,
}

impl<'de, F, D> MapAccess<'de> for Keys<'de, '_, F>
where
    F: Fn(Entry) -> D,
    D: Deserializer<'de, Error = Fault>,
{
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let (session, table) = (self.session, self.table);
        let before = self.latest;
        // Not, if another spelling of it has been taken a moment ago.
        let taken = |e: &Entry| session.fact(e.id, |f| f.spelling.is_some_and(|s| s != e.spelling));
        self.current = self.entries.find(|entry| entry.is_canary() || !taken(entry));
        let Some(entry) = self.current else {
            return Ok(None);
        };
        if !entry.is_canary() {
            session.latest.set((Some(entry.id), before));
            self.latest = Some(entry.id);
        }
        let key = Key { session, table, entry };
        seed.deserialize(key).map(Some).map_err(|fault| fault.at(table))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        match self.current.take() {
            Some(entry) if entry.is_canary() => seed.deserialize(UnitDeserializer::new()),
            // A type may refuse what it has read already.
            Some(entry) => seed
                .deserialize((self.value)(entry))
                .map_err(|fault| fault.at(entry.id)),
            None => Err(serde::de::Error::custom("a value was asked for before its key")),
        }
    }
}

/// A key. The way it is asked for tells what kind of table somebody reads.
struct Key<'s, 'c> {
    session: &'s Session<'c>,
    table: Id,
    entry: Entry,
}

impl<'s> Key<'s, '_> {
    fn own(&self) -> &'s str {
        self.session.spelled(self.entry.id, self.entry.spelling)
    }

    fn hand<V: Visitor<'s>>(self, keyed: Keyed, visitor: V) -> Result<V::Value, Fault> {
        self.session.note_keys(self.table, keyed);
        match self.entry.is_canary() {
            false => visitor.visit_borrowed_str(self.own()),
            true => visitor.visit_byte_buf(probe(self.table, CANARY)),
        }
    }

    /// The tag of an internally tagged enum, which tells its name where nobody else would, if this is the key that holds it.
    fn tag(&self, expecting: &dyn Expected) -> Option<String> {
        let expecting = expecting.to_string();
        let tag = expecting
            .strip_prefix("a type tag `")?
            .strip_suffix("` or any other value")?;
        let tree = &self.session.tree;
        let exact = || tree.alike(self.table, tag).find(|&c| *tree.nodes[c].key == *tag);
        let is = !self.entry.is_canary() && names::same(self.own(), tag);
        (is && exact().is_none_or(|exact| exact == self.entry.id)).then(|| tag.to_owned())
    }
}

/// Keys that are numbers or switches.
macro_rules! parsed {
    ($($method:ident $visit:ident $expected:literal;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            self.session.note_keys(self.table, Keyed::Any);
            match self.own().trim().parse() {
                Ok(key) => visitor.$visit(key),
                Err(_) => Err(Fault::new(What::Expected($expected.to_owned())).at(self.entry.id)),
            }
        }
    )*};
}

/// Keys that are texts.
macro_rules! handed {
    ($($method:ident $keyed:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            self.hand(Keyed::$keyed, visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Key<'de, '_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.tag(&visitor) {
            Some(tag) => {
                self.session.note_keys(self.table, Keyed::Names);
                visitor.visit_str(&tag)
            }
            None => self.hand(Keyed::Names, visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.session.note_keys(self.table, Keyed::Any);
        match names::find(variants, self.own().trim()) {
            Some(name) => visitor.visit_enum(BorrowedStrDeserializer::new(name)),
            None => Err(Fault::new(What::UnknownVariant(variants)).at(self.entry.id)),
        }
    }

    integers! { parsed }
    parsed! {
        deserialize_bool visit_bool "a boolean";
        deserialize_f32 visit_f32 "f32";
        deserialize_f64 visit_f64 "f64";
    }
    handed! {
        deserialize_identifier Names
        deserialize_str Any deserialize_string Any deserialize_char Any deserialize_bytes Any deserialize_byte_buf Any
    }

    serde::forward_to_deserialize_any! { unit unit_struct seq tuple tuple_struct map struct }
}

pub(crate) struct Items<D> {
    pub(crate) items: std::vec::IntoIter<(Id, D)>,
}

impl<'de, D: Deserializer<'de, Error = Fault>> SeqAccess<'de> for Items<D> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let item = self.items.next();
        item.map(|(id, item)| seed.deserialize(item).map_err(|fault| fault.at(id)))
            .transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}
