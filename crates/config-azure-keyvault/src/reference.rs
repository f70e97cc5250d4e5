//! Key Vault references: `@Microsoft.KeyVault(…)` in the place of a value, as App Service and Azure Functions write them.
//!
//! A reference names one secret on purpose, so one that cannot be read or resolved is an error that names its key.

use std::collections::HashMap;

use config::{Value, ValueKind};
use url::Url;

use crate::address::origin;
use crate::cloud::Cloud;
use crate::error::{Error, ErrorKind, Stage};
use crate::mapping::{element, member};
use crate::names::{is_secret_name, is_vault_name};
use crate::origin::secret_of_value;

const BEGINNING: &str = "@Microsoft.KeyVault";

/// The secret that a reference names.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Reference {
    /// The vault's origin.
    pub(crate) vault: Url,
    pub(crate) name: String,
    /// The newest where none is named.
    pub(crate) version: Option<String>,
}

/// A value that is a reference.
#[derive(Debug)]
pub(crate) struct Found {
    /// As `Section.Key`.
    pub(crate) key: String,
    pub(crate) reference: Reference,
}

/// Every reference in the tree, in the order of the keys. A vault that is given by its name alone has this suffix.
pub(crate) fn found_in(tree: &Value, suffix: &str) -> Result<Vec<Found>, Error> {
    let mut found = Vec::new();
    let mut bad = Vec::new();
    each(tree, String::new(), &mut |key, text| match read(text, suffix) {
        None => {}
        Some(Ok(reference)) => found.push(Found { key, reference }),
        Some(Err(cause)) => bad.push(format!("`{key}`: {cause}")),
    });
    match bad.as_slice() {
        [] => Ok(found),
        [one] => Err(unreadable(&format!("the Key Vault reference at {one}"))),
        [one, ..] => Err(unreadable(&format!(
            "{} Key Vault references, the first at {one}",
            bad.len()
        ))),
    }
}

fn unreadable(what: &str) -> Error {
    Error::new(ErrorKind::InvalidSetting, Stage::Settings, what).with_remedy(
        "write it as `@Microsoft.KeyVault(SecretUri=https://NAME.vault.azure.net/secrets/SECRET)` or \
         `@Microsoft.KeyVault(VaultName=NAME;SecretName=SECRET)`",
    )
}

fn each(value: &Value, key: String, see: &mut impl FnMut(String, &str)) {
    match &value.kind {
        // What a secret holds is no reference, whichever handle has loaded it.
        ValueKind::String(_) if secret_of_value(value).is_some() => {}
        ValueKind::String(text) => see(key, text),
        ValueKind::Table(table) => {
            let mut members: Vec<_> = table.iter().collect();
            members.sort_unstable_by_key(|&(name, _)| name);
            for (name, value) in members {
                each(value, member(&key, name), see);
            }
        }
        ValueKind::Array(array) => {
            for (n, value) in array.iter().enumerate() {
                each(value, element(&key, n), see);
            }
        }
        _ => {}
    }
}

/// Puts what the references name in their places. Each resolved value is put there as it is: what looks like a reference in it is none.
pub(crate) fn put(tree: &mut Value, suffix: &str, resolved: &HashMap<Reference, Value>) {
    let is_secret = secret_of_value(tree).is_some();
    match &mut tree.kind {
        ValueKind::String(_) if is_secret => {}
        ValueKind::String(text) => {
            if let Some(Ok(reference)) = read(text, suffix)
                && let Some(value) = resolved.get(&reference)
            {
                *tree = value.clone();
            }
        }
        ValueKind::Table(table) => table.values_mut().for_each(|value| put(value, suffix, resolved)),
        ValueKind::Array(array) => array.iter_mut().for_each(|value| put(value, suffix, resolved)),
        _ => {}
    }
}

/// Is it a reference, be it one that cannot be read?
pub(crate) fn is_reference(text: &str) -> bool {
    inside(text).is_some()
}

/// The error of a setting that is needed to get at any secret, and is the name of one.
pub(crate) fn unusable(place: &str) -> Error {
    let cause = format!("{place} is a Key Vault reference, and without its value no vault can be asked");
    Error::new(ErrorKind::InvalidSetting, Stage::Settings, cause)
        .with_remedy("give the value itself, or sign in with a managed identity, which needs none")
}

/// What a text refers to; `None` where it is no reference, and in words what is wrong with one.
fn read(text: &str, suffix: &str) -> Option<Result<Reference, String>> {
    let inside = inside(text)?;
    let members = inside.strip_prefix('(').and_then(|inside| inside.strip_suffix(')'));
    Some(match members {
        Some(inside) => of_members(inside, suffix),
        None => Err("it has no parentheses around its members".to_owned()),
    })
}

/// What follows the beginning of a reference, the parentheses included.
fn inside(text: &str) -> Option<&str> {
    let text = text.trim();
    let begins = text.get(..BEGINNING.len())?;
    if !begins.eq_ignore_ascii_case(BEGINNING) {
        return None;
    }
    let behind = &text[BEGINNING.len()..];
    let is_longer_word = behind.starts_with(|c: char| c.is_alphanumeric());
    (!is_longer_word).then(|| behind.trim_start())
}

#[derive(Default)]
struct Members<'t> {
    uri: Option<&'t str>,
    vault: Option<&'t str>,
    name: Option<&'t str>,
    version: Option<&'t str>,
}

fn of_members(inside: &str, suffix: &str) -> Result<Reference, String> {
    let mut members = Members::default();
    for part in inside.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        let Some((name, value)) = part.split_once('=') else {
            return Err("a member of it has no `=`".to_owned());
        };
        let (slot, called) = match name.trim().to_ascii_lowercase().as_str() {
            "secreturi" => (&mut members.uri, "SecretUri"),
            "vaultname" => (&mut members.vault, "VaultName"),
            "secretname" => (&mut members.name, "SecretName"),
            "secretversion" => (&mut members.version, "SecretVersion"),
            _ => {
                return Err("a member of it is none of SecretUri, VaultName, SecretName and SecretVersion".to_owned());
            }
        };
        if slot.replace(value.trim()).is_some() {
            return Err(format!("{called} stands in it twice"));
        }
    }
    // Azure writes an empty version for the newest.
    let version = members.version.filter(|version| !version.is_empty());
    match members {
        Members {
            uri: Some(_),
            vault: None,
            name: None,
            version: Some(_),
        } => Err("SecretVersion belongs to VaultName and SecretName; with SecretUri it is the URI's end".to_owned()),
        Members {
            uri: Some(uri),
            vault: None,
            name: None,
            version: None,
        } => of_uri(uri, suffix),
        Members {
            uri: None,
            vault: Some(vault),
            name: Some(name),
            ..
        } => of_names(vault, name, version, suffix),
        Members { uri: Some(_), .. } => Err("it has SecretUri beside VaultName or SecretName".to_owned()),
        Members { vault: Some(_), .. } => Err("it has no SecretName".to_owned()),
        Members { name: Some(_), .. } => Err("it has no VaultName".to_owned()),
        _ => Err("it names no secret".to_owned()),
    }
}

fn of_names(vault: &str, name: &str, version: Option<&str>, suffix: &str) -> Result<Reference, String> {
    if !is_vault_name(vault) {
        return Err("its VaultName is no vault's name".to_owned());
    }
    let url = format!("https://{vault}.{suffix}");
    let vault = origin(&url, "its VaultName").map_err(|error| error.cause().to_owned())?;
    of_vault(vault, name, version)
}

fn of_uri(uri: &str, suffix: &str) -> Result<Reference, String> {
    let url = Url::parse(uri).map_err(|error| format!("its SecretUri is no URL ({error})"))?;
    let segments: Vec<&str> = url.path_segments().into_iter().flatten().collect();
    let (name, version) = match segments.as_slice() {
        [kind, name] | [kind, name, ""] if kind.eq_ignore_ascii_case("secrets") => (*name, None),
        [kind, name, version] | [kind, name, version, ""] if kind.eq_ignore_ascii_case("secrets") => {
            (*name, Some(*version))
        }
        _ => return Err("the path of its SecretUri is not `/secrets/NAME` or `/secrets/NAME/VERSION`".to_owned()),
    };
    if !is_vault_host(url.host_str().unwrap_or_default(), suffix) {
        return Err("the host of its SecretUri is no Key Vault's".to_owned());
    }
    let mut vault = url.clone();
    vault.set_path("");
    vault.set_query(None);
    vault.set_fragment(None);
    let vault = origin(vault.as_str(), "its SecretUri").map_err(|error| error.cause().to_owned())?;
    of_vault(vault, name, version)
}

/// A token goes there: to a vault where one's own is, or of a cloud that is known.
fn is_vault_host(host: &str, suffix: &str) -> bool {
    let label = |suffix: &str| host.strip_suffix(suffix)?.strip_suffix('.');
    let of = |suffix: &str| label(suffix).is_some_and(is_vault_name);
    of(suffix) || Cloud::of_host(host).is_some_and(|cloud| of(cloud.vault_suffix()))
}

fn of_vault(vault: Url, name: &str, version: Option<&str>) -> Result<Reference, String> {
    if !is_secret_name(name) {
        return Err("its secret's name is none: 1 to 127 letters, digits and hyphens".to_owned());
    }
    if version.is_some_and(|version| !is_secret_name(version)) {
        return Err("its secret's version is none".to_owned());
    }
    Ok(Reference {
        vault,
        name: name.to_owned(),
        version: version.map(str::to_owned),
    })
}
