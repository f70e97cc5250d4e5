//! What a token is asked for. Everything in it is part of the cache's identity, so one thing has one spelling in it.

mod number;

use std::fmt;

use number::{digits_of, is_number, organisation};

use crate::given::{self, OptionalText};
use crate::slip;

/// What a token is asked for: scopes, and the claims that may differ from request to request.
///
/// ```
/// use maskinporten::TokenRequest;
/// # use maskinporten::{Environment, KeyOptions, MaskinportenClient, MaskinportenSettings};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = maskinporten_emulator::MaskinportenEmulator::start().await?;
/// # let client = emulator.client();
/// # let settings = MaskinportenSettings::new(client.client_id(), Environment::parse(&emulator.issuer())?)
/// #     .key(client.encoded_jwk(), KeyOptions::new());
/// # let maskinporten = MaskinportenClient::builder(settings).token_http_client(emulator.http_client()).build()?;
///
/// let request = TokenRequest::new(["altinn:serviceowner/instances.read"]).resource("https://api.example.no");
/// let token = maskinporten.token(&request).await?;
/// assert_eq!(token.scope(), Some("altinn:serviceowner/instances.read"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct TokenRequest {
    /// Sorted, each once.
    pub(crate) scopes: Vec<String>,
    pub(crate) resource: Vec<String>,
    /// As a system user's organisation.
    pub(crate) consumer_org: Option<String>,
    pub(crate) on_behalf_of: Option<String>,
    pub(crate) pid: Option<String>,
    pub(crate) system_user: Option<SystemUser>,
}

/// A system user that an end user's organisation has approved (`urn:altinn:systemuser`, RFC 9396).
///
/// ```
/// use maskinporten::{SystemUser, TokenRequest};
///
/// // The customer's organisation, and which of its system users where it has several.
/// let customer = SystemUser::of("310000000").external_ref("customer-123");
/// let request = TokenRequest::new(["altinn:serviceowner"]).system_user(customer);
/// request.validate()?; // the organisation's number has a check digit
/// # Ok::<(), maskinporten::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SystemUser {
    /// Nine digits, or what was given if it is no spelling of them.
    pub(crate) organisation: String,
    pub(crate) external_ref: Option<String>,
}

impl TokenRequest {
    /// Scopes, separated by whitespace or given one by one.
    pub fn new<S: AsRef<str>>(scopes: impl IntoIterator<Item = S>) -> Self {
        let mut all: Vec<String> = Vec::new();
        for scopes in scopes {
            all.extend(scopes.as_ref().split_whitespace().map(str::to_owned));
        }
        all.sort();
        all.dedup();
        Self {
            scopes: all,
            ..Self::default()
        }
    }

    /// The `resource` claim (RFC 8707): which API the token is for. May be given more than once; a blank one is no wish.
    #[must_use]
    pub fn resource(mut self, resource: impl OptionalText) -> Self {
        self.resource.extend(given::filled(resource));
        self
    }

    /// The organisation on whose behalf a supplier asks (`consumer_org`): nine digits, in any of the spellings that
    /// [`SystemUser::of`] takes, which all ask for the same token. A blank one is no wish.
    #[must_use]
    pub fn consumer_org(mut self, number: impl OptionalText) -> Self {
        if let Some(number) = given::filled(number) {
            self.consumer_org = Some(organisation(&number));
        }
        self
    }

    /// The deprecated `iss_onbehalfof`; not together with a consumer organisation.
    #[must_use]
    pub fn on_behalf_of(mut self, issuer: impl OptionalText) -> Self {
        if let Some(issuer) = given::text(issuer) {
            self.on_behalf_of = Some(issuer.trim().to_owned());
        }
        self
    }

    /// The person the request is about (`pid`): eleven digits, with or without a space in them.
    #[must_use]
    pub fn pid(mut self, pid: impl OptionalText) -> Self {
        if let Some(pid) = given::text(pid) {
            self.pid = Some(digits_of(&pid, 11));
        }
        self
    }

    /// The system user to act as.
    #[must_use]
    pub fn system_user(mut self, system_user: impl Into<Option<SystemUser>>) -> Self {
        if let Some(system_user) = system_user.into() {
            self.system_user = Some(system_user);
        }
        self
    }
}

impl SystemUser {
    /// The system user of an organisation: nine digits, as `991825827`, `991 825 827`, `0192:991825827`,
    /// `iso6523-actorid-upis::0192:991825827`, `urn:altinn:organization:identifier-no:991825827` or `NO991825827MVA`. However it is
    /// spelt, it is the same request.
    pub fn of(number: impl Into<String>) -> Self {
        Self {
            organisation: organisation(&number.into()),
            external_ref: None,
        }
    }

    /// The reference that was used when the system user was requested. Without one, leave it out: a blank one is an error, as it would
    /// name another system user.
    #[must_use]
    pub fn external_ref(mut self, external_ref: impl OptionalText) -> Self {
        if let Some(external_ref) = given::text(external_ref) {
            self.external_ref = Some(external_ref.trim().to_owned());
        }
        self
    }
}

/// What is blank says nothing.
pub(crate) fn filled(text: impl Into<String>) -> Option<String> {
    given::filled(text.into())
}

impl fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let resource: Vec<String> = self.resource.iter().map(|resource| slip::shown(resource)).collect();
        f.debug_struct("TokenRequest")
            .field("scopes", &slip::shown_words(&self.scopes))
            .field("resource", &resource)
            .field("consumer_org", &self.consumer_org.as_deref().map(shown_organisation))
            .field("on_behalf_of", &self.on_behalf_of.as_deref().map(shown_party))
            // A person's number is nobody's business in a log.
            .field("pid", &self.pid.as_ref().map(|_| "…"))
            .field("system_user", &self.system_user)
            .finish()
    }
}

impl fmt::Debug for SystemUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SystemUser")
            .field("organisation", &shown_organisation(&self.organisation))
            .field("external_ref", &self.external_ref.as_deref().map(shown_party))
            .finish()
    }
}

/// What is no organisation's number may be a person's.
fn shown_organisation(number: &str) -> &str {
    match is_number(number, 9) {
        true => number,
        false => "…",
    }
}

/// Of anybody that is called by a name or a number.
fn shown_party(name: &str) -> String {
    match is_number(&digits_of(name, 11), 11) {
        true => "…".to_owned(),
        false => slip::shown(name),
    }
}
