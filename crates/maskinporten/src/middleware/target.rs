//! Which token a request carries.

use std::borrow::Cow;
use std::sync::Arc;

use http::Extensions;

use super::wish::MaskinportenRequest;
use crate::client::MaskinportenClient;
use crate::error::Error;
use crate::request::TokenRequest;
use crate::token::Token;

/// The token that a request carries.
pub(super) struct Target<'a> {
    pub(super) request: Cow<'a, TokenRequest>,
    /// Altinn's, not Maskinporten's.
    pub(super) altinn: bool,
}

#[cfg(feature = "tower")]
impl Target<'_> {
    /// For a call that outlives the borrow of its service.
    pub(super) fn into_owned(self) -> Target<'static> {
        Target {
            request: Cow::Owned(self.request.into_owned()),
            altinn: self.altinn,
        }
    }
}

impl<'a> Target<'a> {
    /// From the settings' request, and what the extensions say of it.
    pub(super) fn new(client: &'a MaskinportenClient, extensions: &Extensions) -> Self {
        Self::of(client.default_request(), client.behaviour().exchange, extensions)
    }

    pub(super) fn of(settings: &'a TokenRequest, altinn: bool, extensions: &Extensions) -> Self {
        let base = match extensions.get::<TokenRequest>() {
            Some(request) => Cow::Owned(request.clone()),
            None => Cow::Borrowed(settings),
        };
        match extensions.get::<MaskinportenRequest>() {
            Some(wish) => Self {
                request: Cow::Owned(wish.over(&base)),
                altinn: wish.exchange.unwrap_or(altinn),
            },
            None => Self { request: base, altinn },
        }
    }
    pub(super) async fn token(&self, client: &MaskinportenClient) -> Result<Arc<Token>, Error> {
        match self.altinn {
            true => client.altinn_token(&self.request).await,
            false => client.token(&self.request).await,
        }
    }

    /// An API answered 401 to this token. Says whether another may help.
    pub(super) fn refused(&self, client: &MaskinportenClient, token: &Arc<Token>) -> bool {
        client.refused(self.altinn, &self.request, token)
    }
}
