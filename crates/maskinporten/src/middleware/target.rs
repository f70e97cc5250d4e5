//! Which token a request carries.

use std::sync::Arc;

use http::Extensions;

use super::wish::MaskinportenRequest;
use crate::client::{Kind, MaskinportenClient, Parts};
use crate::error::Error;
use crate::request::TokenRequest;
use crate::token::Token;

/// The token that a request carries, and who provides it.
pub(super) struct Target {
    parts: Arc<Parts>,
    /// What the extensions ask for; else what the settings do.
    own: Option<TokenRequest>,
    kind: Kind,
}

impl Target {
    /// From the settings' request, and what the extensions say of it.
    pub(super) fn new(parts: Arc<Parts>, extensions: &Extensions) -> Self {
        let mut own = extensions.get::<TokenRequest>().cloned();
        let mut kind = parts.behaviour.kind();
        if let Some(wish) = extensions.get::<MaskinportenRequest>() {
            own = Some(wish.over(own.as_ref().unwrap_or(&parts.default_request)));
            kind = match wish.exchange {
                Some(true) => Kind::Altinn,
                Some(false) => Kind::Maskinporten,
                None => kind,
            };
        }
        Self { parts, own, kind }
    }

    #[cfg(test)]
    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    pub(super) fn request(&self) -> &TokenRequest {
        self.own.as_ref().unwrap_or(&self.parts.default_request)
    }

    /// The token; where newer settings came meanwhile and those in use have failed, that of the newer.
    pub(super) async fn token(
        &mut self,
        client: &MaskinportenClient,
        extensions: &Extensions,
    ) -> Result<Arc<Token>, Error> {
        let got = self.parts.token(self.kind, self.request()).await;
        let Some(newer) = client.newer(&self.parts, &got) else {
            return got;
        };
        *self = Self::new(newer, extensions);
        self.parts.token(self.kind, self.request()).await
    }

    /// An API answered 401 to this token. Says whether another may help.
    pub(super) fn refused(&self, token: &Arc<Token>) -> bool {
        self.parts.refused(self.kind, self.request(), token)
    }
}
