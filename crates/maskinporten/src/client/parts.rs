//! What serves: made of one reading of the settings, and whole in itself.

use std::sync::Arc;

use crate::error::{Error, ErrorKind, Stage};
use crate::request::TokenRequest;
use crate::token::Token;
use crate::token::cache::{Cached, Invalidation};
use crate::token::http::HttpTokens;

pub(crate) struct Parts {
    pub(crate) tokens: Cached,
    /// `None`: nobody said which Altinn environment takes the tokens of this authority.
    pub(crate) altinn: Option<Cached>,
    pub(crate) default_request: TokenRequest,
    pub(crate) behaviour: Behaviour,
    pub(crate) asked: Asked,
}

/// Who is asked for the tokens.
#[derive(Default)]
pub(crate) struct Asked {
    /// `None`: nobody outside this process, as in a test.
    pub(crate) tokens: Option<HttpTokens>,
    pub(crate) exchange: Option<String>,
}

/// How requests carry the tokens.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Behaviour {
    pub(crate) exchange: bool,
    pub(crate) overwrite: bool,
    pub(crate) plain_loopback: bool,
    pub(crate) plain_anywhere: bool,
}

/// Which of the two kinds of token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Maskinporten,
    Altinn,
}

impl Kind {
    pub(crate) fn of(exchange: bool) -> Self {
        match exchange {
            true => Self::Altinn,
            false => Self::Maskinporten,
        }
    }
}

impl Behaviour {
    /// The token that requests carry.
    pub(crate) fn kind(self) -> Kind {
        Kind::of(self.exchange)
    }
}

impl Parts {
    pub(crate) fn cache(&self, kind: Kind) -> Result<&Cached, Error> {
        match kind {
            Kind::Maskinporten => Ok(&self.tokens),
            Kind::Altinn => self.altinn.as_ref().ok_or_else(|| {
                Error::new(
                    ErrorKind::Settings,
                    Stage::Exchange,
                    "no Altinn environment is known to take this authority's tokens",
                )
                .with_remedy("set TokenExchangeEnvironment")
            }),
        }
    }

    pub(crate) async fn token(&self, kind: Kind, request: &TokenRequest) -> Result<Arc<Token>, Error> {
        self.cache(kind)?.token(request).await
    }

    pub(super) fn caches(&self) -> impl Iterator<Item = &Cached> {
        std::iter::once(&self.tokens).chain(&self.altinn)
    }

    /// An API answered 401 to this token. Says whether another may help.
    pub(crate) fn refused(&self, kind: Kind, request: &TokenRequest, token: &Arc<Token>) -> bool {
        let Ok(cache) = self.cache(kind) else {
            return false;
        };
        let invalidation = cache.invalidate(request, token);
        if invalidation == Invalidation::Done {
            tracing::info!(
                altinn = kind == Kind::Altinn,
                "the API refused the token; getting another"
            );
        }
        invalidation != Invalidation::Useless
    }
}
