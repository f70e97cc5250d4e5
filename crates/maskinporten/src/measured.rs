//! For this crate's benchmark, which cannot look inside. No part of the interface.

use crate::error::Error;
use crate::grant;
use crate::key::SigningKey;
use crate::request::TokenRequest;

/// Signs one assertion and drops it.
pub fn assertion(key: &SigningKey, client_id: &str, issuer: &str, request: &TokenRequest) -> Result<(), Error> {
    grant::assertion(key, client_id, issuer, request, 1_790_000_000).map(drop)
}
