//! Which token a request carries, and whether it may.

use std::borrow::Cow;

use http::Extensions;
use url::Url;

use crate::error::{Error, ErrorKind, Stage};
use crate::request::{SystemUser, TokenRequest};
use crate::transport::is_loopback;

/// What one request wants otherwise than the client's settings say. It goes into the request's extensions.
///
/// What is not set stays as it is in the settings. A [`TokenRequest`] in the extensions replaces the settings' as a whole.
///
/// ```
/// # use maskinporten::{MaskinportenRequest, SystemUser};
/// # async fn send(client: reqwest_middleware::ClientWithMiddleware) -> Result<(), reqwest_middleware::Error> {
/// let user = MaskinportenRequest::new().system_user(SystemUser::of("310000000"));
/// client.get("https://api.example.no/").with_extension(user).send().await?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MaskinportenRequest {
    scopes: Option<TokenRequest>,
    resource: Option<Vec<String>>,
    consumer_org: Option<String>,
    system_user: Option<SystemUser>,
    exchange: Option<bool>,
}

impl MaskinportenRequest {
    /// As the settings say.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Other scopes, separated by whitespace or given one by one.
    #[must_use]
    pub fn scopes<S: AsRef<str>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = Some(TokenRequest::new(scopes));
        self
    }

    /// Another `resource`. May be given more than once.
    #[must_use]
    pub fn resource(mut self, resource: impl Into<String>) -> Self {
        self.resource.get_or_insert_default().push(resource.into());
        self
    }

    /// Another organisation on whose behalf a supplier asks (`consumer_org`).
    #[must_use]
    pub fn consumer_org(mut self, organisation: impl Into<String>) -> Self {
        self.consumer_org = Some(organisation.into());
        self
    }

    /// The system user to act as.
    #[must_use]
    pub fn system_user(mut self, system_user: SystemUser) -> Self {
        self.system_user = Some(system_user);
        self
    }

    /// An Altinn token (`true`) or Maskinporten's own, whatever `ExchangeToAltinnToken` says.
    #[must_use]
    pub fn exchange(mut self, exchange: bool) -> Self {
        self.exchange = Some(exchange);
        self
    }

    fn over(&self, base: &TokenRequest) -> TokenRequest {
        let mut request = base.clone();
        if let Some(TokenRequest { scopes, .. }) = &self.scopes {
            request.scopes.clone_from(scopes);
        }
        if let Some(resource) = &self.resource {
            request.resource.clone_from(resource);
        }
        if self.consumer_org.is_some() {
            request.consumer_org.clone_from(&self.consumer_org);
            // Maskinporten takes one of the two.
            request.on_behalf_of = None;
        }
        if self.system_user.is_some() {
            request.system_user.clone_from(&self.system_user);
        }
        request
    }
}

/// The token that a request carries.
pub(crate) struct Target<'a> {
    pub(crate) request: Cow<'a, TokenRequest>,
    /// Altinn's, not Maskinporten's.
    pub(crate) altinn: bool,
}

#[cfg(feature = "tower")]
impl Target<'_> {
    /// For a call that outlives the borrow of its service.
    pub(crate) fn into_owned(self) -> Target<'static> {
        Target {
            request: Cow::Owned(self.request.into_owned()),
            altinn: self.altinn,
        }
    }
}

impl<'a> Target<'a> {
    /// From the settings' request, and what the extensions say of it.
    pub(crate) fn new(settings: &'a TokenRequest, altinn: bool, extensions: &Extensions) -> Self {
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
}

/// A bearer token is as good as a password to whoever reads it on its way.
pub(crate) fn may_carry(url: &Url, plain_loopback: bool) -> Result<(), Error> {
    let plain = url.scheme() == "http" && plain_loopback && is_loopback(url);
    if url.scheme() == "https" || plain {
        return Ok(());
    }
    let host = url.host_str().unwrap_or("this address");
    Err(Error::new(
        ErrorKind::InvalidRequest,
        Stage::Token,
        format!("no token is sent to {host} over plain {}", url.scheme()),
    )
    .with_remedy("use https; a server on this machine may be allowed with plain_http_to_loopback"))
}
