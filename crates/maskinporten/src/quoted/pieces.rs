//! The pieces of a secret that give it away.

use std::collections::HashSet;
use std::ops::Range;

use super::view::{View, layers};

/// A run of so many characters of a secret is one; fewer may be any word's.
pub(super) const PIECE: usize = 8;

/// As many characters as a piece has, or fewer and nothing behind them.
type Run = [char; PIECE];

/// Every run of one secret; of a short one the whole.
pub(super) struct Pieces {
    length: usize,
    runs: HashSet<Run, foldhash::fast::RandomState>,
}

impl Pieces {
    pub(super) fn of(secret: &str) -> Self {
        let length = secret.chars().count().min(PIECE);
        // It may look as if it were escaped itself, and is then decoded with the text that it stands in.
        let runs = layers(secret).flat_map(|layer| layer.chars.windows(length).map(run).collect::<Vec<_>>());
        Self {
            length,
            runs: runs.collect(),
        }
    }

    /// Without those that other texts have as well.
    pub(super) fn without(mut self, others: &[Self]) -> Self {
        self.runs
            .retain(|run| !others.iter().any(|other| other.runs.contains(run)));
        self
    }

    /// Where they are among the characters of a layer.
    pub(super) fn found_in<'a>(&'a self, layer: &'a View) -> impl Iterator<Item = Range<usize>> + 'a {
        let windows = layer.chars.windows(self.length).enumerate();
        windows
            .filter(|(_, chars)| self.runs.contains(&run(chars)))
            .map(|(at, _)| at..at + self.length)
    }
}

fn run(chars: &[char]) -> Run {
    let mut run = ['\0'; PIECE];
    for (place, c) in run.iter_mut().zip(chars) {
        *place = folded(*c);
    }
    run
}

/// Case is no matter, nor which of base64's two alphabets it is, nor how a form spells a blank.
fn folded(c: char) -> char {
    match c {
        '+' | ' ' => '-',
        '/' => '_',
        c => c.to_ascii_lowercase(),
    }
}
