//! Tables, lists and variants as serde walks through them. What a value is, they are told: `D` reads it.

use serde::Deserializer;
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, EnumAccess, Expected, MapAccess, SeqAccess, VariantAccess, Visitor};

use crate::dummy::Dummy;
use crate::entries::Entry;
use crate::fault::{Fault, What, canary};
use crate::names;
use crate::session::{Keyed, Session};
use crate::tree::Id;

pub(crate) struct Keys<'s, 'c, F> {
    pub(crate) session: &'s Session<'c>,
    pub(crate) table: Id,
    pub(crate) entries: std::vec::IntoIter<Entry<'s>>,
    pub(crate) current: Option<Entry<'s>>,
    pub(crate) value: F,
}

impl<'de, F, D> MapAccess<'de> for Keys<'de, '_, F>
where
    F: Fn(Entry<'de>) -> D,
    D: Deserializer<'de, Error = Fault>,
{
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let session = self.session;
        self.current = self.entries.find(|entry| match *entry {
            // Another spelling of it has been taken a moment ago.
            Entry::Node { id, spelling, .. } => session.fact(id, |f| f.spelling.is_none() || f.spelling == spelling),
            Entry::Canary => true,
        });
        let Some(entry) = self.current else {
            return Ok(None);
        };
        if let Entry::Node { id, .. } = entry {
            session.latest.set(Some(id));
        }
        let key = Key {
            session,
            table: self.table,
            entry,
        };
        seed.deserialize(key).map(Some).map_err(|fault| fault.at(self.table))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        match self.current.take() {
            // A type may refuse what it has read already.
            Some(entry @ Entry::Node { id, .. }) => seed.deserialize((self.value)(entry)).map_err(|fault| fault.at(id)),
            Some(Entry::Canary) => seed.deserialize(serde::de::value::UnitDeserializer::new()),
            None => Err(Fault::new(What::Custom(
                "a value was asked for before its key".to_owned(),
            ))),
        }
    }
}

/// A key. The way it is asked for tells what kind of table somebody reads.
struct Key<'s, 'c> {
    session: &'s Session<'c>,
    table: Id,
    entry: Entry<'s>,
}

impl<'s> Key<'s, '_> {
    fn hand<V: Visitor<'s>>(self, keyed: Keyed, visitor: V) -> Result<V::Value, Fault> {
        self.session.note_keys(self.table, keyed);
        match self.entry {
            Entry::Node { key, .. } => visitor.visit_borrowed_str(key),
            Entry::Canary => visitor.visit_byte_buf(canary(self.table)),
        }
    }

    /// The tag of an internally tagged enum, which tells its name where nobody else would, if this is the key that holds it.
    fn tag(&self, expecting: &dyn Expected) -> Option<String> {
        let Entry::Node { id, key, .. } = self.entry else {
            return None;
        };
        let expecting = expecting.to_string();
        let tag = expecting
            .strip_prefix("a type tag `")?
            .strip_suffix("` or any other value")?;
        let tree = &self.session.tree;
        let exact = || tree.alike(self.table, tag).find(|&c| *tree.nodes[c].key == *tag);
        (names::same(key, tag) && exact().is_none_or(|exact| exact == id)).then(|| tag.to_owned())
    }
}

macro_rules! keys {
    ($($method:ident $visit:ident $expected:literal;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            let Entry::Node { id, key, .. } = self.entry else {
                return self.hand(Keyed::Any, visitor);
            };
            self.session.note_keys(self.table, Keyed::Any);
            match key.trim().parse() {
                Ok(key) => visitor.$visit(key),
                Err(_) => Err(Fault::new(What::Expected($expected.to_owned())).at(id)),
            }
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

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.hand(Keyed::Names, visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.hand(Keyed::Any, visitor)
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
        let Entry::Node { id, key, .. } = self.entry else {
            return self.hand(Keyed::Any, visitor);
        };
        match names::find(variants, key.trim()) {
            Some(name) => visitor.visit_enum(BorrowedStrDeserializer::new(name)),
            None => Err(Fault::new(What::UnknownVariant(variants)).at(id)),
        }
    }

    keys! {
        deserialize_bool visit_bool "a boolean";
        deserialize_i8 visit_i8 "i8";
        deserialize_i16 visit_i16 "i16";
        deserialize_i32 visit_i32 "i32";
        deserialize_i64 visit_i64 "i64";
        deserialize_i128 visit_i128 "i128";
        deserialize_u8 visit_u8 "u8";
        deserialize_u16 visit_u16 "u16";
        deserialize_u32 visit_u32 "u32";
        deserialize_u64 visit_u64 "u64";
        deserialize_u128 visit_u128 "u128";
        deserialize_f32 visit_f32 "f32";
        deserialize_f64 visit_f64 "f64";
    }

    serde::forward_to_deserialize_any! { unit unit_struct seq tuple tuple_struct map struct }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.hand(Keyed::Any, visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.hand(Keyed::Any, visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.hand(Keyed::Any, visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.hand(Keyed::Any, visitor)
    }
}

pub(crate) struct Items<D> {
    pub(crate) items: std::vec::IntoIter<(Id, D)>,
}

impl<'de, D: Deserializer<'de, Error = Fault>> SeqAccess<'de> for Items<D> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some((id, item)) = self.items.next() else {
            return Ok(None);
        };
        seed.deserialize(item).map(Some).map_err(|fault| fault.at(id))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

/// A variant by name, with what the configuration holds under it.
pub(crate) struct Variants<'s, 'c, D> {
    pub(crate) session: &'s Session<'c>,
    pub(crate) at: Id,
    pub(crate) variant: &'static str,
    pub(crate) payload: Option<(Id, D)>,
}

impl<D> Variants<'_, '_, D> {
    /// There is only the name, where more belongs to it: a stand-in goes on.
    fn instead(&self) -> Dummy {
        let expected = "a section with what belongs to this variant".to_owned();
        self.session.refuse(self.at, What::Expected(expected));
        Dummy::default()
    }
}

impl<'de, D: Deserializer<'de, Error = Fault>> EnumAccess<'de> for Variants<'de, '_, D> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Fault> {
        let name = BorrowedStrDeserializer::<Fault>::new(self.variant);
        seed.deserialize(name).map(|variant| (variant, self))
    }
}

impl<'de, D: Deserializer<'de, Error = Fault>> VariantAccess<'de> for Variants<'de, '_, D> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        match self.payload {
            Some((_, payload)) => serde::Deserialize::deserialize(payload),
            None => Ok(()),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Fault> {
        match self.payload {
            Some((id, payload)) => seed.deserialize(payload).map_err(|fault| fault.at(id)),
            None => seed.deserialize(self.instead()),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        match self.payload {
            Some((id, payload)) => payload.deserialize_tuple(len, visitor).map_err(|fault| fault.at(id)),
            None => self.instead().deserialize_tuple(len, visitor),
        }
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Fault> {
        match self.payload {
            Some((id, payload)) => payload
                .deserialize_struct("", fields, visitor)
                .map_err(|fault| fault.at(id)),
            None => self.instead().deserialize_struct("", fields, visitor),
        }
    }
}
