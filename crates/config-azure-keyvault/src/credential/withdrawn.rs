//! Which tokens the vault took, and which it took and refuses now: those were withdrawn.

use std::collections::{HashMap, HashSet};
use std::fmt;

/// What the vault made of the tokens of one session. Its `Debug` shows none.
#[derive(Default)]
pub(super) struct Tokens {
    accepted: HashSet<String>,
    /// What was withdrawn, and what came in its place.
    replaced: HashMap<String, String>,
    /// What was signed in anew for in this load. What comes instead may be refused as well, so it is done once for each.
    renewed: HashSet<String>,
}

impl Tokens {
    pub(super) fn begin(&mut self) {
        self.renewed.clear();
    }

    pub(super) fn accept(&mut self, token: &str) {
        // Of a token that is long there is one, and a thousand replies.
        if !self.accepted.contains(token) {
            self.accepted.insert(token.to_owned());
        }
    }

    /// The latest of what came in the place of this one.
    pub(super) fn instead_of(&self, token: &str) -> Option<&str> {
        let mut latest = None;
        let mut at = token;
        // As many steps as there are tokens: a credential may come back to one that it gave before.
        for _ in 0..self.replaced.len() {
            match self.replaced.get(at) {
                Some(next) if next != token => (latest, at) = (Some(next.as_str()), next),
                _ => break,
            }
        }
        latest
    }

    /// Was it taken before, and is it the first time in this load that it is refused?
    pub(super) fn is_withdrawn(&self, token: &str) -> bool {
        self.accepted.contains(token) && !self.renewed.contains(token)
    }

    /// Was it signed in anew for already, and did the same one come?
    pub(super) fn came_again(&self, token: &str) -> bool {
        self.accepted.contains(token) && self.renewed.contains(token)
    }

    pub(super) fn renew(&mut self, refused: &str, token: &str) {
        self.renewed.insert(refused.to_owned());
        if refused != token {
            self.accepted.remove(refused);
            self.replaced.remove(token);
            self.replaced.insert(refused.to_owned(), token.to_owned());
        }
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("accepted", &self.accepted.len())
            .field("replaced", &self.replaced.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_once_is_withdrawn_once_in_a_load() {
        let mut tokens = Tokens::default();
        assert!(!tokens.is_withdrawn("a"), "it was never taken");
        tokens.accept("a");
        assert!(tokens.is_withdrawn("a"));
        tokens.renew("a", "b");
        assert_eq!(tokens.instead_of("a"), Some("b"));
        assert!(!tokens.is_withdrawn("b") && !tokens.is_withdrawn("a"));
        tokens.accept("b");
        tokens.renew("b", "c");
        assert_eq!(tokens.instead_of("a"), Some("c"));
        // Back to the first, which is not replaced by itself.
        tokens.accept("c");
        tokens.renew("c", "a");
        assert_eq!(tokens.instead_of("a"), None);
        assert_eq!(tokens.instead_of("b"), Some("a"));
        // The same again: once for each load.
        tokens.accept("a");
        assert!(!tokens.is_withdrawn("a"), "it was signed in anew for in this load");
        tokens.begin();
        tokens.accept("a");
        tokens.renew("a", "a");
        assert!(!tokens.is_withdrawn("a"));
        assert!(!format!("{tokens:?}").contains("\"a\""));
    }
}
