//! Requests that authenticate themselves: what `reqwest-middleware` and `tower` have in common.

mod reqwest;
mod target;
#[cfg(test)]
mod tests;
#[cfg(feature = "tower")]
mod tower;

pub use self::reqwest::MaskinportenMiddleware;
#[cfg(feature = "tower")]
pub use self::tower::{MaskinportenLayer, MaskinportenService};
pub use target::MaskinportenRequest;
pub(crate) use target::{Target, may_carry};

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};

use crate::error::{Error, ErrorKind, Stage};
use crate::token::Token;

/// Marked as sensitive, so that it is neither shown by `Debug` nor kept in a connection's compression table.
fn authorize(headers: &mut HeaderMap, token: &Token) -> Result<(), Error> {
    let unusable = || {
        Error::new(
            ErrorKind::InvalidResponse,
            Stage::Token,
            "the token does not fit into a header",
        )
    };
    let mut value = HeaderValue::try_from(["Bearer ", token.secret()].concat()).map_err(|_| unusable())?;
    value.set_sensitive(true);
    headers.insert(AUTHORIZATION, value);
    Ok(())
}
