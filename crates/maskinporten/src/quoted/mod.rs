//! What was sent as a secret, cut from whatever comes back: a server that refuses a request may quote it, whole or in part, in any
//! member and in any spelling. And what only looks like a secret, as it may be one that was sent at another time.
//!
//! Not secret is what names the caller and the request: the names of claims, and the values of all but `jti` and `pid`; nor are
//! `authorization_details` of Altinn's kinds, but for the people in them.

mod address;
mod details;
mod likeness;
mod person;
mod pieces;
#[cfg(test)]
mod tests;
mod view;

use std::error::Error as StdError;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

pub(crate) use address::{address, has_user, names_user};
pub(crate) use person::people;
use pieces::{PIECE, Pieces};

/// Nobody is shown more of a text than a part of this, and no more of it is looked at: a body may be a megabyte.
const MOST: usize = 4_000;

/// What stands where a secret stood.
const CUT: &str = "(a secret)";

/// The claims that are nobody's business: what makes an assertion the one that it is, and a person's number.
const PRIVATE: [&str; 2] = ["jti", "pid"];

/// Those that say what a refusal is about; and the `kid` of the header.
const PUBLIC: [&str; 5] = ["iss", "aud", "scope", "resource", "consumer_org"];

/// What was sent as a secret.
#[derive(Default)]
pub(crate) struct Secrets {
    all: Vec<SecretString>,
    /// Only as a whole: a piece of it may be any word's.
    whole: Vec<SecretString>,
    /// What was sent and is none, whatever it looks like.
    public: Vec<String>,
}

impl Secrets {
    /// Nothing was sent: only what looks like a secret is cut.
    pub(crate) fn none() -> Self {
        Self::default()
    }

    /// An assertion or a token, with its parts. What is private in its claims may be quoted as it reads, too.
    pub(crate) fn of(token: &str) -> Self {
        let mut parts = token.split('.').map(|part| decoded(part).unwrap_or_default());
        let (header, claims) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let private = PRIVATE.iter().filter_map(|name| claims.get(name)?.as_str());
        // A short id is any word's, and would be found in all of them.
        let private = private.filter(|claim| claim.len() >= PIECE).map(str::to_owned);
        let about = [claims.get("authorization_details"), claims.get("pid")];
        let about: Vec<String> = about.into_iter().flatten().map(Value::to_string).collect();
        let numbers = about
            .iter()
            .flat_map(|text| people(text).into_iter().map(|at| &text[at]));
        let private = private.chain(numbers.flat_map(person::spellings));
        // So is a short token.
        let token = Some(token.to_owned()).filter(|token| token.chars().count() >= PIECE);
        let public = PUBLIC
            .iter()
            .filter_map(|name| claims.get(name))
            .chain(header.get("kid"));
        let public: Vec<String> = public.flat_map(strings).collect();
        let details = claims.get("authorization_details").map(details::private);
        let details = details.into_iter().flatten().filter(|text| !public.contains(text));
        Self {
            all: token.into_iter().chain(private).map(SecretString::from).collect(),
            whole: details.map(SecretString::from).collect(),
            public,
        }
    }

    /// And another one.
    pub(crate) fn and(mut self, token: &str) -> Self {
        let Self { all, whole, public } = Self::of(token);
        self.all.extend(all);
        self.whole.extend(whole);
        self.public.extend(public);
        self
    }

    /// The text without the secrets and their pieces, in any spelling.
    pub(crate) fn cut(&self, text: &str) -> String {
        let text = beginning(text);
        let mut hidden = self.hidden(text, &[]);
        hide_alike(text, &mut hidden, &self.public);
        let mut cut = String::with_capacity(text.len());
        let mut was_hidden = false;
        for (at, c) in text.char_indices() {
            // What follows without a break is more of it, or of one that begins alike, as tokens do.
            let goes_on = is_part(c) || c == '.' && text[at + 1..].starts_with(is_part);
            let is_hidden = hidden[at] || was_hidden && goes_on;
            if !is_hidden {
                cut.push(c);
            } else if !was_hidden {
                cut.push_str(CUT);
            }
            was_hidden = is_hidden;
        }
        cut
    }

    /// It quotes what was sent, or is too long to be looked at. The `own` words, which it is expected to hold, and what it shares with
    /// them are no quote.
    pub(crate) fn are_in(&self, text: &str, own: &[String]) -> bool {
        let others = text
            .split_whitespace()
            .filter(|word| !own.iter().any(|own| own == word));
        let others = others.collect::<Vec<_>>().join(" ");
        let own: Vec<Pieces> = own.iter().map(|own| Pieces::of(own)).collect();
        beginning(text).len() < text.len() || self.hidden(&others, &own).contains(&true)
    }

    /// The same, of an error and what is behind it, in both of the forms that are printed: without the request's `own` address, which is
    /// its caller's.
    pub(crate) fn are_told_by(&self, error: &(dyn StdError + 'static), own: &[&str]) -> bool {
        texts(error).any(|text| self.hidden(&without(&text, own), &[]).contains(&true))
    }

    fn hidden(&self, text: &str, own: &[Pieces]) -> Vec<bool> {
        let mut hidden = vec![false; text.len()];
        for (at, whole) in self
            .whole
            .iter()
            .flat_map(|whole| text.match_indices(whole.expose_secret()))
        {
            hidden[at..at + whole.len()].fill(true);
        }
        let secrets: Vec<Pieces> = self
            .all
            .iter()
            .map(|secret| Pieces::of(secret.expose_secret()).without(own))
            .collect();
        if secrets.is_empty() {
            return hidden;
        }
        for layer in view::layers(text) {
            for found in secrets.iter().flat_map(|pieces| pieces.found_in(&layer)) {
                hidden[layer.place(&found)].fill(true);
            }
        }
        hidden
    }
}

/// Behind the error is a text that looks like a secret. Whose request it was says nothing: many share a connection, and all are told why
/// it ended.
pub(crate) fn is_behind(error: &(dyn StdError + 'static), own: &[&str]) -> bool {
    error.source().is_some_and(|source| is_told_by(source, own))
}

/// It, or what is behind it, shows what looks like a secret, and not only in the request's `own` address.
pub(crate) fn is_told_by(error: &(dyn StdError + 'static), own: &[&str]) -> bool {
    texts(error).any(|text| {
        let text = without(&text, own);
        let mut hidden = vec![false; text.len()];
        hide_alike(&text, &mut hidden, &[]);
        hidden.contains(&true)
    })
}

/// A word of it looks like a token, or like a line of a key.
pub(crate) fn is_like_a_token(text: &str) -> bool {
    !likeness::tokens(&text.chars().collect::<Vec<_>>()).is_empty()
}

/// Whatever is printed of an error and of what is behind it.
pub(crate) fn texts<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = String> + 'a {
    std::iter::successors(Some(error), |&error| error.source())
        .flat_map(|error| [error.to_string(), format!("{error:?}")])
}

fn without(text: &str, own: &[&str]) -> String {
    let own = own.iter().filter(|own| !own.is_empty());
    own.fold(text.to_owned(), |text, own| text.replace(own, " "))
}

fn hide_alike(text: &str, hidden: &mut [bool], public: &[String]) {
    for layer in view::layers(text) {
        let mut tokens = likeness::tokens(&layer.chars);
        tokens.retain(|word| {
            let word: String = layer.chars[word.clone()].iter().collect();
            !public.iter().any(|public| public.contains(&word))
        });
        for found in tokens.into_iter().chain(likeness::users(&layer.chars)) {
            hidden[layer.place(&found)].fill(true);
        }
    }
}

/// Header or claims.
fn decoded(part: &str) -> Option<Value> {
    let json = BASE64_URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&json).ok()
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_~".contains(c)
}

/// Of a claim that is a text or a list.
fn strings(claim: &Value) -> Vec<String> {
    match claim {
        Value::String(text) => vec![text.clone()],
        Value::Array(all) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn beginning(text: &str) -> &str {
    match text.char_indices().nth(MOST) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}
