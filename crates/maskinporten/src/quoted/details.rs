//! What details of other kinds than Altinn's hold (`authorization_details`, RFC 9396): anybody may be named in them.

use serde_json::Value;

use super::pieces::PIECE;

/// They hold numbers and references, which say what a refusal is about.
const PUBLIC: [&str; 2] = ["urn:altinn:systemuser", "urn:altinn:consent"];

/// Texts that are not to be shown as a whole. Shorter ones may be any word's, and so may a piece of one.
pub(super) fn private(details: &Value) -> Vec<String> {
    let mut left: Vec<&Value> = match details {
        Value::Array(all) => all.iter().filter_map(Value::as_object).flat_map(values).collect(),
        Value::Object(one) => values(one).collect(),
        _ => Vec::new(),
    };
    let mut texts = Vec::new();
    while let Some(json) = left.pop() {
        match json {
            Value::Array(items) => left.extend(items),
            Value::Object(fields) => left.extend(fields.values()),
            Value::String(text) if text.trim().chars().count() >= PIECE => texts.push(text.trim().to_owned()),
            _ => {}
        }
    }
    texts
}

fn values(detail: &serde_json::Map<String, Value>) -> impl Iterator<Item = &Value> {
    let kind = detail.get("type").and_then(Value::as_str);
    let fields = detail
        .iter()
        .filter(move |_| kind.is_none_or(|kind| !PUBLIC.contains(&kind)));
    fields.filter(|(name, _)| *name != "type").map(|(_, value)| value)
}
