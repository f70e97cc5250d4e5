//! The name of the secret that would set what is missing.

use config::{Map, Value, ValueKind};
use config_bind::Shape;

use crate::mapping::{is_index, nearness, split_name};
use crate::names::is_secret_name;
use crate::origin::{Naming, secret_below};

/// The secret that would set the setting at this path of the configuration, if there is one.
pub(super) fn of(root: &Value, naming: &Naming, path: &[String], shape: Shape) -> Option<String> {
    let prefix = match naming {
        // The local file's keys are spelt as a vault's secrets.
        Naming::Whole | Naming::Local { .. } => "",
        Naming::Prefix(prefix) => prefix,
        Naming::Picked => return None,
    };
    let mut segments = segments(root, prefix, path)?;
    match shape {
        Shape::Value => {}
        Shape::List => segments.push("0".to_owned()),
        // One secret makes no section, and what keys a map is to have is not known.
        _ => return None,
    }
    let name = segments.join("--");
    // `---` is read leftmost first.
    if split_name(&name)? != segments {
        return None;
    }
    let name = format!("{prefix}{name}");
    is_secret_name(&name).then_some(name)
}

/// The path in segments that a secret's name may hold and that lead to it again.
fn segments(root: &Value, prefix: &str, path: &[String]) -> Option<Vec<String>> {
    let mut segments: Vec<String> = Vec::with_capacity(path.len());
    let mut at = Some(root);
    for name in path {
        match at.map(|value| &value.kind) {
            Some(ValueKind::Array(array)) => {
                let element = array.get(name.parse::<usize>().ok()?)?;
                segments.push(name.clone());
                // What is past the end of an earlier source's array is appended, so the vault may know the element by another
                // index than the array has it at.
                if let Some(known) = secret_below(element).and_then(|known| head(known, prefix, segments.len())) {
                    segments = known;
                }
                at = Some(element);
            }
            Some(ValueKind::Table(table)) => {
                segments.push(segment(name, Some(table))?);
                at = table.get(name);
            }
            _ => {
                segments.push(segment(name, None)?);
                at = None;
            }
        }
    }
    (!segments.is_empty()).then_some(segments)
}

/// The segments of a secret's name as far as this element of an array.
fn head(secret: &str, prefix: &str, depth: usize) -> Option<Vec<String>> {
    let (start, rest) = secret.split_at_checked(prefix.len())?;
    let mut segments = split_name(rest).filter(|_| start.eq_ignore_ascii_case(prefix))?;
    segments.truncate(depth);
    (segments.len() == depth && is_index(&segments[depth - 1])).then_some(segments)
}

/// A spelling of a key that a secret's name may hold and that is taken for this key again, among its neighbours.
fn segment(name: &str, neighbours: Option<&Map<String, Value>>) -> Option<String> {
    let same = |key: &&String| nearness(key, name).is_some();
    let alike = neighbours.map_or(0, |table| table.keys().filter(same).count());
    let fits = |spelling: &String| {
        let is_legal = is_secret_name(spelling) && !spelling.contains("--") && !spelling.ends_with('-');
        // Of several keys that differ in `_`, `-` or case, none but the exact one is found.
        is_legal && is_index(spelling) == is_index(name) && (alike <= 1 || spelling == name)
    };
    let words = || name.split(['_', '-']).filter(|word| !word.is_empty());
    let hyphenated = || words().collect::<Vec<_>>().join("-");
    [name.to_owned(), words().map(capital).collect(), hyphenated()]
        .into_iter()
        .find(fits)
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}
