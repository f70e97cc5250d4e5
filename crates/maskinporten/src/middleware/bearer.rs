//! The header that carries a token: whether it is ours to set, whether it may be sent, and how it is written.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use url::Url;

use crate::client::Behaviour;
use crate::error::{Error, ErrorKind, Stage};
use crate::token::Token;
use crate::transport::is_loopback;

/// A caller's own header is none of our business.
pub(super) fn leaves_alone(behaviour: Behaviour, headers: &HeaderMap) -> bool {
    !behaviour.overwrite && headers.contains_key(AUTHORIZATION)
}

/// A bearer token is as good as a password to whoever reads it on its way.
pub(super) fn may_carry(behaviour: Behaviour, url: &Url) -> Result<(), Error> {
    let allowed = behaviour.plain_anywhere || behaviour.plain_loopback && is_loopback(url);
    let plain = url.scheme() == "http" && allowed;
    if url.scheme() == "https" || plain {
        return Ok(());
    }
    let host = url.host_str().unwrap_or("this address");
    Err(Error::new(
        ErrorKind::InvalidRequest,
        Stage::Token,
        format!("no token is sent to {host} over plain {}", url.scheme()),
    )
    .with_remedy("use https; a server on this machine may be allowed with plain_http_to_loopback, any other with `AllowInsecureHttp`")
    .unsent())
}

/// Marked as sensitive, so that it is neither shown by `Debug` nor kept in a connection's compression table.
pub(super) fn authorize(headers: &mut HeaderMap, token: &Token) -> Result<(), Error> {
    let unusable = || {
        Error::new(
            ErrorKind::InvalidResponse,
            Stage::Token,
            "the token does not fit into a header",
        )
        .unsent()
    };
    let mut value = HeaderValue::try_from(["Bearer ", token.secret()].concat()).map_err(|_| unusable())?;
    value.set_sensitive(true);
    headers.insert(AUTHORIZATION, value);
    Ok(())
}
