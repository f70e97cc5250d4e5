//! What the origin of a value says, written and read in one place.
//!
//! Origins are all that `config` carries from a source to whoever reads the configuration, so how a source names its secrets is told
//! there: with each value that it loaded and, since it may have loaded none, with the root of the tree. A sync builder keeps
//! the values' and drops the root's.

use config::{Value, ValueKind};

use crate::names::is_secret_name;
use crate::report::LoadedFrom;

/// Which secrets a source loads, as far as the name of one more can be told from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Naming {
    /// All of the vault.
    Whole,
    /// Those whose name begins with this, which ends with a hyphen.
    Prefix(String),
    /// The code picks them: by name, by a filter, by a mapper of its own.
    Picked,
    /// None: a local file stands in for the vault.
    Local {
        file: String,
        /// Whether it was there.
        is_there: bool,
    },
}

/// Between the vault and the secret's name.
const SECRET: &str = " secret `";

/// Between the secret's name and its version.
const VERSION: &str = " version ";

/// In front of the vault, at the root.
const ROOT: &str = "Azure Key Vault ";

// Behind the origin; nothing where all of the vault is loaded.
const PREFIX: &str = ", prefix `";
const REFERENCED: &str = ", by reference";
const PICKED: &str = ", hand-picked";
const LOCAL: &str = ", in place of the vault";
const MISSING: &str = ", which is not there";

impl Naming {
    /// By a prefix as the code gives it: the `--` between it and the rest belongs to neither.
    pub(crate) fn by_prefix(prefix: &str) -> Self {
        if !is_secret_name(prefix) {
            // No secret's name begins so.
            return Self::Picked;
        }
        let hyphens = if prefix.ends_with('-') { "" } else { "--" };
        Self::Prefix(format!("{prefix}{hyphens}"))
    }

    /// The origin of a value that a secret gave.
    pub(crate) fn of_secret(&self, vault: &str, name: &str, version: Option<&str>) -> String {
        let version = version.map(|version| format!("{VERSION}{version}")).unwrap_or_default();
        format!("{vault}{SECRET}{name}`{version}{}", self.way())
    }

    /// The origin of a value that the local file gave.
    pub(crate) fn of_local_file(path: &str) -> String {
        format!("{path}{LOCAL}")
    }

    /// Tells at the root that such a source took part.
    pub(crate) fn mark(self, root: &mut Value, from: &LoadedFrom) {
        let naming = match root.origin().and_then(Self::read) {
            Some(earlier) => earlier.and(self),
            None => self,
        };
        let place = match (from, &naming) {
            (LoadedFrom::Vault { url, .. }, _) => url,
            (_, Self::Local { file, .. }) => file,
            (LoadedFrom::LocalFile(path), _) => path,
            (LoadedFrom::Nothing | LoadedFrom::References | LoadedFrom::Vaults(_), _) => "nothing",
        };
        let origin = format!("{ROOT}{place}{}", naming.way());
        *root = Value::new(Some(&origin), std::mem::take(&mut root.kind));
    }

    /// What the origins of a configuration tell; `None` where no source of this crate took part.
    pub(crate) fn told_in(root: &Value) -> Option<Self> {
        below(root)
            .filter_map(|value| Self::read(value.origin()?))
            .reduce(Self::and)
    }

    /// What holds for both of two sources: where they differ, nobody knows which of them another secret is for.
    fn and(self, other: Self) -> Self {
        match (&self, &other) {
            // A value tells of the file as it was named, the root where that is.
            (Self::Local { .. }, Self::Local { .. }) => self,
            _ if self == other => self,
            _ => Self::Picked,
        }
    }

    fn way(&self) -> String {
        match self {
            Self::Whole => String::new(),
            Self::Prefix(prefix) => format!("{PREFIX}{prefix}`"),
            Self::Picked => PICKED.to_owned(),
            Self::Local { is_there, .. } => {
                let missing = if *is_there { "" } else { MISSING };
                format!("{missing}{LOCAL}")
            }
        }
    }

    fn read(origin: &str) -> Option<Self> {
        if let Some(place) = origin.strip_suffix(LOCAL) {
            let file = place.strip_prefix(ROOT).unwrap_or(place);
            let missing = file.strip_suffix(MISSING);
            return Some(Self::Local {
                file: missing.unwrap_or(file).to_owned(),
                is_there: missing.is_none(),
            });
        }
        if origin.ends_with(REFERENCED) {
            // It tells of the one secret that the reference names.
            return None;
        }
        if !origin.starts_with(ROOT) {
            secret_of(origin)?;
        }
        if origin.ends_with(PICKED) {
            return Some(Self::Picked);
        }
        let prefix = origin.strip_suffix('`').and_then(|origin| origin.rsplit_once(PREFIX));
        Some(prefix.map_or(Self::Whole, |(_, prefix)| Self::Prefix(prefix.to_owned())))
    }
}

/// The origin of a value that a reference named.
pub(crate) fn of_reference(vault: &str, name: &str, version: Option<&str>) -> String {
    format!("{}{REFERENCED}", Naming::Whole.of_secret(vault, name, version))
}

/// The first by name of the secrets that gave something of this value.
pub(crate) fn secret_below(value: &Value) -> Option<&str> {
    below(value).filter_map(|value| secret_of(value.origin()?)).min()
}

/// The secret that gave a value, and its version if the vault told it.
pub(crate) fn secret_of_value(value: &Value) -> Option<(&str, Option<&str>)> {
    let origin = value.origin()?;
    let name = secret_of(origin)?;
    let behind = origin.split_once(SECRET)?.1.get(name.len() + 1..)?;
    let version = behind.strip_prefix(VERSION);
    Some((name, version.map(|rest| rest.split(',').next().unwrap_or(rest))))
}

/// The secret's name, if the value came from a vault.
fn secret_of(origin: &str) -> Option<&str> {
    let (vault, rest) = origin.split_once(SECRET)?;
    vault.starts_with("https://").then(|| rest.split('`').next())?
}

/// A value and all that is in it.
fn below(value: &Value) -> impl Iterator<Item = &Value> {
    let mut open = vec![value];
    std::iter::from_fn(move || {
        let next = open.pop()?;
        match &next.kind {
            ValueKind::Table(table) => open.extend(table.values()),
            ValueKind::Array(array) => open.extend(array),
            _ => {}
        }
        Some(next)
    })
}
