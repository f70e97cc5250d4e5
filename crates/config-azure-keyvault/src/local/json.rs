//! JSON as .NET reads it, down to its leaves.

use std::collections::HashMap;

use config::ValueKind;
use jsonc_parser::ast;
use jsonc_parser::common::Ranged as _;
use jsonc_parser::errors::ParseErrorKind;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::depth::check_nesting;
use super::{Leaf, place_of};
use crate::mapping::{MOST_LEVELS, TooDeep};

/// The most that the paths of all values may take, in bytes: each value has its own, and a long name may stand over many.
const MOST_OF_PATHS: usize = 16 * 1024 * 1024;

/// Every value of the document, or what is wrong with it, in words without values.
pub(super) fn parse(text: &str) -> Result<Vec<Leaf>, String> {
    // A BOM is no character of the document, but the scanner counts it into the first line's columns.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let options = ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    // The parser and what walks its tree go down by recursion.
    let unclosed = check_nesting(text)?;
    let parsed = parse_to_ast(text, &CollectOptions::default(), &options).map_err(|error| {
        if let (ParseErrorKind::UnterminatedObject | ParseErrorKind::UnterminatedArray, Some(at)) =
            (error.kind(), unclosed)
        {
            return format!("{}: what is opened here is not closed", place_of(text, at));
        }
        // Only the kind is shown: what stands at that place may be a secret.
        format!(
            "line {}, column {}: {}",
            error.line_display(),
            error.column_display(),
            without_quotes(&error.kind().to_string())
        )
    })?;
    let root = match parsed.value {
        Some(ast::Value::Object(root)) => root,
        Some(other) => {
            let place = place_of(text, other.range().start);
            return Err(format!("{place}: the document is no JSON object"));
        }
        None => return Err(format!("{}: the document is empty", place_of(text, 0))),
    };
    let mut found = Leaves {
        text,
        leaves: Vec::new(),
        seen: HashMap::new(),
        taken: 0,
    };
    found.object(&root, &mut Vec::new())?;
    Ok(found.leaves)
}

/// An error's words without anything it quotes from the document.
fn without_quotes(text: &str) -> String {
    text.split(['\'', '"', '`'])
        .step_by(2)
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" … ")
}

struct Leaves<'t> {
    text: &'t str,
    leaves: Vec<Leaf>,
    /// Folded path → where it first stands, in bytes. A place is counted only to be told: for each leaf it would take the square of
    /// the document's length.
    seen: HashMap<Vec<String>, usize>,
    /// Bytes of their paths so far.
    taken: usize,
}

impl Leaves<'_> {
    fn object(&mut self, object: &ast::Object<'_>, path: &mut Vec<String>) -> Result<(), String> {
        if object.properties.is_empty() && !path.is_empty() {
            return self.leaf(path, ValueKind::Table(Default::default()), object.range.start);
        }
        for property in &object.properties {
            let depth = path.len();
            path.extend(segments(property.name.as_str()));
            self.bounded(path, property.range.start)?;
            self.value(&property.value, path, property.range.start)?;
            path.truncate(depth);
        }
        Ok(())
    }

    fn value(&mut self, value: &ast::Value<'_>, path: &mut Vec<String>, at: usize) -> Result<(), String> {
        let kind = match value {
            ast::Value::Object(object) => return self.object(object, path),
            ast::Value::Array(array) if !array.elements.is_empty() => {
                for (n, element) in array.elements.iter().enumerate() {
                    path.push(n.to_string());
                    self.bounded(path, at)?;
                    self.value(element, path, at)?;
                    path.pop();
                }
                return Ok(());
            }
            ast::Value::Array(_) => ValueKind::Array(Vec::new()),
            ast::Value::StringLit(text) => ValueKind::String(text.value.to_string()),
            ast::Value::NumberLit(number) => number_kind(number.value),
            ast::Value::BooleanLit(boolean) => ValueKind::Boolean(boolean.value),
            ast::Value::NullKeyword(_) => ValueKind::Nil,
        };
        self.leaf(path, kind, at)
    }

    fn bounded(&self, path: &[String], at: usize) -> Result<(), String> {
        if path.len() > MOST_LEVELS {
            let too_deep = TooDeep::new(&path.join("--"));
            return Err(format!("{}: {too_deep}", place_of(self.text, at)));
        }
        Ok(())
    }

    fn leaf(&mut self, path: &[String], value: ValueKind, at: usize) -> Result<(), String> {
        self.taken += path
            .iter()
            .map(|segment| segment.len() + size_of::<String>())
            .sum::<usize>();
        if self.taken > MOST_OF_PATHS {
            return Err(format!(
                "{}: the names up to here, counted for each value under them, are longer than {} MiB",
                place_of(self.text, at),
                MOST_OF_PATHS >> 20
            ));
        }
        let folded = path.iter().map(|segment| segment.to_ascii_lowercase()).collect();
        if let Some(first) = self.seen.insert(folded, at) {
            let (first, second) = (place_of(self.text, first), place_of(self.text, at));
            return Err(format!(
                "`{}` stands there twice, at {first} and {second}",
                path.join("--")
            ));
        }
        self.leaves.push(Leaf {
            path: path.to_vec(),
            value,
        });
        Ok(())
    }
}

/// A property's name in either flat spelling. Empty segments are kept: the mapper reports them.
fn segments(name: &str) -> Vec<String> {
    name.split(':')
        .flat_map(|part| part.split("--"))
        .map(str::to_owned)
        .collect()
}

fn number_kind(text: &str) -> ValueKind {
    if let Ok(number) = text.parse::<i64>() {
        return ValueKind::I64(number);
    }
    if let Ok(number) = text.parse::<u64>() {
        return ValueKind::U64(number);
    }
    text.parse::<f64>()
        .ok()
        .filter(|number| number.is_finite())
        .map_or_else(|| ValueKind::String(text.to_owned()), ValueKind::Float)
}
