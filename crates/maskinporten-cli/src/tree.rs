//! A configuration by its names and origins, as the libraries compare names.

use std::collections::BTreeMap;

use config::{Config, Value, ValueKind};

/// What is under one name.
pub(crate) type Settings = BTreeMap<String, Value>;

/// As the libraries compare names: without regard to case, `_` and `-`.
pub(crate) fn folded(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, '_' | '-'))
        .flat_map(char::to_lowercase)
        .collect()
}

pub(crate) fn children(value: &Value) -> Settings {
    match &value.kind {
        ValueKind::Table(table) => table
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        _ => Settings::new(),
    }
}

pub(crate) fn in_section(config: &Config, section: &str) -> Option<Settings> {
    let mut here = children(&config.cache);
    for part in section.split('.') {
        let (_, below) = here.iter().find(|(name, _)| folded(name) == folded(part))?;
        here = children(below);
    }
    Some(here)
}

/// Where a value, or the first of what is in it, comes from.
pub(crate) fn origin(value: &Value) -> Option<String> {
    match &value.kind {
        ValueKind::Table(table) => table.values().filter_map(origin).min(),
        ValueKind::Array(array) => array.iter().find_map(origin),
        _ => Some(value.origin().unwrap_or("the environment").to_owned()),
    }
}

/// The secret's name in an origin.
pub(crate) fn secret_of(origin: &str) -> Option<String> {
    let rest = origin.split_once(" secret `")?.1;
    rest.split('`').next().map(str::to_owned)
}

pub(crate) fn text(settings: &Settings, name: &str) -> Option<String> {
    let (_, value) = settings.iter().find(|(known, _)| folded(known) == folded(name))?;
    value.clone().into_string().ok().filter(|text| !text.trim().is_empty())
}

pub(crate) fn is_true(settings: &Settings, name: &str) -> bool {
    let said = text(settings, name).unwrap_or_default();
    matches!(said.trim().to_lowercase().as_str(), "true" | "1" | "yes" | "on")
}

pub(crate) fn is_blank(value: &Value) -> bool {
    match &value.kind {
        ValueKind::Nil => true,
        ValueKind::String(text) => text.trim().is_empty(),
        _ => false,
    }
}
