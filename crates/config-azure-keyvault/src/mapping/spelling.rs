//! Which key of an earlier table a segment means: the nearest spelling.

use std::collections::{BTreeMap, HashMap};

use config::{Map, Value};

use super::name::{fold, words};
use super::plan::{Item, Node, is_filled, rank};

/// Where the children of a section go.
#[derive(Default)]
pub(super) struct Places<'n> {
    /// By key. Several at one: spellings of a section that an earlier source has.
    pub(super) taken: BTreeMap<String, Vec<&'n Node>>,
    /// Keys among these that would fit an earlier key, which a nearer or a newer one takes; with that key.
    pub(super) beside: HashMap<String, String>,
}

/// Finds each child's key in `table`, or gives it its own.
///
/// The nearest spelling counts: exact, then but for case, then but for case, `_` and `-`, the last only where it fits
/// one key and no more. A section with anything in it takes whatever fits it. A value takes one, the nearest, of equals the first
/// in rank; what else fits stays a key of its own, for two names that differ in a hyphen are two.
pub(super) fn places<'n>(
    children: &'n BTreeMap<String, Node>,
    items: &[Item],
    depth: usize,
    table: &Map<String, Value>,
) -> Places<'n> {
    let mut places = Places::default();
    let by_case = by_case(table);
    let mut strangers = Vec::new();
    for (folded, child) in children {
        let Some(lead) = child.lead else { continue };
        let own = items[lead].path[depth].as_str();
        let known = if table.contains_key(own) {
            Some(own)
        } else {
            by_case.get(folded).copied()
        };
        match known {
            Some(key) => places.take(key, child),
            None => strangers.push((rank(items, lead), own, child)),
        }
    }
    if strangers.is_empty() {
        return places;
    }
    let by_words = by_words(table);
    strangers.sort_unstable_by_key(|&(rank, ..)| rank);
    for (_, own, child) in strangers {
        let fits = words(own).and_then(|words| by_words.get(&words).copied().flatten());
        match fits {
            None => places.take(own, child),
            Some(key) if is_filled(&table[key]) || !places.taken.contains_key(key) => places.take(key, child),
            Some(key) => {
                places.take(own, child);
                places.beside.insert(own.to_owned(), key.to_owned());
            }
        }
    }
    places
}

impl<'n> Places<'n> {
    fn take(&mut self, key: &str, child: &'n Node) {
        self.taken.entry(key.to_owned()).or_default().push(child);
    }
}

/// The map has no order of its own: of several spellings the smallest is taken, whatever comes first.
fn by_case(table: &Map<String, Value>) -> HashMap<String, &str> {
    let mut found = HashMap::with_capacity(table.len());
    for key in table.keys() {
        let known = found.entry(fold(key)).or_insert(key.as_str());
        *known = (*known).min(key);
    }
    found
}

/// `None` where several keys differ in nothing else.
fn by_words(table: &Map<String, Value>) -> HashMap<String, Option<&str>> {
    let mut found = HashMap::with_capacity(table.len());
    for key in table.keys() {
        if let Some(words) = words(key) {
            found
                .entry(words)
                .and_modify(|only| *only = None)
                .or_insert(Some(key.as_str()));
        }
    }
    found
}
