//! Where a token or a secret may be sent: nothing but https.

use url::Url;

use crate::error::{Error, ErrorKind, Stage};
use crate::names::{is_secret_name, is_vault_name};

/// The origin of a vault's URL.
pub(crate) fn origin(text: &str, place: &str) -> Result<Url, Error> {
    let what = format!("the vault's URL from {place}");
    let mut origin = https(text, &what, "write it as https://NAME.vault.azure.net")?;
    let refused = |cause: String| Error::new(ErrorKind::InvalidSetting, Stage::Settings, cause);
    if let Some((kind, name)) = object(&origin) {
        let host = origin.host_str().unwrap_or_default();
        let name = name.map_or_else(String::new, |name| format!(" of `{name}`"));
        let remedy = format!("write the vault's URL alone, https://{host}, and choose secrets with `names([…])`");
        return Err(refused(format!("{what} is the identifier of a {kind}{name}")).with_remedy(remedy));
    }
    if let Some(public) = public_name(origin.host_str().unwrap_or_default()) {
        let remedy = format!(
            "use its public name, https://{public}: the network's DNS leads from there to the private endpoint"
        );
        return Err(refused(format!(
            "{what} is its private endpoint's, and no certificate is for that name"
        ))
        .with_remedy(remedy));
    }
    origin.set_path("");
    origin.set_query(None);
    origin.set_fragment(None);
    Ok(origin)
}

/// The kind and the name of what a URL identifies in a vault, if it does.
fn object(url: &Url) -> Option<(&'static str, Option<&str>)> {
    let mut segments = url.path_segments()?;
    let kind = match segments.next()?.to_ascii_lowercase().as_str() {
        "secrets" => "secret",
        "keys" => "key",
        "certificates" => "certificate",
        _ => return None,
    };
    let name = segments.next().filter(|name| !name.is_empty())?;
    // Whatever else stands there may be a secret that was put there by mistake.
    Some((kind, Some(name).filter(|name| is_secret_name(name))))
}

/// What the zones of private endpoints are, and those of the vaults (Azure's documentation, "Private endpoint DNS zone values").
const PRIVATE: [(&str, &str); 3] = [
    (".privatelink.vaultcore.azure.net", "vault.azure.net"),
    (".privatelink.vaultcore.azure.cn", "vault.azure.cn"),
    (".privatelink.vaultcore.usgovcloudapi.net", "vault.usgovcloudapi.net"),
];

/// The public name of a vault whose private endpoint this is.
fn public_name(host: &str) -> Option<String> {
    PRIVATE.iter().find_map(|(zone, public)| {
        let name = host.strip_suffix(zone)?;
        Some(format!("{}.{public}", if is_vault_name(name) { name } else { "NAME" }))
    })
}

/// A URL that a token or a secret may be sent to: nothing but https, as they must not travel in the clear.
pub(crate) fn https(text: &str, what: &str, remedy: &str) -> Result<Url, Error> {
    let bad = |cause: &str| {
        Error::new(ErrorKind::InvalidSetting, Stage::Settings, format!("{what} {cause}")).with_remedy(remedy)
    };
    let url = Url::parse(text.trim()).map_err(|error| bad(&format!("is no URL ({error})")))?;
    if url.scheme() != "https" {
        // A scheme that is none may be the start of a secret that landed here by mistake.
        return Err(bad(match url.scheme() {
            "http" => "begins with http://, and nothing secret may travel in the clear",
            _ => "does not begin with https://",
        }));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("holds a user name or a password"));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(bad("names no host"));
    }
    Ok(url)
}
