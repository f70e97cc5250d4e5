//! The file that stands in for the vault in Development: JSON as .NET reads it, with comments, trailing commas and a BOM.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use config::ValueKind;
use jsonc_parser::ast;
use jsonc_parser::common::Ranged as _;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use crate::error::{Error, ErrorKind, Stage};
use crate::variables::Variables;

/// The file that is read if it is there and nothing else was asked for.
const DEFAULT: &str = "secrets.json";

/// Which file stands in for the vault.
#[derive(Debug, Clone, Default)]
pub(crate) enum LocalFile {
    /// `secrets.json` in the working directory, if it is there.
    #[default]
    Default,
    /// A file that must be there.
    Path(PathBuf),
    /// The store of `dotnet user-secrets` for this id, if it is there: it appears with the first secret that is set.
    UserSecrets(String),
}

/// A value of a JSON file and where it stands.
#[derive(Clone)]
pub(crate) struct Leaf {
    /// The segments, nested objects and both flat spellings alike.
    pub(crate) path: Vec<String>,
    pub(crate) value: ValueKind,
}

/// What the local file holds.
pub(crate) struct Local {
    pub(crate) path: PathBuf,
    /// `None` where the file is not there and need not be.
    pub(crate) leaves: Option<Vec<Leaf>>,
}

/// Reads the local file.
pub(crate) fn read(file: &LocalFile, directory: &Path, variables: &Variables) -> Result<Local, Error> {
    let path = match file {
        LocalFile::Default => directory.join(DEFAULT),
        LocalFile::Path(path) => directory.join(path),
        LocalFile::UserSecrets(id) => user_secrets(id, variables)?,
    };
    let leaves = leaves(&path).map_err(|cause| {
        let remedy = match cause {
            Unusable::Unreadable(_) => "let a file stand there that this process may read",
            Unusable::Malformed(_) => "mend the file; it is JSON, with comments and trailing commas allowed",
        };
        Error::new(
            ErrorKind::LocalFile,
            Stage::LocalFile,
            format!("{}: {cause}", path.display()),
        )
        .with_remedy(remedy)
    })?;
    if leaves.is_none() && matches!(file, LocalFile::Path(_)) {
        return Err(Error::new(
            ErrorKind::LocalFile,
            Stage::LocalFile,
            format!("{} is not there", path.display()),
        )
        .with_remedy(
            "create the file, or do not name one: `secrets.json` in the working directory is read if it is there",
        ));
    }
    Ok(Local { path, leaves })
}

/// Why a file is of no use, in words without values.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unusable {
    #[error("cannot be read: {0}")]
    Unreadable(io::Error),
    #[error("{0}")]
    Malformed(String),
}

/// Every value of a JSON file, or `None` where there is no such file.
pub(crate) fn leaves(path: &Path) -> Result<Option<Vec<Leaf>>, Unusable> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(Unusable::Unreadable(error)),
    };
    let text = std::str::from_utf8(&bytes)
        .map_err(|error| Unusable::Malformed(format!("is not UTF-8 (at byte {})", error.valid_up_to())))?;
    parse(text).map(Some).map_err(Unusable::Malformed)
}

fn parse(text: &str) -> Result<Vec<Leaf>, String> {
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
    let parsed = parse_to_ast(text, &CollectOptions::default(), &options).map_err(|error| {
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
            let line = line_of(text, other.range().start);
            return Err(format!("line {line}: the document is no JSON object"));
        }
        None => return Err("the document is empty".to_owned()),
    };
    let mut found = Leaves {
        text,
        leaves: Vec::new(),
        seen: HashMap::new(),
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
    /// Folded path → the line it first stands at.
    seen: HashMap<Vec<String>, usize>,
}

impl Leaves<'_> {
    fn object(&mut self, object: &ast::Object<'_>, path: &mut Vec<String>) -> Result<(), String> {
        if object.properties.is_empty() && !path.is_empty() {
            return self.leaf(path, ValueKind::Table(Default::default()), object.range.start);
        }
        for property in &object.properties {
            let depth = path.len();
            path.extend(segments(property.name.as_str()));
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

    fn leaf(&mut self, path: &[String], value: ValueKind, at: usize) -> Result<(), String> {
        let line = line_of(self.text, at);
        let folded = path.iter().map(|segment| segment.to_ascii_lowercase()).collect();
        if let Some(first) = self.seen.insert(folded, line) {
            return Err(format!(
                "`{}` stands there twice, at line {first} and line {line}",
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

fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|&byte| byte == b'\n').count()
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

/// Where `dotnet user-secrets` keeps the secrets of an id (Microsoft.Extensions.Configuration.UserSecrets, PathHelper).
fn user_secrets(id: &str, variables: &Variables) -> Result<PathBuf, Error> {
    let error = |cause: &str, remedy: &str| {
        Error::new(ErrorKind::LocalFile, Stage::LocalFile, format!("user secrets: {cause}")).with_remedy(remedy)
    };
    if id.trim().is_empty() || id == "." || id == ".." || id.contains(['/', '\\', ':', '\0']) {
        return Err(error("the id is no file name", "give the project's UserSecretsId"));
    }
    let set = |name: &str| {
        variables
            .get_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let root = set("APPDATA")
        .map(|data| data.join("Microsoft").join("UserSecrets"))
        .or_else(|| {
            set("HOME")
                .or_else(|| set("DOTNET_USER_SECRETS_FALLBACK_DIR"))
                .map(|root| root.join(".microsoft").join("usersecrets"))
        })
        .ok_or_else(|| {
            error(
                "neither APPDATA nor HOME nor DOTNET_USER_SECRETS_FALLBACK_DIR is set",
                "set one of them, or name the file with `local_file`",
            )
        })?;
    Ok(root.join(id).join(DEFAULT))
}
