//! Reads seed files. Every complaint names the place and never the value that is there.

use std::path::Path;

use serde_json::{Map, Value};

type Read<T> = Result<T, String>;

/// Reads a seed file; a complaint is one line and names the file.
///
/// # Errors
///
/// When the file cannot be read, and what `parse` says.
pub fn read_file<T>(file: &Path, parse: impl FnOnce(&str) -> Read<T>) -> Read<T> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| format!("the seed {} cannot be read: {error}", file.display()))?;
    parse(&text).map_err(|problem| format!("the seed {}: {problem}", file.display()))
}

/// JSON, after a byte order mark if there is one.
///
/// # Errors
///
/// What is not JSON, by line and column.
pub fn parse_json(text: &str) -> Read<Value> {
    serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
        // What serde says may quote the text.
        format!("line {}, column {} is not JSON", error.line(), error.column())
    })
}

/// Refuses members that nobody knows.
///
/// # Errors
///
/// Anything else, by its place.
pub fn known(members: &Map<String, Value>, at: &str, fields: &[&str]) -> Read<()> {
    match members.keys().find(|key| !fields.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => Err(format!("{at} has no member {key}; it may have {}", fields.join(", "))),
    }
}

/// An object.
///
/// # Errors
///
/// Anything else, by its place.
pub fn object<'a>(value: &'a Value, at: &str) -> Read<&'a Map<String, Value>> {
    value.as_object().ok_or_else(|| format!("{at} must be an object"))
}

/// A list; an empty one where there is none.
///
/// # Errors
///
/// Anything else, by its place.
pub fn list<'a>(value: Option<&'a Value>, at: &str) -> Read<&'a [Value]> {
    match value {
        None => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(format!("{at} must be a list")),
    }
}

/// A text.
///
/// # Errors
///
/// Anything else, by its place.
pub fn text_at(value: &Value, at: &str) -> Read<String> {
    value
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| format!("{at} must be a text"))
}

/// True or false.
///
/// # Errors
///
/// Anything else, by its place.
pub fn bool_at(value: &Value, at: &str) -> Read<bool> {
    value.as_bool().ok_or_else(|| format!("{at} must be true or false"))
}

/// A whole number.
///
/// # Errors
///
/// Anything else, by its place.
pub fn whole_at(value: &Value, at: &str) -> Read<i64> {
    value.as_i64().ok_or_else(|| format!("{at} must be a whole number"))
}
