//! `{name}` and its like, in a row.

use serde_json::{Map, Value};

/// The template with what is known. What is not known yet stays as it is: it may be later.
pub(super) fn fill(template: &Value, known: &Map<String, Value>) -> Value {
    match template {
        Value::String(text) => fill_text(text, known),
        Value::Array(items) => items.iter().map(|item| fill(item, known)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(member, value)| (text_of(&fill_text(member, known)), fill(value, known)))
            .collect(),
        other => other.clone(),
    }
}

/// Alone in its text, a placeholder stands for any JSON.
fn fill_text(text: &str, known: &Map<String, Value>) -> Value {
    let alone = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    if let Some(value) = alone.and_then(|name| known.get(name)) {
        return value.clone();
    }
    if let Some(repeated) = alone.and_then(repeated) {
        return Value::String(repeated);
    }
    let filled = known.iter().fold(text.to_owned(), |text, (name, value)| {
        text.replace(&format!("{{{name}}}"), &text_of(value))
    });
    Value::String(filled)
}

/// `v*3` is `vvv`.
fn repeated(name: &str) -> Option<String> {
    let (text, times) = name.split_once('*')?;
    Some(text.repeat(times.parse().ok()?))
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
