//! What every emulator reads of a request.

use std::fmt;

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, HOST};
use hyper::http::request::Parts;
use hyper::{HeaderMap, StatusCode};

use crate::reply::Reply;

/// The host that a request asks, with its port if it names one, as the client wrote it.
///
/// ```
/// use emulator_kit::Host;
/// use emulator_kit::hyper::Request;
///
/// let (parts, ()) = Request::get("/letters").header("host", "Kitchen.Teapot.test:8443").body(())?.into_parts();
/// let host = Host::of(&parts);
/// assert_eq!(host.as_str(), "Kitchen.Teapot.test:8443");
/// assert_eq!(host.name().strip_suffix(".teapot.test"), Some("kitchen"));
/// assert!(!host.is_local());
/// # Ok::<(), emulator_kit::hyper::http::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host(String);

impl Host {
    /// The authority of the address (HTTP/2) or the header `Host` (HTTP/1.1); empty where there is neither.
    #[must_use]
    pub fn of(parts: &Parts) -> Self {
        let from_uri = parts.uri.authority().map(|authority| authority.as_str().to_owned());
        let host = from_uri.or_else(|| Some(parts.headers.get(HOST)?.to_str().ok()?.to_owned()));
        Self(host.unwrap_or_default())
    }

    /// With the port, as the client wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Without the port, in lower case.
    #[must_use]
    pub fn name(&self) -> String {
        let end = match self.0.rfind(':') {
            Some(colon) if !self.0[colon..].contains(']') => colon,
            _ => self.0.len(),
        };
        self.0[..end].to_ascii_lowercase()
    }

    /// Whether it is this machine, as [`is_local`] says.
    #[must_use]
    pub fn is_local(&self) -> bool {
        is_local(&self.name())
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether this host (lower-cased, without a port) is this machine: `localhost`, `127.0.0.1` or `[::1]`.
#[must_use]
pub fn is_local(name: &str) -> bool {
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

/// What `Authorization: Bearer` holds, if it holds anything; the scheme in any case (RFC 9110, section 11.1).
#[must_use]
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim())
        .filter(|token| !token.is_empty())
}

/// The whole body.
///
/// # Errors
///
/// The answer to give instead: 413 for a body of more than `limit` bytes, 400 for one that broke off.
pub async fn read_body(body: Incoming, limit: usize) -> Result<Bytes, Reply> {
    match Limited::new(body, limit).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => {
            Err(Reply::empty(StatusCode::PAYLOAD_TOO_LARGE))
        }
        Err(_) => Err(Reply::empty(StatusCode::BAD_REQUEST)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_told_from_its_port() {
        for (host, name, local) in [
            ("LocalHost:8443", "localhost", true),
            ("127.0.0.1", "127.0.0.1", true),
            ("[::1]:443", "[::1]", true),
            ("[::1]", "[::1]", true),
            ("other.example:1", "other.example", false),
            ("", "", false),
        ] {
            let host = Host(host.to_owned());
            assert_eq!((host.name().as_str(), host.is_local()), (name, local), "{host}");
        }
    }
}
