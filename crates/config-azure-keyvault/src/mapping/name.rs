//! The grammar of a name.

use std::cmp::Ordering;

const SEPARATOR: &str = "--";

/// Splits a secret's name into segments, leftmost separator first: `a---b` is `a`, `-b`.
///
/// `None` if a segment is empty.
pub(crate) fn split_name(name: &str) -> Option<Vec<String>> {
    let path: Vec<String> = name.split(SEPARATOR).map(str::to_owned).collect();
    is_path(&path).then_some(path)
}

/// Is there a segment, and none that is empty?
pub(crate) fn is_path(path: &[String]) -> bool {
    !path.is_empty() && path.iter().all(|segment| !segment.is_empty())
}

/// What two spellings of one segment have in common. ASCII only, as Key Vault's names are.
pub(super) fn fold(segment: &str) -> String {
    segment.to_ascii_lowercase()
}

/// What two spellings of one key have in common that differ in case, `_` and `-`; `None` for an index, which has none of these.
pub(super) fn words(segment: &str) -> Option<String> {
    let words = segment.chars().filter(|c| !matches!(c, '_' | '-'));
    (!is_index(segment)).then(|| words.map(|c| c.to_ascii_lowercase()).collect())
}

/// How near two spellings of one key are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Nearness {
    Exact,
    /// But for ASCII case.
    Case,
    /// But for case, `_` and `-`.
    Separators,
}

/// `None`: they are two keys.
pub(crate) fn nearness(a: &str, b: &str) -> Option<Nearness> {
    if a == b {
        Some(Nearness::Exact)
    } else if a.eq_ignore_ascii_case(b) {
        Some(Nearness::Case)
    } else {
        let same = words(a).is_some_and(|words_of_a| words(b) == Some(words_of_a));
        same.then_some(Nearness::Separators)
    }
}

/// An index is `0` or digits without a leading zero. `00` and `01` stay keys: two texts must not mean one element.
pub(crate) fn is_index(segment: &str) -> bool {
    segment == "0" || (segment.bytes().all(|b| b.is_ascii_digit()) && !segment.is_empty() && !segment.starts_with('0'))
}

/// Numeric order of two indexes of any length, as no integer type holds them all.
pub(super) fn by_number(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}
