//! Finding a section, or the one that was meant.

use config::{Config, Value, ValueKind};

use super::spelling;

/// The section that is there and nearest to one that is not.
pub(super) fn nearest(config: &Config, section: &str) -> Option<String> {
    let segments: Vec<&str> = section.split(['.', ':']).collect();
    let (wanted, above) = segments.split_last()?;
    let mut tables = vec![&config.cache];
    for segment in above {
        tables = tables
            .into_iter()
            .flat_map(children)
            .filter(|(name, _)| spelling::is(name, segment))
            .map(|(_, value)| value)
            .collect();
    }
    let all: Vec<&String> = tables
        .into_iter()
        .flat_map(children)
        .filter(|(_, value)| matches!(value.kind, ValueKind::Table(_)))
        .map(|(name, _)| name)
        .collect();
    if all.iter().any(|name| spelling::is(name, wanted)) {
        return None;
    }
    let near = all
        .into_iter()
        .filter_map(|name| Some((spelling::slips(wanted, name)?, name)));
    let (_, name) = near.min_by_key(|(slips, name)| (*slips, name.as_str()))?;
    Some(
        above
            .iter()
            .copied()
            .chain([name.as_str()])
            .collect::<Vec<_>>()
            .join("."),
    )
}

/// The settings of a section, in every spelling that it has.
pub(super) fn settings<'c>(config: &'c Config, section: &str) -> Vec<(&'c String, &'c Value)> {
    let inner = |tables: Vec<&'c Value>, segment: &str| -> Vec<&'c Value> {
        let all = tables.into_iter().flat_map(children);
        all.filter(|(name, _)| spelling::is(name, segment))
            .map(|(_, value)| value)
            .collect()
    };
    let tables = section.split(['.', ':']).fold(vec![&config.cache], inner);
    tables.into_iter().flat_map(children).collect()
}

fn children(value: &Value) -> Vec<(&String, &Value)> {
    match &value.kind {
        ValueKind::Table(table) => table.iter().collect(),
        _ => Vec::new(),
    }
}
