//! What we sent as a secret, cut from whatever comes back: a server that refuses a request may quote it, whole or in part, in any
//! member and in any spelling.

use std::collections::{HashSet, VecDeque};
use std::ops::Range;

use secrecy::{ExposeSecret as _, SecretString};

/// A run of so many characters of a secret is one; fewer may be any word's.
const PIECE: usize = 8;

/// So often is a text decoded, one spelling in another: JSON in JSON, percent-encoded, in a form.
const LAYERS: usize = 6;

/// What stands where a secret stood.
const CUT: &str = "(a secret)";

/// What was sent as a secret.
#[derive(Default)]
pub(crate) struct Secrets(Vec<SecretString>);

impl Secrets {
    pub(crate) fn of<S: AsRef<str>>(secrets: impl IntoIterator<Item = S>) -> Self {
        let secrets = secrets.into_iter();
        Self(
            secrets
                .filter(|secret| !secret.as_ref().trim().is_empty())
                .map(|secret| SecretString::from(secret.as_ref().trim()))
                .collect(),
        )
    }

    /// The text without the secrets and their pieces, in any spelling.
    pub(crate) fn cut(&self, text: &str) -> String {
        let mut hidden = vec![false; text.len()];
        let secrets = self.0.iter().map(|secret| Pieces::of(secret.expose_secret()));
        let secrets: Vec<Pieces> = secrets.collect();
        if secrets.is_empty() {
            return text.to_owned();
        }
        for layer in layers(View::of(text)) {
            for pieces in &secrets {
                for range in pieces.found_in(&layer) {
                    hidden[range].fill(true);
                }
            }
        }
        let mut cut = String::with_capacity(text.len());
        let mut was_hidden = false;
        for (at, c) in text.char_indices() {
            // What follows without a break is more of it, or of one that begins alike, as tokens do.
            let is_hidden = hidden[at] || was_hidden && (c.is_ascii_alphanumeric() || "-_.~".contains(c));
            if !is_hidden {
                cut.push(c);
            } else if !was_hidden {
                cut.push_str(CUT);
            }
            was_hidden = is_hidden;
        }
        cut
    }
}

/// As many characters as a piece has, or fewer and nothing behind them.
type Run = [char; PIECE];

fn run(chars: &[char]) -> Run {
    let mut run = ['\0'; PIECE];
    run[..chars.len()].copy_from_slice(chars);
    run
}

/// The runs that give a secret away.
struct Pieces {
    length: usize,
    runs: HashSet<Run>,
}

impl Pieces {
    fn of(secret: &str) -> Self {
        let length = secret.chars().count().min(PIECE);
        // It may look as if it were spelt in some way itself, and then be decoded with the text that it stands in.
        let spellings = layers(View::of(secret)).map(|view| view.chars);
        let runs = spellings
            .flat_map(|chars| chars.windows(length).map(run).collect::<Vec<_>>())
            .collect();
        Self { length, runs }
    }

    fn found_in(&self, view: &View) -> Vec<Range<usize>> {
        let windows = view.chars.windows(self.length).enumerate();
        windows
            .filter(|(_, chars)| self.runs.contains(&run(chars)))
            .map(|(at, _)| view.places[at].start..view.places[at + self.length - 1].end)
            .collect()
    }
}

/// A text as it reads, each character with the place that it has in the text as it is.
#[derive(Clone, PartialEq)]
struct View {
    chars: Vec<char>,
    places: Vec<Range<usize>>,
}

impl View {
    fn of(text: &str) -> Self {
        let (chars, places) = text
            .char_indices()
            .map(|(at, c)| (folded(c), at..at + c.len_utf8()))
            .unzip();
        Self { chars, places }
    }

    /// With its escapes read, JSON's and a URL's: one layer of each.
    fn decoded(&self) -> Self {
        let mut read = Self {
            chars: Vec::with_capacity(self.chars.len()),
            places: Vec::with_capacity(self.chars.len()),
        };
        let mut at = 0;
        while at < self.chars.len() {
            let (c, length) = escape(&self.chars[at..]).unwrap_or((self.chars[at], 1));
            read.chars.push(folded(c));
            read.places
                .push(self.places[at].start..self.places[at + length - 1].end);
            at += length;
        }
        read
    }
}

/// Case is no matter, nor how a form spells a blank, nor in which of its two alphabets base64 is written.
fn folded(c: char) -> char {
    match c {
        '+' | '-' => ' ',
        '_' => '/',
        c => c.to_ascii_lowercase(),
    }
}

/// A text, and what it reads as when it is decoded, again and again.
fn layers(view: View) -> impl Iterator<Item = View> {
    std::iter::successors(Some(view), |view| Some(view.decoded()).filter(|next| next != view)).take(LAYERS + 1)
}

/// The character that an escape stands for, and how long it is.
fn escape(text: &[char]) -> Option<(char, usize)> {
    match *text {
        ['\\', 'u', '{', ..] => braced(text),
        ['\\', 'u', a, b, c, d, ..] => Some((char::from_u32(hex(&[a, b, c, d])?)?, 6)),
        ['\\', 'x', a, b, ..] => Some((char::from_u32(hex(&[a, b])?)?, 4)),
        ['\\', 'n' | 'r' | 't' | 'b' | 'f', ..] => Some((' ', 2)),
        ['\\', c @ ('"' | '\\' | '/' | '\''), ..] => Some((c, 2)),
        // Of old servers.
        ['%', 'u' | 'U', a, b, c, d, ..] => Some((char::from_u32(hex(&[a, b, c, d])?)?, 6)),
        ['%', a, b, ..] => percent(text, hex(&[a, b])?),
        // Of a page.
        ['&', ..] => entity(text),
        _ => None,
    }
}

/// The longest is `&#x0010ffff;`.
const LONGEST: usize = 12;

fn braced(text: &[char]) -> Option<(char, usize)> {
    let end = text.iter().take(LONGEST).position(|c| *c == '}')?;
    Some((char::from_u32(hex(text.get(3..end)?)?)?, end + 1))
}

fn entity(text: &[char]) -> Option<(char, usize)> {
    let end = text.iter().take(LONGEST).position(|c| *c == ';')?;
    let c = match text.get(1..end)? {
        ['#', 'x' | 'X', digits @ ..] => char::from_u32(hex(digits)?)?,
        ['#', digits @ ..] => char::from_u32(number(digits, 10)?)?,
        ['a', 'm', 'p'] => '&',
        ['l', 't'] => '<',
        ['g', 't'] => '>',
        ['q', 'u', 'o', 't'] => '"',
        ['a', 'p', 'o', 's'] => '\'',
        _ => return None,
    };
    Some((c, end + 1))
}

fn hex(digits: &[char]) -> Option<u32> {
    number(digits, 16)
}

fn number(digits: &[char], base: u32) -> Option<u32> {
    digits.iter().try_fold(0_u32, |number, digit| {
        number.checked_mul(base)?.checked_add(digit.to_digit(base)?)
    })
}

/// A percent-encoded character: as many bytes of UTF-8 as the first of them says.
fn percent(text: &[char], first: u32) -> Option<(char, usize)> {
    let length = match first {
        0..0x80 => 1,
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0..0xf8 => 4,
        _ => return None,
    };
    let mut bytes = VecDeque::with_capacity(length);
    for encoded in text.chunks(3).take(length) {
        let ['%', a, b] = *encoded else { return None };
        bytes.push_back(u8::try_from(hex(&[a, b])?).ok()?);
    }
    let decoded = std::str::from_utf8(bytes.make_contiguous()).ok()?.chars().next()?;
    Some((decoded, length * 3))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = r#"aB8~q/"\+ x%41é.zZ-9_hunter2"#;

    fn json(text: &str) -> String {
        let quoted = serde_json::Value::from(text).to_string();
        quoted[1..quoted.len() - 1].to_owned()
    }

    fn unicode(text: &str) -> String {
        let units = text.encode_utf16();
        units.map(|unit| format!("\\u{unit:04x}")).collect()
    }

    fn url(text: &str) -> String {
        text.bytes().map(|byte| format!("%{byte:02X}")).collect()
    }

    fn form(text: &str) -> String {
        url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
    }

    fn entities(text: &str) -> String {
        text.chars().map(|c| format!("&#x{:x};", u32::from(c))).collect()
    }

    #[test]
    fn what_is_quoted_is_cut() {
        let secrets = Secrets::of([SECRET, "", " "]);
        let spellings: [fn(&str) -> String; 13] = [
            str::to_owned,
            json,
            unicode,
            url,
            form,
            |text| text.to_ascii_uppercase(),
            |text| json(&json(&form(text))),
            entities,
            |text| text.chars().map(|c| format!("&#{};", u32::from(c))).collect(),
            |text| text.chars().map(|c| format!("\\u{{{:x}}}", u32::from(c))).collect(),
            |text| text.chars().map(|c| format!("%u{:04X}", u32::from(c))).collect(),
            |text| text.chars().map(|c| format!("\\x{:02x}", u32::from(c))).collect(),
            |text| text.replace('_', "/").replace('-', "+"),
        ];
        for spelling in spellings {
            let quoted = format!("client_secret={} is wrong", spelling(SECRET));
            assert_eq!(secrets.cut(&quoted), "client_secret=(a secret) is wrong", "{quoted}");
        }
        for harmless in [
            "",
            "nothing here",
            "hunter",
            "Trace ID: 0b6d6d3e-1f1a",
            "100 % sure, \\u and %zz",
        ] {
            assert_eq!(secrets.cut(harmless), harmless);
        }
        // A short one is cut as a whole.
        assert_eq!(Secrets::of(["abc1"]).cut("x abc1 abc"), "x (a secret) abc");
        // Another one that begins alike.
        let token = Secrets::of(["eyJ0eXAiOiJKV1Qi.one"]);
        assert_eq!(token.cut("'Bearer eyJ0eXAiOiJKV1Qi.two_-3' x"), "'Bearer (a secret)' x");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn no_piece_is_left(
            secret in "[ -~åé]{8,40}",
            from in 0usize..40,
            length in 8usize..40,
            spelt in prop::collection::vec(0usize..7, 0..4),
            around in "[a-z \"{}:,]{0,12}",
        ) {
            let secret = secret.trim();
            let chars: Vec<char> = secret.chars().collect();
            prop_assume!(chars.len() >= PIECE);
            let from = from.min(chars.len() - PIECE);
            let piece: String = chars[from..].iter().take(length).collect();
            let quoted = spelt.iter().fold(piece.clone(), |text, spelling| match spelling {
                0 => json(&text),
                1 => unicode(&text),
                2 => url(&text),
                3 => form(&text),
                4 => text.to_ascii_lowercase(),
                5 => entities(&text),
                _ => text,
            });
            // What a spelling of a spelling of a spelling is, nobody quotes.
            prop_assume!(quoted.len() < 20_000);
            let text = format!("{around}{quoted}{around}");
            let cut = Secrets::of([secret]).cut(&text);
            for layer in layers(View::of(&cut)) {
                let left = Pieces::of(&piece).found_in(&layer);
                prop_assert!(left.is_empty(), "{cut:?} of {text:?}");
            }
        }
    }
}
