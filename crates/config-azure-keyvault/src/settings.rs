//! Where is the vault and who am I? Read from the code, the earlier sources and the process environment.

use std::path::Path;

use config::{Value, ValueKind};
use secrecy::SecretString;
use url::Url;

use crate::environment::Variables;
use crate::error::{Error, ErrorKind, Stage};
use crate::local;

/// Where an Altinn pod finds its `kvSetting`.
pub(crate) const MOUNTED: &str = "/altinn-appsettings-secret/altinn-appsettings-secret.json";

/// The process environment's way to name the vault.
const VAULT_VARIABLE: &str = "AZURE_KEYVAULT_URL";

const SECTIONS: [&str; 2] = ["kvSetting", "KeyVault"];

/// What the settings say of who we are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Identity {
    /// The section they are from; empty where there is none.
    pub(crate) section: &'static str,
    pub(crate) tenant_id: Option<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) client_secret: Option<SecretString>,
}

impl Identity {
    pub(crate) fn is_empty(&self) -> bool {
        self.tenant_id.is_none() && self.client_id.is_none() && self.client_secret.is_none()
    }
}

/// The vault and what the settings say of who we are.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// The vault's origin: scheme, host and port, nothing else.
    pub(crate) vault: Url,
    /// What named the vault, for the log.
    pub(crate) named_by: String,
    pub(crate) identity: Identity,
}

/// Reads the settings; the first place that names a vault wins.
pub(crate) fn read(
    given: Option<&str>,
    earlier: Option<&Value>,
    mounted: &Path,
    variables: &Variables,
    suffix: &str,
) -> Result<Settings, Error> {
    let mut sources = earlier.cloned().unwrap_or_else(empty_table);
    let mounted_file = lay_mounted_file_over(&mut sources, mounted)?;
    let sections: Vec<Section<'_>> = SECTIONS.iter().map(|name| Section::find(&sources, name)).collect();

    let (vault, named_by, from) = if let Some(url) = given {
        (origin(url, "the code")?, "the code".to_owned(), None)
    } else if let Some(found) = sections
        .iter()
        .enumerate()
        .find_map(|(n, s)| s.vault(suffix).map(|v| (v, n)))
    {
        let ((vault, named_by), n) = found;
        (vault?, named_by, Some(n))
    } else if let Some(url) = variables.get(VAULT_VARIABLE).filter(|url| !is_blank(url)) {
        let place = format!("the environment variable {VAULT_VARIABLE}");
        (origin(&url, &place)?, place, None)
    } else {
        return Err(nothing_names_a_vault(mounted_file.then_some(mounted)));
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

/// .NET appends the mounted file behind the other files, so it wins key by key; it counts for these sections only.
fn lay_mounted_file_over(sources: &mut Value, path: &Path) -> Result<bool, Error> {
    let Some(leaves) = local::leaves(path).map_err(|cause| mounted_file_error(path, &cause))? else {
        return Ok(false);
    };
    for leaf in leaves {
        let [section, key] = leaf.path.as_slice() else { continue };
        if !SECTIONS.iter().any(|name| name.eq_ignore_ascii_case(section)) {
            continue;
        }
        let spelled = spelling(sources, section);
        let ValueKind::Table(root) = &mut sources.kind else {
            continue;
        };
        let table = root.entry(spelled).or_insert_with(empty_table);
        if !matches!(table.kind, ValueKind::Table(_)) {
            *table = empty_table();
        }
        let spelled = spelling(table, key);
        if let ValueKind::Table(table) = &mut table.kind {
            table.insert(spelled, Value::new(None, leaf.value));
        }
    }
    Ok(true)
}

fn empty_table() -> Value {
    Value::new(None, ValueKind::Table(Default::default()))
}

fn spelling(table: &Value, name: &str) -> String {
    entry(table, name).map_or(name, |(key, _)| key).to_owned()
}

fn mounted_file_error(path: &Path, cause: &str) -> Error {
    Error::new(
        ErrorKind::InvalidSetting,
        Stage::Settings,
        format!("{} cannot be read: {cause}", path.display()),
    )
    .with_remedy("let the file hold a JSON object with the section `kvSetting`, readable by this process")
}

/// A key of a table and its value, the key's case aside.
fn entry<'v>(table: &'v Value, name: &str) -> Option<(&'v str, &'v Value)> {
    let ValueKind::Table(table) = &table.kind else {
        return None;
    };
    if let Some((key, value)) = table.get_key_value(name) {
        return Some((key, value));
    }
    let mut found: Vec<_> = table.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)).collect();
    found.sort_by_key(|(key, _)| key.as_str());
    found.first().map(|(key, value)| (key.as_str(), *value))
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

struct Section<'v> {
    name: &'static str,
    value: Option<&'v Value>,
}

impl<'v> Section<'v> {
    fn find(sources: &'v Value, name: &'static str) -> Self {
        let value = entry(sources, name).map(|(_, value)| value);
        Self { name, value }
    }

    /// A setting's text; blank counts as absent.
    fn text(&self, key: &str) -> Option<String> {
        let (_, value) = entry(self.value?, key)?;
        let text = value.clone().into_string().ok()?;
        (!is_blank(&text)).then(|| text.trim().to_owned())
    }

    fn vault(&self, suffix: &str) -> Option<(Result<Url, Error>, String)> {
        if self.name == "kvSetting" {
            let place = "`kvSetting.SecretUri`";
            return self
                .text("SecretUri")
                .map(|url| (origin(&url, place), place.to_owned()));
        }
        if let Some(url) = self.text("Url") {
            let place = "`KeyVault.Url`";
            return Some((origin(&url, place), place.to_owned()));
        }
        self.text("Name")
            .map(|name| (from_name(&name, suffix), "`KeyVault.Name`".to_owned()))
    }

    fn identity(&self) -> Identity {
        Identity {
            section: self.name,
            tenant_id: self.text("TenantId"),
            client_id: self.text("ClientId"),
            client_secret: self.text("ClientSecret").map(SecretString::from),
        }
    }
}

/// The origin of a vault's URL. Nothing but https: a token must not travel in the clear.
pub(crate) fn origin(text: &str, place: &str) -> Result<Url, Error> {
    let bad = |cause: &str| {
        Error::new(
            ErrorKind::InvalidSetting,
            Stage::Settings,
            format!("the vault's URL from {place} {cause}"),
        )
        .with_remedy("write it as https://NAME.vault.azure.net")
    };
    let url = Url::parse(text.trim()).map_err(|error| bad(&format!("is no URL ({error})")))?;
    if url.scheme() != "https" {
        return Err(bad(&format!(
            "has the scheme `{}`, and only https is used",
            url.scheme()
        )));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("holds a user name or a password"));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(bad("names no host"));
    }
    let mut origin = url;
    origin.set_path("");
    origin.set_query(None);
    origin.set_fragment(None);
    Ok(origin)
}

/// A vault's name as Azure allows it: 3 to 24 letters, digits and hyphens, a letter first, no hyphen last, no two in a row
/// (Azure's naming rules for Microsoft.KeyVault/vaults).
pub(crate) fn is_vault_name(name: &str) -> bool {
    (3..=24).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && !name.ends_with('-')
        && !name.contains("--")
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// A secret's name as Key Vault allows it; the SDK puts it into the URL as it is.
pub(crate) fn is_secret_name(name: &str) -> bool {
    (1..=127).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn from_name(name: &str, suffix: &str) -> Result<Url, Error> {
    if !is_vault_name(name) {
        return Err(Error::new(
            ErrorKind::InvalidSetting,
            Stage::Settings,
            "`KeyVault.Name` is no vault's name",
        )
        .with_remedy(
            "a vault's name is 3 to 24 letters, digits and single hyphens, a letter first and no hyphen last; for a whole \
             URL use `KeyVault.Url`",
        ));
    }
    origin(&format!("https://{name}.{suffix}"), "`KeyVault.Name`")
}
