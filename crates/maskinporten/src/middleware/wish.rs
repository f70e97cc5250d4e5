//! What one request wants for itself.

use crate::given::OptionalText;
use crate::request::{SystemUser, TokenRequest};

/// What one request wants otherwise than the client's settings say. It goes into the request's extensions.
///
/// What is not set stays as it is in the settings. A [`TokenRequest`] in the extensions replaces the settings' as a whole.
///
/// ```
/// # use maskinporten::{MaskinportenRequest, SystemUser};
/// # use maskinporten::reqwest_middleware::{ClientWithMiddleware, Error};
/// # async fn send(client: ClientWithMiddleware) -> Result<(), Error> {
/// let user = MaskinportenRequest::new().system_user(SystemUser::of("310000000"));
/// client.get("https://api.example.no/").with_extension(user).send().await?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MaskinportenRequest {
    scopes: Option<TokenRequest>,
    /// All but the scopes; what is not set is no wish.
    claims: TokenRequest,
    pub(super) exchange: Option<bool>,
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

    /// Another `resource`. May be given more than once; a blank one is no wish.
    #[must_use]
    pub fn resource(mut self, resource: impl OptionalText) -> Self {
        self.claims = self.claims.resource(resource);
        self
    }

    /// Another organisation on whose behalf a supplier asks (`consumer_org`), as of [`TokenRequest::consumer_org`]. A blank one is no
    /// wish.
    #[must_use]
    pub fn consumer_org(mut self, organisation: impl OptionalText) -> Self {
        self.claims = self.claims.consumer_org(organisation);
        self
    }

    /// The system user to act as.
    #[must_use]
    pub fn system_user(mut self, system_user: impl Into<Option<SystemUser>>) -> Self {
        self.claims = self.claims.system_user(system_user);
        self
    }

    /// An Altinn token (`true`) or Maskinporten's own, whatever `ExchangeToAltinnToken` says.
    #[must_use]
    pub fn exchange(mut self, exchange: bool) -> Self {
        self.exchange = Some(exchange);
        self
    }

    pub(super) fn over(&self, base: &TokenRequest) -> TokenRequest {
        let mut request = base.clone();
        if let Some(TokenRequest { scopes, .. }) = &self.scopes {
            request.scopes.clone_from(scopes);
        }
        let TokenRequest {
            resource,
            consumer_org,
            system_user,
            ..
        } = &self.claims;
        if !resource.is_empty() {
            request.resource.clone_from(resource);
        }
        if consumer_org.is_some() {
            request.consumer_org.clone_from(consumer_org);
            // Maskinporten takes one of the two.
            request.on_behalf_of = None;
        }
        if system_user.is_some() {
            request.system_user.clone_from(system_user);
        }
        request
    }
}
