//! What the vault asks of whoever signs in, beside a token.

use std::time::Duration;

use azure_core::credentials::TokenCredential;
use tokio::time::Instant;

use crate::failure::CredentialFailure;

/// Whoever signs in to the vault.
#[async_trait::async_trait]
pub(crate) trait SignIn: TokenCredential {
    /// A load begins, and must be over by `deadline`.
    fn begin(&self, deadline: Instant);

    /// The time is up: is it a token that is waited for?
    fn out_of_time(&self, within: Duration) -> Option<CredentialFailure>;

    /// The vault took this token.
    fn accepted(&self, token: &str);

    /// The token to send in the place of one that was given up.
    fn instead_of(&self, token: &str) -> Option<String>;

    /// The vault refused this token. Another one, if there is reason to hope that it fares better: the vault took the refused one
    /// before, so that it was withdrawn. `Err` where there is none to be had.
    async fn anew(&self, refused: &str) -> azure_core::Result<Option<String>>;
}
