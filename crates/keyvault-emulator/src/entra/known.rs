//! Tokens whose issuer and signature were checked already: a client sends one with a thousand requests. Audience and time are not among
//! what is known: they are looked at with each.

use std::collections::HashMap;
use std::fmt;
use std::sync::Mutex;

use super::Claims;
use crate::lock::lock;

/// More tokens than a test signs in for; behind them it begins anew.
const MOST: usize = 1_024;

/// What they claim, by token. Its `Debug` shows none.
#[derive(Default)]
pub(crate) struct KnownTokens(Mutex<HashMap<String, Claims>>);

impl KnownTokens {
    pub(crate) fn claims_of(&self, token: &str) -> Option<Claims> {
        lock(&self.0).get(token).cloned()
    }

    pub(crate) fn keep(&self, token: &str, claims: Claims) {
        let mut known = lock(&self.0);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(token.to_owned(), claims);
    }
}

impl fmt::Debug for KnownTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KnownTokens({})", lock(&self.0).len())
    }
}
