//! Texts that nobody means well with: what grows out of a corpus, and what is one shape many times over.

use std::fmt;

use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Bytes, shown as a text.
#[derive(Clone)]
pub(crate) struct Text(pub(crate) Vec<u8>);

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}

/// Where what reads them changes its mind.
const WORDS: [&[u8]; 36] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b":",
    b",",
    b"\n",
    b"\n\n",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"null",
    b"true",
    b"-1",
    b"0",
    b"1e999",
    b"9223372036854775808",
    b"-9223372036854775808",
    b"\xef\xbb\xbf",
    b"\xff",
    b"\0",
    b"\xf0\x9f\x98\x80",
    b"--",
    b"=",
    b"%",
    b"&#",
    b"://",
    b"@",
    b"eyJ",
    b"-----BEGIN ",
    b"-----END ",
    b"0\x82",
    b"\x02\x04\x7f\xff\xff\xff",
    b"\x04\x84",
    b"\xa0\x80",
];

#[derive(Debug, Clone)]
enum Edit {
    Cut(Index, u8),
    Repeat(Index, u8, u8),
    Put(Index, &'static [u8]),
    Change(Index, u8),
    /// From the middle of another text of the corpus.
    Graft(Index, Index, Index, u8),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, length)| Edit::Cut(at, length)),
        (any::<Index>(), any::<u8>(), 1..20_u8).prop_map(|(at, length, times)| Edit::Repeat(at, length, times)),
        (any::<Index>(), select(&WORDS[..])).prop_map(|(at, word)| Edit::Put(at, word)),
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Edit::Change(at, byte)),
        (any::<Index>(), any::<Index>(), any::<Index>(), any::<u8>())
            .prop_map(|(at, other, from, length)| Edit::Graft(at, other, from, length)),
    ]
}

impl Edit {
    fn apply(&self, text: &mut Vec<u8>, corpus: &[Vec<u8>]) {
        let part = |text: &[u8], at: &Index, length: u8| {
            let start = at.index(text.len() + 1);
            start..text.len().min(start + usize::from(length))
        };
        match self {
            Self::Cut(at, length) => drop(text.drain(part(text, at, *length))),
            Self::Repeat(at, length, times) => {
                let range = part(text, at, *length);
                let again = text[range.clone()].repeat(usize::from(*times));
                text.splice(range.end..range.end, again);
            }
            Self::Put(at, word) => {
                let at = at.index(text.len() + 1);
                text.splice(at..at, word.iter().copied());
            }
            Self::Change(at, byte) => {
                let at = at.index(text.len() + 1);
                if let Some(old) = text.get_mut(at) {
                    *old = *byte;
                }
            }
            Self::Graft(at, other, from, length) => {
                let other = other.get(corpus);
                let piece = other[part(other, from, *length)].to_vec();
                let at = at.index(text.len() + 1);
                text.splice(at..at, piece);
            }
        }
    }
}

/// A text of the corpus after some edits, or anything.
pub(crate) fn grown(corpus: Vec<Vec<u8>>) -> impl Strategy<Value = Text> {
    let edited = (any::<Index>(), prop::collection::vec(edit(), 0..8)).prop_map(move |(seed, edits)| {
        let mut text = seed.get(&corpus).clone();
        for edit in edits {
            edit.apply(&mut text, &corpus);
        }
        text
    });
    let anything = prop::collection::vec(any::<u8>(), 0..256);
    prop_oneof![8 => edited, 1 => anything].prop_map(Text)
}

/// What comes first, again and again, and last.
const SHAPES: [[&str; 3]; 22] = [
    ["", "a", ""],
    ["", "\u{e5}", ""],
    ["", "%41", ""],
    ["", "\\u0041", ""],
    ["", "eyJ.", ""],
    ["", "a--", ""],
    ["", "a\n", ""],
    ["", "://a@", ""],
    ["", "[", ""],
    ["", "{\"a\":", ""],
    ["[", "0,", "0]"],
    ["[", "{},", "{}]"],
    ["[", "{\"a\":{}},", "0]"],
    ["{\"keys\":[", "{},", "{}]}"],
    ["{\"value\":[", "{},", "{}]}"],
    ["{\"value\":[", "{\"id\":\"https://v/secrets/a\"},", "0]}"],
    ["{\"error\":", "{\"innererror\":", "0"],
    ["{\"error\":{\"code\":\"a\",\"message\":\"", "Caller: a\\n", "\"}}"],
    ["{\"error_description\":\"", "MP-", "\"}"],
    ["{\"a\":\"", "\\\\", "\"}"],
    ["", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", ""],
    ["", "-----BEGIN ", ""],
];

/// Each shape, about so long.
pub(crate) fn shaped(length: usize) -> impl Iterator<Item = (String, Vec<u8>)> {
    // As deep as can be, and a name as long as can be, over as many values as there is room for.
    let deep = ("{\"a\":".repeat(100) + "[", "0]".to_owned() + &"}".repeat(100));
    let long = (format!("{{\"{}\":[", "a".repeat(length / 2)), "0]}".to_owned());
    let over_many = [deep, long].map(|(first, last)| [first, "0,".to_owned(), last]);
    let shapes = SHAPES.map(|shape| shape.map(str::to_owned));
    let shapes = shapes.into_iter().chain(over_many);
    shapes.map(move |[first, again, last]| {
        let text = format!("{first}{}{last}", again.repeat(length / again.len()));
        (
            format!("{first:.200} {again} … {last:.200}").escape_debug().to_string(),
            text.into_bytes(),
        )
    })
}
