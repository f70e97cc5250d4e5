//! Where is the vault and who am I? Read from the code, the earlier sources and the process environment.

use std::path::Path;

use config::{Value, ValueKind};
use secrecy::SecretString;
use url::Url;

use crate::address::origin;
use crate::credential::Identity;
use crate::error::{Error, ErrorKind, Stage};
use crate::local::{self, Leaf};
use crate::mapping::nearness;
use crate::names::is_vault_name;
use crate::reference::{is_reference, unusable};
use crate::variables::Variables;

/// Where an Altinn pod finds its `kvSetting`.
pub(crate) const MOUNTED: &str = "/altinn-appsettings-secret/altinn-appsettings-secret.json";

/// The process environment's way to name the vault.
const VAULT_VARIABLE: &str = "AZURE_KEYVAULT_URL";

const SECTIONS: [&str; 2] = ["kvSetting", "KeyVault"];

/// The vault and what the settings say of who we are.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// The vault's origin: scheme, host and port, nothing else.
    pub(crate) vault: Url,
    /// What named the vault, for the log.
    pub(crate) named_by: String,
    pub(crate) identity: Identity,
}

/// A vault's URL that was given to the handle, and by whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Given<'g> {
    pub(crate) url: &'g str,
    pub(crate) by: &'g str,
}

/// Reads the settings; the first place that names a vault wins.
pub(crate) fn read(
    given: Option<Given<'_>>,
    earlier: &Value,
    mounted: &Path,
    variables: &Variables,
    suffix: &str,
) -> Result<Settings, Error> {
    let file = local::leaves(mounted).map_err(|cause| mounted_file_error(mounted, &cause))?;
    let leaves = file.as_deref().unwrap_or_default();
    let sections = SECTIONS.map(|name| Section {
        name,
        file: mounted,
        leaves,
        tables: spellings(earlier, name).collect(),
    });
    let found = || {
        sections
            .iter()
            .enumerate()
            .find_map(|(n, s)| Some((n, s.vault(suffix)?)))
    };

    let (vault, named_by, from) = if let Some(Given { url, by }) = given {
        (origin(url, by)?, by.to_owned(), None)
    } else if let Some((n, found)) = found() {
        let (vault, named_by) = found?;
        (vault, named_by, Some(n))
    } else if let Some(url) = variables.get(VAULT_VARIABLE).filter(|url| !is_blank(url)) {
        let place = format!("the environment variable {VAULT_VARIABLE}");
        (named(&url, &place)?, place, None)
    } else {
        return Err(nothing_names_a_vault(file.is_some().then_some(mounted)));
    };

    // Who we are is said by the section that named the vault, else by the first that says anything.
    let order = from.into_iter().chain(0..sections.len());
    let identity = order
        .map(|n| sections[n].identity())
        .find(|identity| !identity.is_empty())
        .unwrap_or_default();
    Ok(Settings {
        vault,
        named_by,
        identity,
    })
}

/// Who we are, where no vault is named: by the first section that says anything.
pub(crate) fn identity(earlier: &Value, mounted: &Path) -> Result<Identity, Error> {
    let file = local::leaves(mounted).map_err(|cause| mounted_file_error(mounted, &cause))?;
    let leaves = file.as_deref().unwrap_or_default();
    let identities = SECTIONS.into_iter().map(|name| {
        let tables = spellings(earlier, name).collect();
        let file = mounted;
        let section = Section {
            name,
            file,
            leaves,
            tables,
        };
        section.identity()
    });
    Ok(identities
        .into_iter()
        .find(|identity| !identity.is_empty())
        .unwrap_or_default())
}

/// The place that names a vault, where none is needed: what is wrong with it is no matter.
pub(crate) fn named_by(
    given: Option<Given<'_>>,
    earlier: &Value,
    mounted: &Path,
    variables: &Variables,
) -> Option<String> {
    if let Some(Given { by, .. }) = given {
        return Some(by.to_owned());
    }
    let file = local::leaves(mounted).ok().flatten();
    let leaves = file.as_deref().unwrap_or_default();
    let section = SECTIONS.into_iter().find_map(|name| {
        let tables = spellings(earlier, name).collect();
        let (file, leaves) = (mounted, leaves);
        let section = Section {
            name,
            file,
            leaves,
            tables,
        };
        section.names_vault()
    });
    let variable = || variables.get(VAULT_VARIABLE).filter(|url| !is_blank(url));
    section.or_else(|| variable().map(|_| format!("the environment variable {VAULT_VARIABLE}")))
}

fn nothing_names_a_vault(mounted: Option<&Path>) -> Error {
    let file = mounted.map_or_else(String::new, |path| format!(" or the file {}", path.display()));
    Error::new(
        ErrorKind::NoVault,
        Stage::Settings,
        "nothing names a vault, and this is not Development",
    )
    .with_remedy(format!(
        "name it in one of three places: AzureKeyVault::new(\"https://NAME.vault.azure.net\") in code; \
         `kvSetting.SecretUri`, `KeyVault.Url` or `KeyVault.Name` in an earlier source{file}; \
         the environment variable {VAULT_VARIABLE}"
    ))
}

fn mounted_file_error(path: &Path, cause: &local::Unusable) -> Error {
    Error::new(
        ErrorKind::InvalidSetting,
        Stage::Settings,
        format!("{}: {cause}", path.display()),
    )
    .with_remedy("let the file hold a JSON object with the section `kvSetting`, readable by this process")
}

/// What a table holds under a name in any spelling; the nearest first, then in an order that never changes.
fn spellings<'v>(table: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> + use<'v> {
    let mut found: Vec<_> = match &table.kind {
        ValueKind::Table(table) => table
            .iter()
            .filter_map(|(key, value)| Some((nearness(key, name)?, key, value)))
            .collect(),
        _ => Vec::new(),
    };
    found.sort_by_key(|&(nearness, key, _)| (nearness, key));
    found.into_iter().map(|(_, _, value)| value)
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// A section, the mounted file's part of it first: .NET appends that file behind the others, so it wins key by key.
struct Section<'v> {
    name: &'static str,
    file: &'v Path,
    leaves: &'v [Leaf],
    /// The section in every spelling: an environment variable's is in lower case, beside a file's.
    tables: Vec<&'v Value>,
}

impl Section<'_> {
    /// A setting's text and the place it stands at; blank counts as absent.
    fn text(&self, key: &str) -> Option<(String, String)> {
        let setting = format!("`{}.{key}`", self.name);
        let mut in_file: Vec<_> = self
            .leaves
            .iter()
            .filter_map(|leaf| match leaf.path.as_slice() {
                [section, name] => Some((nearness(section, self.name)?, nearness(name, key)?, leaf)),
                _ => None,
            })
            .collect();
        in_file.sort_by_key(|&(section, name, _)| (section, name));
        let in_file = in_file
            .into_iter()
            .filter_map(|(_, _, leaf)| filled(&Value::new(None, leaf.value.clone())))
            .map(|text| (text, format!("{setting} in {}", self.file.display())));
        let earlier = self
            .tables
            .iter()
            .flat_map(|table| spellings(table, key))
            .filter_map(|value| {
                let place = match value.origin() {
                    Some(origin) => format!("{setting} in {origin}"),
                    None => setting.clone(),
                };
                Some((filled(value)?, place))
            });
        in_file.chain(earlier).next()
    }

    /// The place of the setting that names a vault.
    fn names_vault(&self) -> Option<String> {
        let keys: &[&str] = match self.name {
            "kvSetting" => &["SecretUri"],
            _ => &["Url", "Name"],
        };
        keys.iter().find_map(|key| self.text(key)).map(|(_, place)| place)
    }

    fn vault(&self, suffix: &str) -> Option<Result<(Url, String), Error>> {
        let url_key = if self.name == "kvSetting" { "SecretUri" } else { "Url" };
        if let Some((url, place)) = self.text(url_key) {
            return Some(named(&url, &place).map(|vault| (vault, place)));
        }
        if self.name == "kvSetting" {
            return None;
        }
        let (name, place) = self.text("Name")?;
        Some(from_name(&name, suffix, &place).map(|vault| (vault, place)))
    }

    fn identity(&self) -> Identity {
        let text = |key: &str| self.text(key).map(|(text, _)| text);
        Identity {
            section: self.name,
            tenant_id: text("TenantId"),
            client_id: text("ClientId"),
            client_secret: text("ClientSecret").map(SecretString::from),
        }
    }
}

fn filled(value: &Value) -> Option<String> {
    let text = value.clone().into_string().ok()?;
    (!is_blank(&text)).then(|| text.trim().to_owned())
}

fn named(url: &str, place: &str) -> Result<Url, Error> {
    match is_reference(url) {
        true => Err(unusable(place)),
        false => origin(url, place),
    }
}

fn from_name(name: &str, suffix: &str, place: &str) -> Result<Url, Error> {
    if is_reference(name) {
        return Err(unusable(place));
    }
    if !is_vault_name(name) {
        return Err(Error::new(
            ErrorKind::InvalidSetting,
            Stage::Settings,
            format!("{place} is no vault's name"),
        )
        .with_remedy(
            "a vault's name is 3 to 24 letters, digits and single hyphens, a letter first and no hyphen last; for a whole \
             URL use `KeyVault.Url`",
        ));
    }
    origin(&format!("https://{name}.{suffix}"), place)
}
