//! Where the client asks, and what it would ask with.

use std::sync::Arc;

use secrecy::SecretString;

use super::MaskinportenClient;
use crate::authority::Endpoints;
use crate::error::{Error, ErrorKind, Stage};
use crate::request::TokenRequest;
use crate::token::http::HttpTokens;

/// For a log line at start, a diagnosis, or a tool that asks by itself.
impl MaskinportenClient {
    /// The issuer's name, verbatim, as it goes into an assertion's `aud`. Of the named environments it is known; any other authority is
    /// asked for its metadata the first time, and what it said is kept.
    ///
    /// # Errors
    ///
    /// The metadata cannot be had.
    pub async fn issuer(&self) -> Result<String, Error> {
        Ok(self.endpoints().await?.issuer.clone())
    }

    /// Where tokens are asked for; known as [`issuer`](Self::issuer) is.
    ///
    /// # Errors
    ///
    /// The metadata cannot be had.
    pub async fn token_endpoint(&self) -> Result<String, Error> {
        Ok(self.endpoints().await?.token_endpoint.clone())
    }

    /// Where tokens are exchanged for Altinn's; `None` where no Altinn environment belongs to the settings' authority.
    #[must_use]
    pub fn exchange_url(&self) -> Option<String> {
        self.parts().asked.exchange.clone()
    }

    /// A signed assertion for the request, for a tool that sends it itself: as `assertion`, with the `grant_type`
    /// `urn:ietf:params:oauth:grant-type:jwt-bearer`, in a form to [`token_endpoint`](Self::token_endpoint). It is fresh each time,
    /// serves once, and ends after two minutes. Nothing is sent but, the first time, for what [`issuer`](Self::issuer) asks.
    ///
    /// It is a secret: until it is used or ends, whoever has it gets the token.
    ///
    /// ```
    /// use maskinporten::{Error, ExposeSecret, MaskinportenClient, TokenRequest};
    ///
    /// async fn form(client: &MaskinportenClient) -> Result<[(&'static str, String); 2], Error> {
    ///     let assertion = client.assertion(&TokenRequest::new(["altinn:serviceowner"])).await?;
    ///     Ok([
    ///         ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer".to_owned()),
    ///         ("assertion", assertion.expose_secret().to_owned()), // not for a log
    ///     ])
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// The request is not valid, the key cannot be loaded, or the metadata cannot be had.
    pub async fn assertion(&self, request: &TokenRequest) -> Result<SecretString, Error> {
        let parts = self.parts();
        asking(parts.asked.tokens.as_ref())?.assertion(request).await
    }

    async fn endpoints(&self) -> Result<Arc<Endpoints>, Error> {
        let parts = self.parts();
        asking(parts.asked.tokens.as_ref())?.authority.endpoints().await
    }
}

fn asking(tokens: Option<&HttpTokens>) -> Result<&HttpTokens, Error> {
    tokens.ok_or_else(|| {
        Error::new(
            ErrorKind::Settings,
            Stage::Settings,
            "this client asks nobody for tokens",
        )
    })
}
