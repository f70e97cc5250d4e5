//! A credential of the caller's own, which goes wherever its handle goes.

use std::fmt;
use std::sync::Arc;

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::error::{Error, ErrorKind};
use azure_core::http::ClientMethodOptions;

use crate::transport::driven_apart;

/// Asks the caller's credential where nothing is ever idle: an HTTP client of its own keeps connections that the runtime drives
/// in which they were opened, and the next load may come from another one.
pub(super) struct Given(pub(super) Arc<dyn TokenCredential>);

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Given")
    }
}

#[async_trait::async_trait]
impl TokenCredential for Given {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let credential = Arc::clone(&self.0);
        let scopes: Vec<String> = scopes.iter().map(|&scope| scope.to_owned()).collect();
        let options = options.map(|options| TokenRequestOptions {
            method_options: ClientMethodOptions {
                context: options.method_options.context.into_owned(),
            },
        });
        let asked = driven_apart(async move {
            let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
            credential.get_token(&scopes, options).await
        });
        asked.await.unwrap_or_else(|error| {
            let cause = format!("no thread can be started to ask it on: {error}");
            Err(Error::with_message(ErrorKind::Credential, cause))
        })
    }
}
