//! What nobody can have meant to write: a placeholder, quotes, what cannot be seen, a reference that nobody resolved, a secret.
//!
//! None of it is mended in silence: whoever wrote it is told which setting it is, before anything is sent.

mod placeholder;
mod secret;
#[cfg(test)]
mod tests;

use std::fmt;

use secret::secret;

use crate::quoted;

/// What is wrong with a text. Its words show nothing of the text, which may be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slip {
    /// A private key or a token, by what it looks like.
    Secret(&'static str),
    /// To a secret, or to a configuration.
    Reference(&'static str),
    Placeholder,
    Invisible(char),
    Quoted,
}

/// The slip in a value that is no secret by itself.
pub(crate) fn of(text: &str) -> Option<Slip> {
    hidden(text)
        .or_else(|| placeholder::is(bare(text)).then_some(Slip::Placeholder))
        .or_else(|| visible(text))
}

/// In a text that may be any: a secret, or what would have become something else.
pub(crate) fn of_free_text(text: &str) -> Option<Slip> {
    hidden(text)
}

/// In a text where braces, brackets and any word may be meant: a file's name.
pub(crate) fn of_any(text: &str) -> Option<Slip> {
    hidden(text).or_else(|| visible(text))
}

/// In what is a secret itself, and may be any text: only what would have become one.
pub(crate) fn reference(text: &str) -> Option<Slip> {
    let known = [
        ("@microsoft.keyvault(", "a Key Vault reference"),
        ("@microsoft.appconfiguration(", "a reference to App Configuration"),
        ("keyvaultref:", "a Key Vault reference"),
        ("secretref:", "a reference to a secret"),
        ("op://", "a reference to a secret"),
    ];
    let text = bare(text);
    known
        .into_iter()
        .find(|(start, _)| {
            text.get(..start.len())
                .is_some_and(|own| own.eq_ignore_ascii_case(start))
        })
        .map(|(_, what)| Slip::Reference(what))
}

/// In what is a key: quotes and markers, which no spelling of one has.
pub(crate) fn of_key(text: &str) -> Option<Slip> {
    placeholder::is_marked(bare(text))
        .then_some(Slip::Placeholder)
        .or_else(|| visible(text).filter(|slip| *slip == Slip::Quoted))
}

/// What an error, a log line and a `Debug` may show of a text that is no secret unless it stands in the wrong place: nothing of what
/// cannot be meant, and an address without its password.
pub(crate) fn shown(text: &str) -> String {
    match of(text) {
        Some(_) => "…".to_owned(),
        None => quoted::address(text),
    }
}

/// The same of the words of a text: one of a secret's says nothing of the others, but that they may be its own.
pub(crate) fn shown_words(words: &[String]) -> Vec<String> {
    let of_a_secret = |word: &String| {
        let secret = matches!(of(word), Some(Slip::Secret(_)));
        secret || word.contains("-----") || quoted::is_like_a_token(word)
    };
    match words.iter().any(of_a_secret) {
        true => vec!["…".to_owned()],
        false => words.iter().map(|word| shown(word)).collect(),
    }
}

fn hidden(text: &str) -> Option<Slip> {
    secret(bare(text)).map(Slip::Secret).or_else(|| reference(text))
}

fn visible(text: &str) -> Option<Slip> {
    let text = text.trim();
    let invisible = text.chars().find(|c| is_invisible(*c)).map(Slip::Invisible);
    let quoted = text.starts_with(is_quote) || text.ends_with(is_quote) || text.starts_with("\\\"");
    invisible.or_else(|| quoted.then_some(Slip::Quoted))
}

/// Without what a slip may have put around it.
fn bare(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || is_quote(c) || is_invisible(c) || c == '\\')
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'' | '`' | '“' | '”' | '„' | '‘' | '’' | '«' | '»')
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{feff}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{fffd}')
}

impl fmt::Display for Slip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Where it belongs is known to whoever read it.
            Self::Secret(what) => write!(f, "is {what}, and is not shown"),
            Self::Reference(what) => write!(
                f,
                "is {what} that nobody resolved; let the host resolve it, or turn references on where the configuration is \
                 loaded, or store the value itself"
            ),
            Self::Placeholder => f.write_str("is a placeholder; set the value itself"),
            Self::Invisible('\u{feff}') => {
                f.write_str("holds a byte order mark (U+FEFF), which cannot be seen; delete it, and save without it")
            }
            Self::Invisible(c) if c.is_whitespace() => f.write_str("holds a line break or a tab; take it away"),
            Self::Invisible(c) => write!(
                f,
                "holds a character that cannot be seen (U+{:04X}); delete it, or type the value anew",
                u32::from(*c)
            ),
            Self::Quoted => f.write_str("begins or ends with a quotation mark; take the quotes away"),
        }
    }
}
