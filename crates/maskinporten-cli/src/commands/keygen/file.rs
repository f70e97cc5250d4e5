//! A file that only its owner reads: there whole or not at all, and never open to others, for no instant.

use std::io::{ErrorKind, Write as _};
use std::path::Path;

use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use serde_json::{Map, Value};
use tempfile::NamedTempFile;

use crate::failure::Failure;

/// Writes secrets as `secrets.json` has them. It is made beside its place under another name, with mode 0600 from the start, and takes
/// its name once it is on the disk; what Ctrl-C leaves of it is removed.
pub(super) fn write(path: &Path, secrets: &[(&str, &str)], replace: bool) -> Result<(), Failure> {
    let unwritten = |error: &std::io::Error| Failure::failed(format!("{} cannot be written: {error}", path.display()));
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // As people write it: one to a line, in this order.
    let text = |text: &str| serde_json::to_string(text).map(Zeroizing::new);
    let mut json = Zeroizing::new(String::from("{"));
    for (n, (name, value)) in secrets.iter().enumerate() {
        let (name, value) = text(name)
            .and_then(|name| Ok((name, text(value)?)))
            .map_err(|_| Failure::failed("the key cannot be written as JSON"))?;
        json.push_str(if n == 0 { "\n  " } else { ",\n  " });
        json.push_str(&name);
        json.push_str(": ");
        json.push_str(&value);
    }
    json.push_str("\n}\n");
    let mut file = NamedTempFile::with_prefix_in(".maskinporten-", folder).map_err(|error| unwritten(&error))?;
    let written = file.write_all(json.as_bytes()).and_then(|()| file.as_file().sync_all());
    written.map_err(|error| unwritten(&error))?;
    let named = match replace {
        true => file.persist(path),
        // Not even one that appeared just now is replaced.
        false => file.persist_noclobber(path),
    };
    match named {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Err(Failure::failed(format!(
            "{} is there already; --force replaces it, with all that is in it",
            path.display()
        ))),
        Err(error) => Err(unwritten(&error.error)),
    }
}

/// One secret of such a file.
pub(super) fn read(path: &Path, name: &str) -> Result<Option<SecretString>, Failure> {
    let text = std::fs::read_to_string(path).map(Zeroizing::new);
    let text = text.map_err(|error| Failure::failed(format!("{} cannot be read: {error}", path.display())))?;
    let secrets: Map<String, Value> = serde_json::from_str(&text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Failure::failed(format!(
            "{} is no JSON object: line {line}, column {column}",
            path.display()
        ))
    })?;
    let found = secrets.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    Ok(found.and_then(|(_, value)| match value {
        Value::String(text) => Some(text.into()),
        _ => None,
    }))
}
