//! The file that stands in for the vault in Development: JSON as .NET reads it, with comments, trailing commas and a BOM.

mod depth;
#[cfg(test)]
pub(crate) mod fuzz;
mod json;

use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Stage};
use crate::variables::Variables;
use config::ValueKind;

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

impl Local {
    /// Where the file is looked for, from wherever one looks.
    pub(crate) fn place(&self) -> String {
        let absolute = std::path::absolute(&self.path);
        absolute.as_ref().unwrap_or(&self.path).display().to_string()
    }
}

/// Where the local file is.
pub(crate) fn path(file: &LocalFile, directory: &Path, variables: &Variables) -> Result<PathBuf, Error> {
    match file {
        LocalFile::Default => Ok(directory.join(DEFAULT)),
        LocalFile::Path(path) => Ok(directory.join(path)),
        LocalFile::UserSecrets(id) => user_secrets(id, variables),
    }
}

/// Reads the local file.
pub(crate) fn read(file: &LocalFile, directory: &Path, variables: &Variables) -> Result<Local, Error> {
    let path = path(file, directory, variables)?;
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
    leaves_of(&bytes).map(Some)
}

fn leaves_of(bytes: &[u8]) -> Result<Vec<Leaf>, Unusable> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        Unusable::Malformed(format!("{}: not UTF-8", place_of(&valid, valid.len())))
    })?;
    json::parse(text).map_err(Unusable::Malformed)
}

/// Line and column of a place in a text, in bytes; a column is a character, and a BOM is none.
fn place_of(text: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or(text);
    let line = 1 + before.matches('\n').count();
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let column = 1 + before[start..].trim_start_matches('\u{feff}').chars().count();
    format!("line {line}, column {column}")
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
