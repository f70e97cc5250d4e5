//! What a type asks for, and texts turned into it.

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
        let word = expected.strip_prefix("a nonzero ").unwrap_or(expected);
        let any = |starts: &[&str]| starts.iter().any(|s| expected.starts_with(s));
        if range(word).is_some() || matches!(word, "isize" | "usize") {
            return Self::Integer;
        }
        match expected {
            "a boolean" => Self::Bool,
            "f32" | "f64" => Self::Float,
            "a character" => Self::Char,
            "a string" | "a borrowed string" | "path string" => Self::Text,
            "unit" => Self::Unit,
            "a sequence" => Self::List,
            "a map" => Self::Section,
            "string or map" => Self::Enum,
            _ if any(&["unit struct", "unit variant"]) => Self::Unit,
            _ if any(&["an array of", "a tuple of", "tuple "]) => Self::List,
            _ if any(&["struct ", "internally tagged", "adjacently tagged"]) => Self::Section,
            _ => Self::Other,
        }
    }
}

pub(crate) fn range(word: &str) -> Option<(i128, u128)> {
    Some(match word {
        "u8" => (0, u8::MAX.into()),
        "u16" => (0, u16::MAX.into()),
        "u32" => (0, u32::MAX.into()),
        "u64" | "usize" => (0, u64::MAX.into()),
        "u128" => (0, u128::MAX),
        "i8" => (i8::MIN.into(), i8::MAX as u128),
        "i16" => (i16::MIN.into(), i16::MAX as u128),
        "i32" => (i32::MIN.into(), i32::MAX as u128),
        "i64" | "isize" => (i64::MIN.into(), i64::MAX as u128),
        "i128" => (i128::MIN, i128::MAX as u128),
        _ => return None,
    })
}

/// serde's words for an operator. Nothing of the words is kept but where they are somebody else's.
pub(crate) fn prose(expected: &str) -> String {
    if let Some((least, most)) = range(expected) {
        return format!("an integer from {least} to {most}");
    }
    if let Some((_, most)) = expected.strip_prefix("a nonzero ").and_then(range) {
        return format!("an integer from 1 to {most}");
    }
    match (Kind::of(expected), expected) {
        (Kind::Bool, _) => "true or false".to_owned(),
        (Kind::Float, _) => "a number".to_owned(),
        (Kind::Text, "path string") => "a path".to_owned(),
        (Kind::Text, _) => "a text".to_owned(),
        (Kind::Char, _) => "a single character".to_owned(),
        (Kind::Unit, _) => "nothing".to_owned(),
        (Kind::Section, _) => "a section".to_owned(),
        (Kind::Enum, _) => "the name of a variant, or a section of that name".to_owned(),
        (Kind::List, _) => sized(expected).map_or("a list".to_owned(), |n| format!("a list of {n} values")),
        _ => expected.to_owned(),
    }
}

/// How many elements a list of fixed length is to have, in serde's words.
pub(crate) fn sized(expected: &str) -> Option<&str> {
    let number = expected
        .strip_prefix("an array of length ")
        .or_else(|| expected.strip_prefix("a tuple of size "))
        .or_else(|| expected.strip_suffix(" elements")?.rsplit(' ').next())?;
    number.bytes().all(|b| b.is_ascii_digit()).then_some(number)
}

/// What there is, in kind only.
pub(crate) fn found(data: &Data<'_>) -> &'static str {
    match data {
        Data::Nil => "null",
        Data::Bool(_) => "true or false",
        Data::Signed(_) | Data::Unsigned(_) => "an integer",
        Data::Float(_) => "a number with a fraction",
        Data::Text(text) if text.trim().is_empty() => "a blank text",
        Data::Text(_) => "a text",
        Data::Table => "a section",
        Data::List => "a list",
        Data::Missing => "nothing",
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    Signed(i128),
    Unsigned(u128),
}

pub(crate) fn to_bool(data: &Data<'_>) -> Option<bool> {
    match data {
        Data::Bool(b) => Some(*b),
        Data::Signed(0) | Data::Unsigned(0) => Some(false),
        Data::Signed(1) | Data::Unsigned(1) => Some(true),
        Data::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Some(true),
            "false" | "0" | "no" | "off" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

pub(crate) fn to_integer(data: &Data<'_>) -> Option<Number> {
    match data {
        Data::Signed(n) => Some(Number::Signed(*n)),
        Data::Unsigned(n) => Some(Number::Unsigned(*n)),
        Data::Text(text) => {
            let text = text.trim();
            let signed = text.parse().map(Number::Signed);
            signed.or_else(|_| text.parse().map(Number::Unsigned)).ok()
        }
        _ => None,
    }
}

pub(crate) fn to_float(data: &Data<'_>) -> Option<f64> {
    match data {
        Data::Float(n) => Some(*n),
        Data::Signed(n) => Some(*n as f64),
        Data::Unsigned(n) => Some(*n as f64),
        Data::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The text of a number or a switch, for a type that asks for a text.
pub(crate) fn to_text(data: &Data<'_>) -> Option<String> {
    match data {
        Data::Bool(b) => Some(b.to_string()),
        Data::Signed(n) => Some(n.to_string()),
        Data::Unsigned(n) => Some(n.to_string()),
        Data::Float(n) => Some(n.to_string()),
        Data::Text(text) => Some((*text).to_owned()),
        _ => None,
    }
}

pub(crate) fn to_char(data: &Data<'_>) -> Option<char> {
    let text = to_text(data)?;
    let only = |text: &str| {
        let mut chars = text.chars();
        chars.next().filter(|_| chars.next().is_none())
    };
    only(&text).or_else(|| only(text.trim()))
}

/// Whether a value is of that kind by nature.
pub(crate) fn is(data: &Data<'_>, kind: Kind) -> bool {
    matches!(
        (kind, data),
        (Kind::Bool, Data::Bool(_))
            | (Kind::Integer, Data::Signed(_) | Data::Unsigned(_))
            | (Kind::Float, Data::Float(_))
            | (Kind::Text | Kind::Char | Kind::Enum, Data::Text(_))
            | (Kind::List, Data::List)
            | (Kind::Section | Kind::Enum, Data::Table)
    )
}

/// Whether a value can be offered as that kind where it is not of it by nature.
pub(crate) fn fits(data: &Data<'_>, kind: Kind) -> bool {
    !is(data, kind)
        && match kind {
            Kind::Bool => to_bool(data).is_some(),
            Kind::Integer => to_integer(data).is_some(),
            Kind::Float => to_float(data).is_some(),
            Kind::Text => to_text(data).is_some(),
            Kind::Unit => matches!(data, Data::Text(text) if text.trim().is_empty()),
            Kind::Section => matches!(data, Data::List),
            _ => false,
        }
}

/// Whether it is an integer that the wanted type, in serde's words, can hold.
pub(crate) fn in_range(data: &Data<'_>, expected: &str) -> bool {
    let word = expected.strip_prefix("a nonzero ").unwrap_or(expected);
    let (least, most) = range(word).unwrap_or((i128::MIN, u128::MAX));
    let least = if word == expected { least } else { least.max(1) };
    match to_integer(data) {
        _ if is(data, Kind::Integer) => false,
        Some(Number::Signed(n)) => n >= least && u128::try_from(n).is_ok_and(|n| n <= most) || (n < 0 && n >= least),
        Some(Number::Unsigned(n)) => n <= most,
        None => false,
    }
}

/// What a text looks like, if it looks like anything else.
pub(crate) fn looks(data: &Data<'_>) -> Option<Kind> {
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
