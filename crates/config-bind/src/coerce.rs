//! What a type asks for, and texts turned into it.

use std::borrow::Cow;

use crate::tree::Data;

/// What a type wants, as far as serde's words tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    Integer,
    Float,
    Char,
    Text,
    Unit,
    List,
    Section,
    Enum,
    Other,
}

impl Kind {
    /// From what serde's own visitors, and those it derives, say they expect.
    pub(crate) fn of(expected: &str) -> Self {
        let any = |starts: &[&str]| starts.iter().any(|s| expected.starts_with(s));
        match expected {
            _ if range(expected).is_some() => Self::Integer,
            "a boolean" => Self::Bool,
            "f32" | "f64" => Self::Float,
            "a character" => Self::Char,
            "a string" | "a borrowed string" | "path string" => Self::Text,
            "unit" => Self::Unit,
            "a sequence" => Self::List,
            "a map" => Self::Section,
            "string or map" | "map with a single key" => Self::Enum,
            _ if any(&["unit struct", "unit variant"]) => Self::Unit,
            _ if any(&["an array of", "a tuple of", "tuple "]) => Self::List,
            _ if any(&["struct ", "internally tagged", "adjacently tagged"]) => Self::Section,
            _ => Self::Other,
        }
    }
}

/// The least and the most that an integer type holds.
pub(crate) fn range(expected: &str) -> Option<(i128, u128)> {
    let word = expected.strip_prefix("a nonzero ");
    let least = i128::from(word.is_some());
    Some(match word.unwrap_or(expected) {
        "u8" => (least, u8::MAX.into()),
        "u16" => (least, u16::MAX.into()),
        "u32" => (least, u32::MAX.into()),
        "u64" | "usize" => (least, u64::MAX.into()),
        "u128" => (least, u128::MAX),
        "i8" => (i8::MIN.into(), i8::MAX as u128),
        "i16" => (i16::MIN.into(), i16::MAX as u128),
        "i32" => (i32::MIN.into(), i32::MAX as u128),
        "i64" | "isize" => (i64::MIN.into(), i64::MAX as u128),
        "i128" => (i128::MIN, i128::MAX as u128),
        _ => return None,
    })
}

/// How many elements a list of fixed length is to have, in serde's words.
pub(crate) fn sized(expected: &str) -> Option<&str> {
    let number = expected
        .strip_prefix("an array of length ")
        .or_else(|| expected.strip_prefix("a tuple of size "))
        .or_else(|| expected.strip_suffix(" elements")?.rsplit(' ').next())?;
    number.bytes().all(|b| b.is_ascii_digit()).then_some(number)
}

pub(crate) fn to_bool(data: Data<'_>) -> Option<bool> {
    match data {
        Data::Bool(b) => Some(b),
        Data::Signed(n @ 0..=1) => Some(n == 1),
        Data::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Some(true),
            "false" | "0" | "no" | "off" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

pub(crate) fn to_integer(data: Data<'_>) -> Option<Data<'_>> {
    match data {
        Data::Signed(_) | Data::Unsigned(_) => Some(data),
        Data::Text(text) => {
            let text = text.trim();
            let signed = text.parse().map(Data::Signed);
            signed.or_else(|_| text.parse().map(Data::Unsigned)).ok()
        }
        _ => None,
    }
}

pub(crate) fn to_float(data: Data<'_>) -> Option<f64> {
    match data {
        Data::Float(n) => Some(n),
        Data::Signed(n) => Some(n as f64),
        Data::Unsigned(n) => Some(n as f64),
        Data::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The text of a number or a switch, for a type that asks for a text.
pub(crate) fn to_text(data: Data<'_>) -> Option<Cow<'_, str>> {
    Some(match data {
        Data::Bool(b) => b.to_string().into(),
        Data::Signed(n) => n.to_string().into(),
        Data::Unsigned(n) => n.to_string().into(),
        Data::Float(n) => n.to_string().into(),
        Data::Text(text) => text.into(),
        _ => return None,
    })
}

pub(crate) fn to_char(data: Data<'_>) -> Option<char> {
    let text = to_text(data)?;
    text.parse().or_else(|_| text.trim().parse()).ok()
}

/// Whether a value is of that kind by nature.
pub(crate) fn is(data: Data<'_>, kind: Kind) -> bool {
    matches!(
        (kind, data),
        (Kind::Bool, Data::Bool(_))
            | (Kind::Integer, Data::Signed(_) | Data::Unsigned(_))
            | (Kind::Float, Data::Float(_))
            | (Kind::Text | Kind::Char | Kind::Enum, Data::Text(_))
            | (Kind::List, Data::List)
            | (Kind::Section, Data::Table)
    )
}

/// A value as another kind of value, where it can be offered as that.
pub(crate) fn turned(data: Data<'_>, kind: Kind) -> Option<Data<'_>> {
    match (kind, data) {
        (Kind::Bool, _) => to_bool(data).map(Data::Bool),
        (Kind::Integer, _) => to_integer(data),
        (Kind::Float, _) => to_float(data).map(Data::Float),
        (Kind::Unit, Data::Text(text)) => text.trim().is_empty().then_some(Data::Nil),
        (Kind::List, Data::Table) => Some(Data::List),
        (Kind::Section, Data::List) | (Kind::Enum, Data::Table) => Some(Data::Table),
        _ => None,
    }
}

/// Whether it is an integer that the wanted type, in serde's words, can hold.
pub(crate) fn in_range(data: Data<'_>, expected: &str) -> bool {
    let (least, most) = range(expected).unwrap_or((i128::MIN, u128::MAX));
    match to_integer(data) {
        Some(Data::Signed(n)) => n >= least && u128::try_from(n).is_ok_and(|n| n <= most) || (least..0).contains(&n),
        Some(Data::Unsigned(n)) => n <= most,
        _ => false,
    }
}

/// What a text looks like, if it looks like anything else.
pub(crate) fn looks(data: Data<'_>) -> Option<Kind> {
    let Data::Text(text) = data else {
        return None;
    };
    match text.trim() {
        _ if to_integer(data).is_some() => Some(Kind::Integer),
        text if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") => Some(Kind::Bool),
        text if text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) => {
            to_float(data).map(|_| Kind::Float)
        }
        _ => None,
    }
}
