//! A text as it reads once its escapes are read, one layer after another. Each character knows its place in the text as it came.

use std::ops::Range;

/// So often is a text decoded: JSON in JSON, percent-encoded, in a page. Nobody quotes deeper.
const LAYERS: usize = 6;

/// One layer.
#[derive(PartialEq)]
pub(super) struct View {
    pub(super) chars: Vec<char>,
    places: Vec<Range<usize>>,
}

/// The text, and what it reads as, as long as there is something to decode.
pub(super) fn layers(text: &str) -> impl Iterator<Item = View> {
    std::iter::successors(Some(View::of(text)), View::decoded).take(LAYERS + 1)
}

impl View {
    fn of(text: &str) -> Self {
        let (chars, places) = text.char_indices().map(|(at, c)| (c, at..at + c.len_utf8())).unzip();
        Self { chars, places }
    }

    /// Where these characters stand in the text as it came.
    pub(super) fn place(&self, chars: &Range<usize>) -> Range<usize> {
        self.places[chars.start].start..self.places[chars.end - 1].end
    }

    /// `None` where no escape is left.
    fn decoded(&self) -> Option<Self> {
        let mut read = Self {
            chars: Vec::with_capacity(self.chars.len()),
            places: Vec::with_capacity(self.chars.len()),
        };
        let mut at = 0;
        while at < self.chars.len() {
            let (c, length) = escape(&self.chars[at..]).unwrap_or((self.chars[at], 1));
            read.chars.push(c);
            read.places.push(self.place(&(at..at + length)));
            at += length;
        }
        (read.chars.len() < self.chars.len()).then_some(read)
    }
}

/// The character that an escape stands for, and how long it is: JSON's, a URL's, a page's. What we send is ASCII, and so is what is read.
fn escape(text: &[char]) -> Option<(char, usize)> {
    match *text {
        ['\\', 'u', '{', a, b, '}', ..] => Some((ascii(&[a, b], 16)?, 6)),
        ['\\', 'u', a, b, c, d, ..] => Some((ascii(&[a, b, c, d], 16)?, 6)),
        ['\\', 'x', a, b, ..] => Some((ascii(&[a, b], 16)?, 4)),
        ['\\', 'n' | 'r' | 't' | 'b' | 'f', ..] => Some((' ', 2)),
        ['\\', c @ ('"' | '\\' | '/' | '\''), ..] => Some((c, 2)),
        // Of old servers.
        ['%', 'u' | 'U', a, b, c, d, ..] => Some((ascii(&[a, b, c, d], 16)?, 6)),
        ['%', a, b, ..] => Some((ascii(&[a, b], 16)?, 3)),
        ['&', ..] => entity(text),
        _ => None,
    }
}

/// The longest is `&#x0000002d;`.
const LONGEST_ENTITY: usize = 12;

fn entity(text: &[char]) -> Option<(char, usize)> {
    let end = text.iter().take(LONGEST_ENTITY).position(|c| *c == ';')?;
    let c = match text.get(1..end)? {
        ['#', 'x' | 'X', digits @ ..] => ascii(digits, 16)?,
        ['#', digits @ ..] => ascii(digits, 10)?,
        ['a', 'm', 'p'] => '&',
        ['l', 't'] => '<',
        ['g', 't'] => '>',
        ['q', 'u', 'o', 't'] => '"',
        ['a', 'p', 'o', 's'] => '\'',
        _ => return None,
    };
    Some((c, end + 1))
}

fn ascii(digits: &[char], base: u32) -> Option<char> {
    let number = digits.iter().try_fold(0_u32, |number, digit| {
        number.checked_mul(base)?.checked_add(digit.to_digit(base)?)
    })?;
    char::from_u32(number).filter(char::is_ascii)
}
