//! Finding a section, or the one that was meant.

use config::{Config, Value, ValueKind};

use super::spelling;

/// The section that is there and nearest to one that is not.
pub(super) fn nearest(config: &Config, section: &str) -> Option<String> {
    let segments = segments(section);
    // The configuration as a whole is always there.
    let (wanted, above) = segments.split_last()?;
    let beside = children(tables(config, above));
    if beside.iter().any(|(name, _)| spelling::is(name, wanted)) {
        return None;
    }
    let sections = beside
        .into_iter()
        .filter(|(_, value)| matches!(value.kind, ValueKind::Table(_)));
    let near = sections.filter_map(|(name, _)| Some((spelling::slips(wanted, name)?, name)));
    let (_, name) = near.min()?;
    Some([above, std::slice::from_ref(name)].concat().join("."))
}

/// The settings of a section, in every spelling that it has.
pub(super) fn settings<'c>(config: &'c Config, section: &str) -> Vec<(&'c String, &'c Value)> {
    children(tables(config, &segments(section)))
}

/// Several, where one is spelled in several ways.
fn tables<'c>(config: &'c Config, segments: &[String]) -> Vec<&'c Value> {
    segments.iter().fold(vec![&config.cache], |tables, segment| {
        let all = children(tables).into_iter();
        let alike = all.filter(|(name, _)| spelling::is(name, segment));
        alike.map(|(_, value)| value).collect()
    })
}

fn children(tables: Vec<&Value>) -> Vec<(&String, &Value)> {
    let inner = tables.into_iter().filter_map(|value| match &value.kind {
        ValueKind::Table(table) => Some(table),
        _ => None,
    });
    inner.flatten().collect()
}

/// As `config-bind` has them.
fn segments(section: &str) -> Vec<String> {
    let dotted = section.replace("--", ".").replace([':', '['], ".").replace(']', "");
    let segments = dotted.split('.').map(str::trim).filter(|segment| !segment.is_empty());
    segments.map(str::to_owned).collect()
}
