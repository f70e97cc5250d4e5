//! Stand-ins for what is missing or was refused. They keep a pass going so that later problems show; no result that one
//! of them went into is ever handed out.

use serde::Deserializer;
use serde::de::value::{BorrowedStrDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeSeed, EnumAccess, IntoDeserializer, VariantAccess, Visitor};

use crate::coerce::{self, Kind};
use crate::fault::Fault;
use crate::numbers::integers;

/// Texts that, one after the other, the usual types accept.
const TEXTS: [&str; 11] = [
    "1",
    "https://localhost/",
    "127.0.0.1",
    "127.0.0.1:443",
    "1s",
    "PT1S",
    "2000-01-01T00:00:00Z",
    "2000-01-01",
    "00000000-0000-0000-0000-000000000000",
    "info",
    "text",
];

const NUMBERS: [i8; 5] = [1, 0, 2, 10, 100];

/// How many stand-ins there are before one gives up.
pub(crate) const MOST: usize = TEXTS.len();

/// A variant within a variant within a variant might never end.
const DEEPEST: usize = 8;

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Dummy {
    pub(crate) n: usize,
    pub(crate) depth: usize,
}

impl Dummy {
    fn number(self) -> i8 {
        NUMBERS[self.n % NUMBERS.len()]
    }

    pub(crate) fn text(self) -> &'static str {
        TEXTS[self.n % TEXTS.len()]
    }

    fn deeper(self) -> Self {
        let depth = self.depth + 1;
        Self { depth, ..self }
    }
}

impl IntoDeserializer<'_, Fault> for Dummy {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// A stand-in where only words tell what is wanted.
pub(crate) fn of_words<'de, V: Visitor<'de>>(n: usize, wants: &str, visitor: V) -> Result<V::Value, Fault> {
    let dummy = Dummy { n, depth: 0 };
    if let Some(len) = coerce::sized(wants).and_then(|len| len.parse().ok()) {
        // Of what, nobody said; numbers are what most lists of a fixed length hold.
        let numbers = std::iter::repeat_n(dummy.number(), len);
        return visitor.visit_seq(SeqDeserializer::new(numbers));
    }
    match Kind::of(wants) {
        Kind::Bool => dummy.deserialize_bool(visitor),
        Kind::Integer => dummy.deserialize_u64(visitor),
        Kind::Float => dummy.deserialize_f64(visitor),
        Kind::Char => dummy.deserialize_char(visitor),
        Kind::Unit => visitor.visit_unit(),
        Kind::List => dummy.deserialize_seq(visitor),
        Kind::Section => dummy.deserialize_map(visitor),
        Kind::Text | Kind::Enum | Kind::Other => dummy.deserialize_str(visitor),
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $expected:literal;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            visitor.$visit(self.number() as _)
        }
    )*};
}

macro_rules! visits {
    ($($method:ident($($name:ty)?) $visit:ident($($value:expr)?);)*) => {$(
        fn $method<V: Visitor<'de>>(self, $(_: $name,)? visitor: V) -> Result<V::Value, Fault> {
            visitor.$visit($($value(self))?)
        }
    )*};
}

impl<'de> Deserializer<'de> for Dummy {
    type Error = Fault;

    integers! { numbers }
    numbers! {
        deserialize_f32 visit_f32 "f32";
        deserialize_f64 visit_f64 "f64";
    }
    visits! {
        deserialize_any() visit_borrowed_str(Self::text);
        deserialize_bool() visit_bool(|dummy: Self| dummy.n % 2 == 1);
        deserialize_char() visit_char(|_| 'a');
        deserialize_option() visit_none();
        deserialize_unit() visit_unit();
        deserialize_unit_struct(&'static str) visit_unit();
        deserialize_newtype_struct(&'static str) visit_newtype_struct(std::convert::identity);
        deserialize_seq() visit_seq(|dummy: Self| SeqDeserializer::new(std::iter::repeat_n(dummy, dummy.n % 2)));
        deserialize_map() visit_map(|_| MapDeserializer::new(std::iter::empty::<(Self, Self)>()));
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_seq(SeqDeserializer::new(std::iter::repeat_n(self, len)))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let deeper = self.deeper();
        let fields = if deeper.depth > DEEPEST { &[][..] } else { fields };
        visitor.visit_map(MapDeserializer::new(fields.iter().map(|f| (*f, deeper))))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let variant = variants.get(self.n % variants.len().max(1)).copied();
        visitor.visit_enum(Variant(variant.unwrap_or_default(), self.deeper()))
    }

    serde::forward_to_deserialize_any! { str string bytes byte_buf identifier ignored_any }
}

/// A variant by name, and what belongs to it.
pub(crate) struct Variant<A>(pub(crate) &'static str, pub(crate) A);

impl<'de, A: VariantAccess<'de, Error = Fault>> EnumAccess<'de> for Variant<A> {
    type Error = Fault;
    type Variant = A;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, A), Fault> {
        let name = BorrowedStrDeserializer::new(self.0);
        seed.deserialize(name).map(|variant| (variant, self.1))
    }
}

impl<'de> VariantAccess<'de> for Dummy {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Fault> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_struct("", fields, visitor)
    }
}
