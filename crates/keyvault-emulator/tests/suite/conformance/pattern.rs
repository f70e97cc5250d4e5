//! Patterns of JSON.
//!
//! - An object has the members of its pattern and no other, unless `"..."` is among these; `"&"` names a pattern to start from.
//! - An array has an item for each of its pattern's, in any order; after `"..."` others too. After `"*"` every item is like the next.
//! - `"<name>"` alone is the pattern of that name, a number, or any JSON; within a text it is a piece of text.

use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};

use super::fill::fill;

/// How far clocks may differ, and a case may take.
const AROUND: i64 = 300;

fn named() -> &'static Map<String, Value> {
    static NAMED: OnceLock<Map<String, Value>> = OnceLock::new();
    NAMED.get_or_init(|| serde_json::from_str(include_str!("../../../conformance/patterns.json")).unwrap())
}

/// Everything in which `seen` differs.
pub(super) fn differences(pattern: &Value, seen: &Value, known: &Map<String, Value>) -> Vec<String> {
    let mut found = Vec::new();
    compare(&fill(pattern, known), seen, known, "", &mut found);
    found
}

fn compare(pattern: &Value, seen: &Value, known: &Map<String, Value>, at: &str, found: &mut Vec<String>) {
    match (pattern, seen) {
        (Value::Object(pattern), Value::Object(members)) => object(pattern, members, known, at, found),
        (Value::Array(pattern), Value::Array(items)) => array(pattern, items, known, at, found),
        (Value::String(pattern), seen) => match alone(pattern).and_then(|name| named().get(name)) {
            Some(pattern) => compare(&fill(pattern, known), seen, known, at, found),
            None if is_like(pattern, seen) => {}
            None => found.push(format!("{at}: {seen} is not {pattern:?}")),
        },
        (pattern, seen) if pattern == seen => {}
        (pattern, seen) => found.push(format!("{at}: {seen} is not {pattern}")),
    }
}

fn object(
    pattern: &Map<String, Value>,
    seen: &Map<String, Value>,
    known: &Map<String, Value>,
    at: &str,
    found: &mut Vec<String>,
) {
    let pattern = whole(pattern, known);
    for (member, pattern) in pattern.iter().filter(|(member, _)| *member != "...") {
        match seen.get(member) {
            Some(seen) => compare(pattern, seen, known, &format!("{at}.{member}"), found),
            None => found.push(format!("{at}: no {member}")),
        }
    }
    let others = seen.keys().filter(|member| !pattern.contains_key(*member));
    if !pattern.contains_key("...") {
        found.extend(others.map(|member| format!("{at}: {member} is there")));
    }
}

/// With the members of the pattern that it starts from.
fn whole(pattern: &Map<String, Value>, known: &Map<String, Value>) -> Map<String, Value> {
    let Some(from) = pattern.get("&").and_then(Value::as_str) else {
        return pattern.clone();
    };
    let from = fill(&named()[from], known);
    let mut members = whole(from.as_object().unwrap(), known);
    for (member, pattern) in pattern.iter().filter(|(member, _)| *member != "&") {
        members.insert(member.clone(), pattern.clone());
    }
    members
}

fn array(pattern: &[Value], seen: &[Value], known: &Map<String, Value>, at: &str, found: &mut Vec<String>) {
    let like = |pattern: &Value, seen: &Value| differences(pattern, seen, known).is_empty();
    if let [Value::String(every), pattern] = pattern
        && every == "*"
    {
        for (index, seen) in seen.iter().enumerate() {
            compare(pattern, seen, known, &format!("{at}[{index}]"), found);
        }
        return;
    }
    let (others, pattern) = match pattern {
        [Value::String(others), pattern @ ..] if others == "..." => (true, pattern),
        pattern => (false, pattern),
    };
    if !others && pattern.len() != seen.len() {
        found.push(format!("{at}: {} items are not {}", seen.len(), pattern.len()));
    }
    for pattern in pattern
        .iter()
        .filter(|pattern| !seen.iter().any(|seen| like(pattern, seen)))
    {
        found.push(format!("{at}: no item is {pattern}, of {}", Value::from(seen)));
    }
}

fn alone(pattern: &str) -> Option<&str> {
    let name = pattern.strip_prefix('<')?.strip_suffix('>')?;
    (!name.contains(['<', '>'])).then_some(name)
}

fn is_like(pattern: &str, seen: &Value) -> bool {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
    let within = |from: i64, to: i64| seen.as_i64().is_some_and(|seen| (from..=to).contains(&seen));
    match alone(pattern) {
        Some("any") => true,
        Some("number") => seen.is_i64(),
        Some("now") => within(now - AROUND, now + AROUND),
        Some("later") => within(now + AROUND, i64::MAX),
        Some(range) if range.contains("..") => {
            let (from, to) = range.split_once("..").unwrap();
            within(from.parse().unwrap(), to.parse().unwrap())
        }
        _ => seen.as_str().is_some_and(|seen| is_text_like(pattern, seen)),
    }
}

/// A text, literally but for `<text>`, `<any>`, `<uuid>`, `<version>` and `<port>`.
pub(super) fn is_text_like(pattern: &str, seen: &str) -> bool {
    let Some((before, rest)) = pattern.split_once('<') else {
        return pattern == seen;
    };
    let (piece, after) = rest.split_once('>').unwrap();
    let Some(seen) = seen.strip_prefix(before) else {
        return false;
    };
    let mut ends = seen.char_indices().map(|(end, _)| end).chain([seen.len()]);
    ends.any(|end| is_piece(piece, &seen[..end]) && is_text_like(after, &seen[end..]))
}

fn is_piece(piece: &str, seen: &str) -> bool {
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match piece {
        "any" => true,
        "text" => !seen.is_empty(),
        // The service's links name it, as a rule.
        "port" => matches!(seen, "" | ":443"),
        "version" => seen.len() == 32 && is_hex(seen),
        "uuid" => seen.split('-').map(str::len).eq([8, 4, 4, 4, 12]) && is_hex(&seen.replace('-', "")),
        other => panic!("no pattern is named {other}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pattern_says_where_something_differs() {
        let known = json!({ "name": "N", "vault": "https://v" });
        let known = known.as_object().unwrap();
        let differ = |pattern: Value, seen: Value| differences(&pattern, &seen, known);
        let version = "0123456789abcdef0123456789abcdef";
        for (pattern, seen) in [
            (json!({ "a": "<any>" }), json!({ "a": null })),
            (json!({ "...": "<any>", "a": 1 }), json!({ "a": 1, "b": 2 })),
            (json!([2, 1]), json!([1, 2])),
            (json!(["...", 2]), json!([1, 2, 3])),
            (json!(["*", "<0..5>"]), json!([0, 5])),
            (json!("a <text> c<any>"), json!("a b c")),
            (
                json!("{vault}/{name}/<version>"),
                json!(format!("https://v/N/{version}")),
            ),
        ] {
            assert_eq!(differ(pattern, seen), [""; 0]);
        }
        for (pattern, seen, told) in [
            (json!({ "a": 1 }), json!({ "a": 2 }), ".a: 2 is not 1"),
            (json!({ "a": 1 }), json!({ "a": 1, "b": 2 }), ": b is there"),
            (json!({ "a": 1, "...": "<any>" }), json!({}), ": no a"),
            (json!([1]), json!([1, 2]), ": 2 items are not 1"),
            (json!(["...", 3]), json!([1]), ": no item is 3, of [1]"),
            (json!(["*", "<0..5>"]), json!([6]), "[0]: 6 is not \"<0..5>\""),
            (json!("<now>"), json!(5), ": 5 is not \"<now>\""),
            (json!("a <text>"), json!("a "), ": \"a \" is not \"a <text>\""),
            (json!("<version>"), json!("12"), ": \"12\" is not \"<version>\""),
            (json!(null), json!(0), ": 0 is not null"),
        ] {
            assert_eq!(differ(pattern, seen), [told]);
        }
    }
}
