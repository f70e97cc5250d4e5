//! What one request wants for itself.

use serde_json::Value;

use crate::client::Kind;
use crate::given::OptionalText;
use crate::request::{Consent, SystemUser, TokenRequest};

/// What requests want otherwise than the client's settings say: one request, which has it in its extensions, or all of an HTTP client
/// ([`http_client_for`](crate::MaskinportenClient::http_client_for)). What one request says goes over what its client says, and that over
/// the settings.
///
/// What is not set stays as it is in the settings. A [`TokenRequest`] in the extensions replaces the settings' and the client's
/// as a whole, but for which of the two tokens it is.
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
    /// What is not set is no wish.
    claims: TokenRequest,
    /// Scopes were named, if only blank ones: that is a request for none, and no wish for those of the settings.
    names_scopes: bool,
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
        self.claims.scopes = TokenRequest::new(scopes).scopes;
        self.names_scopes = true;
        self
    }

    /// Another `resource`. May be given more than once; a blank one is no wish.
    #[must_use]
    pub fn resource(self, resource: impl OptionalText) -> Self {
        self.claiming(|claims| claims.resource(resource))
    }

    /// Another organisation on whose behalf a supplier asks (`consumer_org`), as of [`TokenRequest::consumer_org`]. A blank one is no
    /// wish.
    #[must_use]
    pub fn consumer_org(self, organisation: impl OptionalText) -> Self {
        self.claiming(|claims| claims.consumer_org(organisation))
    }

    /// The deprecated `iss_onbehalfof`, in place of a consumer organisation.
    #[must_use]
    pub fn on_behalf_of(self, issuer: impl OptionalText) -> Self {
        self.claiming(|claims| claims.on_behalf_of(issuer))
    }

    /// The person the request is about, as of [`TokenRequest::pid`].
    #[must_use]
    pub fn pid(self, pid: impl OptionalText) -> Self {
        self.claiming(|claims| claims.pid(pid))
    }

    /// The system user to act as.
    #[must_use]
    pub fn system_user(self, system_user: impl Into<Option<SystemUser>>) -> Self {
        self.claiming(|claims| claims.system_user(system_user))
    }

    /// The consent to make use of.
    #[must_use]
    pub fn consent(self, consent: impl Into<Option<Consent>>) -> Self {
        self.claiming(|claims| claims.consent(consent))
    }

    /// Any other detail, as of [`TokenRequest::authorization_details`].
    #[must_use]
    pub fn authorization_details(self, details: impl Into<Option<Value>>) -> Self {
        self.claiming(|claims| claims.authorization_details(details))
    }

    /// A token that is asked for now, whatever is held, as of [`TokenRequest::fresh`]. As the wish of an HTTP client it costs a token
    /// for each request.
    #[must_use]
    pub fn fresh(self) -> Self {
        self.claiming(TokenRequest::fresh)
    }

    /// An Altinn token (`true`) or Maskinporten's own, whatever `ExchangeToAltinnToken` says.
    #[must_use]
    pub fn exchange(mut self, exchange: impl Into<Option<bool>>) -> Self {
        self.exchange = exchange.into().or(self.exchange);
        self
    }

    /// The claims that are wished for; what is not set is no wish.
    #[must_use]
    pub fn get_claims(&self) -> &TokenRequest {
        &self.claims
    }

    /// Altinn's token (`true`) or Maskinporten's own, if it says so.
    #[must_use]
    pub fn get_exchange(&self) -> Option<bool> {
        self.exchange
    }

    fn claiming(mut self, change: impl FnOnce(TokenRequest) -> TokenRequest) -> Self {
        self.claims = change(self.claims);
        self
    }

    pub(super) fn over(&self, base: &TokenRequest) -> TokenRequest {
        let Self {
            claims,
            names_scopes,
            exchange: _,
        } = self;
        let mut request = claims.over(base);
        if *names_scopes {
            request.scopes.clone_from(&claims.scopes);
        }
        request
    }

    pub(super) fn kind(&self) -> Option<Kind> {
        self.exchange.map(Kind::of)
    }
}
