//! Where a token or a secret may be sent: nothing but https.

use url::Url;

use crate::error::{Error, ErrorKind, Stage};

/// The origin of a vault's URL.
pub(crate) fn origin(text: &str, place: &str) -> Result<Url, Error> {
    let what = format!("the vault's URL from {place}");
    let mut origin = https(text, &what, "write it as https://NAME.vault.azure.net")?;
    origin.set_path("");
    origin.set_query(None);
    origin.set_fragment(None);
    Ok(origin)
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
