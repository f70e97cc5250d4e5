//! A node as serde sees it.

use serde::Deserializer;
use serde::de::{IntoDeserializer, Visitor};

use crate::access::{Items, Keys, Variants};
use crate::coerce::{self, Kind, Number};
use crate::dummy::{self, Dummy};
use crate::fault::{Fault, What, probe};
use crate::fold;
use crate::session::{Feed, Keyed, Session};
use crate::tree::{Data, Id};

/// One node, asked for its value.
#[derive(Clone, Copy)]
pub(crate) struct At<'s, 'c> {
    pub(crate) session: &'s Session<'c>,
    pub(crate) id: Id,
    /// Handed out as the probe of this spelling.
    pub(crate) probe: Option<usize>,
}

impl<'s, 'c> At<'s, 'c> {
    pub(crate) fn new(session: &'s Session<'c>, id: Id) -> Self {
        Self {
            session,
            id,
            probe: None,
        }
    }

    fn data(&self) -> &'s Data<'c> {
        self.session.data(self.id)
    }

    fn expected(&self, what: &str) -> Fault {
        Fault::new(What::Expected(what.to_owned())).at(self.id)
    }

    fn placed<T>(&self, result: Result<T, Fault>) -> Result<T, Fault> {
        result.map_err(|fault| fault.at(self.id))
    }

    /// The stand-in to hand out, if this is not to be read as it is.
    fn dummy(&self) -> Option<Dummy> {
        match self.session.feed(self.id) {
            Feed::Dummy(n) => Some(Dummy { n, depth: 0 }),
            _ => None,
        }
    }

    fn integer<T: TryFrom<i128> + TryFrom<u128>>(&self, name: &str) -> Result<T, Fault> {
        let number = coerce::to_integer(self.data()).ok_or_else(|| self.expected(name))?;
        let fitted = match number {
            Number::Signed(n) => T::try_from(n).ok(),
            Number::Unsigned(n) => T::try_from(n).ok(),
        };
        fitted.ok_or_else(|| Fault::new(What::Range(name.to_owned())).at(self.id))
    }

    /// The children as a list, if they are one.
    fn items(&self) -> Option<Vec<Id>> {
        let children = &self.session.tree.nodes[self.id].children;
        let listed = match self.data() {
            Data::List => true,
            Data::Table => self.session.tree.is_indexed(self.id),
            _ => false,
        };
        listed.then(|| {
            children
                .iter()
                .copied()
                .filter(|&c| self.session.feed(c) != Feed::Omit)
                .collect()
        })
    }

    fn list<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, Fault> {
        let items = self.items().ok_or_else(|| self.expected("a sequence"))?;
        self.session.note_keys(self.id, Keyed::Any);
        self.placed(visitor.visit_seq(Items::new(self.session, items)))
    }

    fn sized<V: Visitor<'s>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        let expected = format!("a tuple of size {len}");
        let items = self.items().ok_or_else(|| self.expected(&expected))?;
        if items.len() != len {
            return Err(self.expected(&expected));
        }
        self.list(visitor)
    }

    fn map<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, Fault> {
        if !matches!(self.data(), Data::Table | Data::List | Data::Missing) {
            return Err(self.expected("a map"));
        }
        let entries = self.session.named(self.id);
        self.placed(visitor.visit_map(Keys::new(self.session, self.id, entries)))
    }

    pub(crate) fn fields<V: Visitor<'s>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Fault> {
        self.session.ask(self.id);
        // A section that is missing stands in for itself: what it would need is then named one by one.
        if !matches!(self.data(), Data::Table | Data::Missing) {
            if let Some(dummy) = self.dummy() {
                return self.placed(dummy.deserialize_any(visitor));
            }
            return Err(self.expected("struct "));
        }
        self.session.change(self.id, |f| f.keyed = Keyed::Fields(fields));
        let entries = self.session.fields(self.id, fields);
        self.placed(visitor.visit_map(Keys::new(self.session, self.id, entries)))
    }

    pub(crate) fn tuple<V: Visitor<'s>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_tuple(len, visitor)
    }

    /// The value with its own type, or as what was learnt to be wanted.
    fn natural<V: Visitor<'s>>(self, visitor: V) -> Result<V::Value, Fault> {
        let data = self.data();
        match self.session.feed(self.id) {
            Feed::Null => return visitor.visit_unit(),
            Feed::Variant(name) => return visitor.visit_borrowed_str(name),
            Feed::As(Kind::Bool) => {
                if let Some(b) = coerce::to_bool(data) {
                    return visitor.visit_bool(b);
                }
            }
            Feed::As(Kind::Integer) => {
                if let Some(number) = coerce::to_integer(data) {
                    return visit_number(number, visitor);
                }
            }
            Feed::As(Kind::Float) => {
                if let Some(n) = coerce::to_float(data) {
                    return visitor.visit_f64(n);
                }
            }
            Feed::As(Kind::Text) => {
                if let Some(text) = coerce::to_text(data) {
                    return visitor.visit_string(text);
                }
            }
            Feed::As(Kind::Unit) => return visitor.visit_unit(),
            Feed::As(Kind::List) => return self.list(visitor),
            Feed::As(Kind::Section) => return self.map(visitor),
            Feed::Dummy(n) => {
                let wants = self
                    .session
                    .fact(self.id, |f| f.wants.first().cloned())
                    .unwrap_or_default();
                if Kind::of(&wants) == Kind::Section
                    && let Data::Table | Data::Missing = data
                {
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
            Data::List => self.list(visitor),
        }
    }
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

macro_rules! integers {
    ($($method:ident $visit:ident $type:ident;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            self.session.ask(self.id);
            if let Some(dummy) = self.dummy() {
                return self.placed(dummy.$method(visitor));
            }
            let number: $type = self.integer(stringify!($type))?;
            self.placed(visitor.$visit(number))
        }
    )*};
}

impl<'de> Deserializer<'de> for At<'de, '_> {
    type Error = Fault;

    integers! {
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
        deserialize_i128 visit_i128 i128;
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
        deserialize_u128 visit_u128 u128;
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if let Some(spelling) = self.probe {
            return self.placed(visitor.visit_byte_buf(probe(self.id, spelling)));
        }
        let named = self.session.tree.nodes[self.id].parent.is_some_and(|p| {
            self.session
                .fact(p, |f| f.keyed == Keyed::Names && f.takes_all.is_none())
        });
        self.session.change(self.id, |fact| {
            fact.untyped = true;
            // What is only buffered may still be ignored.
            fact.read |= !named;
        });
        self.placed(self.natural(visitor))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.session.ask(self.id);
        if let Some(dummy) = self.dummy() {
            return self.placed(dummy.deserialize_bool(visitor));
        }
        let b = coerce::to_bool(self.data()).ok_or_else(|| self.expected("a boolean"))?;
        self.placed(visitor.visit_bool(b))
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.session.ask(self.id);
        if let Some(dummy) = self.dummy() {
            return self.placed(dummy.deserialize_f32(visitor));
        }
        let n = match self.data() {
            // Through f64 a text would be rounded twice.
            Data::Text(text) => text.trim().parse().ok(),
            data => coerce::to_float(data).map(|n| n as f32),
        };
        self.placed(visitor.visit_f32(n.ok_or_else(|| self.expected("f32"))?))
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.session.ask(self.id);
        if let Some(dummy) = self.dummy() {
            return self.placed(dummy.deserialize_f64(visitor));
        }
        let n = coerce::to_float(self.data()).ok_or_else(|| self.expected("f64"))?;
        self.placed(visitor.visit_f64(n))
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.session.ask(self.id);
        if let Some(dummy) = self.dummy() {
            return self.placed(dummy.deserialize_char(visitor));
        }
        let c = coerce::to_char(self.data()).ok_or_else(|| self.expected("a character"))?;
        self.placed(visitor.visit_char(c))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.session.ask(self.id);
        if let Some(dummy) = self.dummy() {
            return self.placed(dummy.deserialize_str(visitor));
        }
        let result = match self.session.text(self.id) {
            Some(text) => visitor.visit_borrowed_str(text),
            None => {
                let text = coerce::to_text(self.data()).ok_or_else(|| self.expected("a string"))?;
                visitor.visit_string(text)
            }
        };
        self.placed(result)
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
        self.session.ask(self.id);
        self.session.change(self.id, |fact| fact.optional = true);
        let none =
            matches!(self.session.feed(self.id), Feed::Null | Feed::Dummy(_)) || matches!(self.data(), Data::Nil);
        let result = if none {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        };
        self.placed(result)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.session.ask(self.id);
        let empty = match self.data() {
            Data::Nil | Data::Missing => true,
            Data::Text(text) => text.trim().is_empty(),
            Data::Table | Data::List => self.session.tree.nodes[self.id].children.is_empty(),
            _ => false,
        };
        if !empty && self.dummy().is_none() {
            return Err(self.expected("unit"));
        }
        self.placed(visitor.visit_unit())
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        let result = visitor.visit_newtype_struct(self);
        self.placed(result)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.session.ask(self.id);
        if let Some(dummy) = self.dummy() {
            return self.placed(dummy.deserialize_seq(visitor));
        }
        self.list(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        self.session.ask(self.id);
        if let Some(dummy) = self.dummy() {
            return self.placed(dummy.deserialize_tuple(len, visitor));
        }
        self.sized(len, visitor)
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
        self.session.ask(self.id);
        if !matches!(self.data(), Data::Table | Data::Missing)
            && let Some(dummy) = self.dummy()
        {
            return self.placed(dummy.deserialize_map(visitor));
        }
        self.map(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.fields(fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.session.ask(self.id);
        if let Some(dummy) = self.dummy() {
            return self.placed(dummy.deserialize_enum(name, variants, visitor));
        }
        let unknown = || Fault::new(What::UnknownVariant(variants)).at(self.id);
        let children = &self.session.tree.nodes[self.id].children;
        let access = match (self.data(), children.as_slice()) {
            (Data::Table, &[child]) => {
                let key = &self.session.tree.nodes[child].key;
                let variant = fold::find(variants, key).ok_or_else(unknown)?;
                self.session.note_keys(self.id, Keyed::Fields(variants));
                Variants::new(self.session, self.id, variant, Some(child))
            }
            (Data::Table | Data::List | Data::Nil | Data::Missing, _) => return Err(unknown()),
            (data, _) => {
                let text = coerce::to_text(data).unwrap_or_default();
                let variant = fold::find(variants, text.trim()).ok_or_else(unknown)?;
                Variants::new(self.session, self.id, variant, None)
            }
        };
        self.placed(visitor.visit_enum(access))
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.session.ask(self.id);
        self.session.change(self.id, |fact| fact.tag = true);
        if let Feed::Variant(name) = self.session.feed(self.id) {
            return self.placed(name.into_deserializer().deserialize_any(visitor));
        }
        if let Some(dummy) = self.dummy() {
            return self.placed(dummy.deserialize_str(visitor));
        }
        let text = coerce::to_text(self.data()).ok_or_else(|| self.expected("a string"))?;
        self.placed(visitor.visit_str(text.trim()))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }
}
