//! The rules as tables, and a model that shares no code with what it checks.

mod arrays;
mod clashes;
mod ignore_case;
mod model;
mod names;
mod properties;
mod spelling;

use config::{File, FileFormat, Source, Value, ValueKind};
use serde_json::Value as Json;

use super::{Dropped, Entry, Placed, split_name};

/// A tree as an earlier file gives it; every value's origin is `file`.
fn tree(json: &Json) -> Value {
    let origin = Some(&"file".to_owned());
    match json {
        Json::Null => Value::new(origin, ValueKind::Nil),
        Json::Bool(value) => Value::new(origin, *value),
        Json::Number(number) => Value::new(origin, number.as_i64().expect("small numbers only")),
        Json::String(text) => Value::new(origin, text.as_str()),
        Json::Array(elements) => Value::new(origin, elements.iter().map(tree).collect::<Vec<_>>()),
        Json::Object(members) => Value::new(
            origin,
            ValueKind::Table(
                members
                    .iter()
                    .map(|(name, value)| (name.clone(), tree(value)))
                    .collect(),
            ),
        ),
    }
}

fn json(value: &Value) -> Json {
    match &value.kind {
        ValueKind::Nil => Json::Null,
        ValueKind::Boolean(value) => (*value).into(),
        ValueKind::I64(value) => (*value).into(),
        ValueKind::U64(value) => (*value).into(),
        ValueKind::Float(value) => (*value).into(),
        ValueKind::String(text) => text.as_str().into(),
        ValueKind::Array(elements) => elements.iter().map(json).collect(),
        ValueKind::Table(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), json(value)))
            .collect(),
        ValueKind::I128(_) | ValueKind::U128(_) => unreachable!("no test uses them"),
    }
}

fn secret(name: &str, value: impl Into<ValueKind>, updated: Option<i64>) -> Entry {
    Entry {
        name: name.to_owned(),
        path: split_name(name).unwrap_or_default(),
        value: value.into(),
        origin: format!("vault `{name}`"),
        updated,
    }
}

/// As the mapper does it; nothing here is too deep.
fn overlay(cache: &mut Value, entries: Vec<Entry>) -> Placed {
    super::overlay(cache, entries).expect("not too deep")
}

fn reason(dropped: &Dropped) -> &'static str {
    match dropped {
        Dropped::EmptySegment => "empty segment",
        Dropped::Shadowed { newer: true, .. } => "shadowed by a newer one",
        Dropped::Shadowed { newer: false, .. } => "shadowed by an earlier one",
        Dropped::SectionAtSamePath { .. } => "section beside",
        Dropped::SectionInEarlierSource { .. } => "section before",
        Dropped::NotAnIndexOverArray { .. } => "no index",
    }
}

/// One row: over `earlier` come secrets, each with its own name as value, listed and updated in this order.
#[track_caller]
fn row(earlier: Json, secrets: &[&str], expected: Json, left_out: &[(&str, &str)]) -> Placed {
    let mut cache = tree(&earlier);
    let entries = secrets
        .iter()
        .zip(1..)
        .map(|(name, updated)| secret(name, *name, Some(updated)))
        .collect();
    let placed = overlay(&mut cache, entries);
    assert_eq!(json(&cache), expected, "{earlier} with {secrets:?}");

    let dropped: Vec<_> = placed
        .dropped
        .iter()
        .map(|(index, dropped)| (secrets[*index], reason(dropped)))
        .collect();
    assert_eq!(dropped, left_out, "{earlier} with {secrets:?}");
    assert_eq!(placed.loaded.len() + placed.dropped.len(), secrets.len());
    placed
}

fn keys(placed: &Placed) -> Vec<&str> {
    placed.loaded.iter().map(|(_, key)| key.as_str()).collect()
}

fn replaced(placed: &Placed) -> Vec<&str> {
    placed.replaced.iter().map(|replaced| replaced.key.as_str()).collect()
}

/// What `config` itself reads of a file.
fn file(text: &str) -> impl Source + Send + Sync + Clone + use<> {
    File::from_str(text, FileFormat::Json)
}
