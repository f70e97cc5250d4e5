//! What the vault asks of whoever signs in, beside a token.

use std::time::Duration;

use azure_core::credentials::TokenCredential;

use crate::failure::CredentialFailure;

/// Whoever signs in to the vault.
pub(crate) trait SignIn: TokenCredential {
    /// The time is up: is it a token that is waited for?
    fn out_of_time(&self, within: Duration) -> Option<CredentialFailure>;

    /// The vault refused this token: it is not to be handed out again.
    fn refused(&self, token: &str);
}
