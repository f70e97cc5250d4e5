//! Reads seed files: what an emulator's program is told at its start, in JSON.
//!
//! Every complaint is one line that names the place (`clients[0].scopes`) and never the value that is there: a seed holds
//! secrets.
//!
//! ```
//! use emulator_kit::seed::{known, object, parse_json, text_at};
//!
//! fn greeting(text: &str) -> Result<String, String> {
//!     let value = parse_json(text)?;
//!     let members = object(&value, "the seed")?;
//!     known(members, "the seed", &["greeting"])?;
//!     members.get("greeting").map_or(Ok("hello".to_owned()), |value| text_at(value, "greeting"))
//! }
//!
//! assert_eq!(greeting(r#"{ "greeting": "hei" }"#).unwrap(), "hei");
//! assert_eq!(greeting(r#"{ "greeting": 7 }"#).unwrap_err(), "greeting must be a text");
//! assert_eq!(greeting(r#"{ "greting": "hei" }"#).unwrap_err(), "the seed has no member greting; it may have greeting");
//! ```

use serde_json::{Map, Value};

type Read<T> = Result<T, String>;

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
