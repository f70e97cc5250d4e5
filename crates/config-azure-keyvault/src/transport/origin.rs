//! A token goes where it is for, and nowhere else.

use url::Url;

use crate::error::one_line;
use crate::failure::Failure;

/// A link that is followed with a token stays where the token is for.
pub(crate) fn stays_with(origin: &Url, url: &Url) -> Result<(), Failure> {
    if origin.origin() == url.origin() {
        return Ok(());
    }
    let is_same_host = origin.host() == url.host();
    if is_same_host && url.scheme() == "http" {
        let host = one_line(url.host_str().unwrap_or_default());
        return Err(Failure::OutOfTls { host });
    }
    let host = host(origin, url);
    Err(Failure::ForeignHost { host })
}

/// Another host's name, with its port where that is all that tells the two apart.
pub(super) fn host(origin: &Url, url: &Url) -> String {
    let host = one_line(url.host_str().unwrap_or("without a name"));
    match url.port_or_known_default() {
        Some(port) if origin.host() == url.host() => format!("{host}:{port}"),
        _ => host,
    }
}
