//! Which token a request carries.

use std::sync::Arc;

use http::Extensions;

use super::wish::MaskinportenRequest;
use crate::client::{Kind, MaskinportenClient, Parts};
use crate::error::Error;
use crate::request::TokenRequest;
use crate::token::Token;

/// A client, and what all requests want that it gives tokens to.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) client: MaskinportenClient,
    pub(super) wish: Option<Arc<MaskinportenRequest>>,
}

impl Source {
    pub(super) fn new(client: MaskinportenClient, wish: Option<MaskinportenRequest>) -> Self {
        Self {
            client,
            wish: wish.map(Arc::new),
        }
    }

    /// The token of a request that has these extensions, by the settings in use now.
    pub(super) fn target(&self, extensions: &Extensions) -> Target {
        self.target_of(self.client.parts(), extensions)
    }

    fn target_of(&self, parts: Arc<Parts>, extensions: &Extensions) -> Target {
        Target::new(parts, self.wish.as_deref(), extensions)
    }

    /// The target's token; where newer settings came meanwhile and those in use have failed, that of the newer.
    pub(super) async fn token(&self, target: &mut Target, extensions: &Extensions) -> Result<Arc<Token>, Error> {
        self.newest(target, extensions).await.map_err(Error::unsent)
    }

    async fn newest(&self, target: &mut Target, extensions: &Extensions) -> Result<Arc<Token>, Error> {
        let got = target.parts.token(target.kind, target.request()).await;
        let Some(newer) = self.client.newer(&target.parts, &got) else {
            return got;
        };
        *target = self.target_of(newer, extensions);
        target.parts.token(target.kind, target.request()).await
    }
}

/// The token that a request carries, and who provides it.
pub(super) struct Target {
    pub(super) parts: Arc<Parts>,
    /// What the client or the extensions ask for; else what the settings do.
    own: Option<TokenRequest>,
    kind: Kind,
}

impl Target {
    /// From the settings' request, what its client says of it, and what the extensions do.
    pub(super) fn new(parts: Arc<Parts>, client: Option<&MaskinportenRequest>, extensions: &Extensions) -> Self {
        let mut own = match extensions.get::<TokenRequest>() {
            Some(request) => Some(request.clone()),
            None => client.map(|wish| wish.over(&parts.default_request)),
        };
        let wish = extensions.get::<MaskinportenRequest>();
        if let Some(wish) = wish {
            own = Some(wish.over(own.as_ref().unwrap_or(&parts.default_request)));
        }
        let said = [wish, client].into_iter().flatten().find_map(MaskinportenRequest::kind);
        let kind = said.unwrap_or_else(|| parts.behaviour.kind());
        Self { parts, own, kind }
    }

    #[cfg(test)]
    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    pub(super) fn request(&self) -> &TokenRequest {
        self.own.as_ref().unwrap_or(&self.parts.default_request)
    }

    /// An API answered 401 to this token. Says whether another may help.
    pub(super) fn refused(&self, token: &Arc<Token>) -> bool {
        self.parts.refused(self.kind, self.request(), token)
    }
}
