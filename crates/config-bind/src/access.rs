//! Tables, lists and variants as serde walks through them.

use std::rc::Rc;

use serde::Deserializer;
use serde::de::{
    DeserializeSeed, EnumAccess, Expected, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use crate::entries::Entry;
use crate::fault::{Fault, What, canary, canary_key};
use crate::fold;
use crate::read::At;
use crate::session::{Keyed, Session};
use crate::tree::{Data, Id};

pub(crate) struct Keys<'s, 'c> {
    session: &'s Session<'c>,
    table: Id,
    entries: std::vec::IntoIter<Entry>,
    current: Option<Entry>,
}

impl<'s, 'c> Keys<'s, 'c> {
    pub(crate) fn new(session: &'s Session<'c>, table: Id, entries: Vec<Entry>) -> Self {
        Self {
            session,
            table,
            entries: entries.into_iter(),
            current: None,
        }
    }
}

impl<'de> MapAccess<'de> for Keys<'de, '_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let entry = self.entries.find(|entry| match entry {
            // Another spelling of it has been taken a moment ago.
            Entry::Node(id, key, Some(_)) => self
                .session
                .fact(*id, |f| f.spelling.as_ref().is_none_or(|s| **s == **key)),
            _ => true,
        });
        let Some(entry) = entry else {
            return Ok(None);
        };
        let (node, text) = match &entry {
            Entry::Node(id, key, _) => {
                self.session.latest.set(Some(*id));
                self.session.change(*id, |f| f.emitted = Some(key.clone()));
                (Some(*id), key.clone())
            }
            Entry::Canary => (None, canary_key(self.table).into()),
        };
        self.current = Some(entry);
        let key = Key {
            session: self.session,
            table: self.table,
            node,
            text,
        };
        seed.deserialize(key).map(Some).map_err(|fault| fault.at(self.table))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        match self.current.take() {
            // A type may refuse what it has read already.
            Some(Entry::Node(id, _, probe)) => seed
                .deserialize(At {
                    session: self.session,
                    id,
                    probe,
                })
                .map_err(|fault| fault.at(id)),
            Some(Entry::Canary) => seed.deserialize(serde::de::value::BytesDeserializer::new(&canary(self.table))),
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
    node: Option<Id>,
    text: Rc<str>,
}

impl Key<'_, '_> {
    fn is_any(&self) {
        self.session.note_keys(self.table, Keyed::Any);
    }
}

macro_rules! keys {
    ($($method:ident $visit:ident $expected:literal;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            self.is_any();
            match self.text.trim().parse() {
                Ok(key) => visitor.$visit(key),
                Err(_) => Err(Fault::new(What::Expected($expected.to_owned())).at(self.node.unwrap_or(self.table))),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Key<'de, '_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.session.note_keys(self.table, Keyed::Names);
        // An internally tagged enum tells the name of its tag, and nobody else would.
        let expecting = (&visitor as &dyn Expected).to_string();
        let tag = expecting
            .strip_prefix("a type tag `")
            .and_then(|rest| rest.strip_suffix("` or any other value"));
        if let (Some(tag), Some(node)) = (tag, self.node)
            && self.session.wins(node, &self.text, tag)
        {
            self.session.change(node, |f| f.emitted = Some(tag.into()));
            return visitor.visit_str(tag);
        }
        visitor.visit_str(&self.text)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.session.note_keys(self.table, Keyed::Names);
        visitor.visit_str(&self.text)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_str(&self.text)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.is_any();
        visitor.visit_str(&self.text)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
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
        self.is_any();
        let at = self.node.unwrap_or(self.table);
        match fold::find(variants, self.text.trim()) {
            Some(name) => visitor.visit_enum(Variants::new(self.session, at, name, None)),
            None => Err(Fault::new(What::UnknownVariant(variants)).at(at)),
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
}

pub(crate) struct Items<'s, 'c> {
    session: &'s Session<'c>,
    ids: std::vec::IntoIter<Id>,
}

impl<'s, 'c> Items<'s, 'c> {
    pub(crate) fn new(session: &'s Session<'c>, ids: Vec<Id>) -> Self {
        Self {
            session,
            ids: ids.into_iter(),
        }
    }
}

impl<'de> SeqAccess<'de> for Items<'de, '_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some(id) = self.ids.next() else {
            return Ok(None);
        };
        let probed = self.session.tree.nodes[id]
            .parent
            .is_some_and(|p| self.session.fact(p, |f| f.dissected) && !self.session.fact(id, |f| f.live))
            && self.session.pass.get() < crate::session::CLEAN;
        let at = At {
            probe: probed.then_some(0),
            ..At::new(self.session, id)
        };
        seed.deserialize(at).map(Some).map_err(|fault| fault.at(id))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.ids.len())
    }
}

/// A variant by name, with what the configuration holds under it.
pub(crate) struct Variants<'s, 'c> {
    session: &'s Session<'c>,
    at: Id,
    variant: &'static str,
    payload: Option<Id>,
}

impl<'s, 'c> Variants<'s, 'c> {
    pub(crate) fn new(session: &'s Session<'c>, at: Id, variant: &'static str, payload: Option<Id>) -> Self {
        Self {
            session,
            at,
            variant,
            payload,
        }
    }

    fn payload(&self) -> Result<At<'s, 'c>, Fault> {
        let id = self.payload.ok_or_else(|| {
            let expected = "a section with what belongs to this variant".to_owned();
            Fault::new(What::Expected(expected)).at(self.at)
        })?;
        Ok(At::new(self.session, id))
    }
}

impl<'de> EnumAccess<'de> for Variants<'de, '_> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Fault> {
        let name: serde::de::value::StrDeserializer<'_, Fault> = self.variant.into_deserializer();
        seed.deserialize(name).map(|variant| (variant, self))
    }
}

impl<'de> VariantAccess<'de> for Variants<'de, '_> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        let Some(id) = self.payload else {
            return Ok(());
        };
        self.session.ask(id);
        let empty = match self.session.data(id) {
            Data::Nil => true,
            Data::Text(text) => text.trim().is_empty(),
            Data::Table | Data::List => self.session.tree.nodes[id].children.is_empty(),
            _ => false,
        };
        if empty {
            Ok(())
        } else {
            Err(Fault::new(What::Expected("unit".to_owned())).at(id))
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Fault> {
        let payload = self.payload()?;
        seed.deserialize(payload).map_err(|fault| fault.at(payload.id))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        self.payload()?.tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Fault> {
        self.payload()?.fields(fields, visitor)
    }
}
