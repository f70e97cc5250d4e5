//! What a token is asked for. Everything in it is part of the cache's identity, so one thing has one spelling in it.

mod age;
mod details;
mod getters;
mod number;

use std::fmt;

use details::{shown_organisation, shown_party};
use number::{digits_of, organisation};
use serde_json::Value;
use tokio::time::Instant;

use crate::given::{self, OptionalText};
use crate::slip;
pub(crate) use age::Age;
pub(crate) use details::{AUTHORITY, CONSENT, Detail, Other, Party, SYSTEM_USER};
pub use details::{Consent, SystemUser};
pub(crate) use number::{has_control_digit, has_control_digits};

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
    /// One of each kind; of more than one the request is not valid.
    pub(crate) details: Vec<Detail>,
    /// No part of what it is.
    pub(crate) age: Age,
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

    /// The system user to act as. A token is for one system user, one consent or one other detail.
    #[must_use]
    pub fn system_user(self, system_user: impl Into<Option<SystemUser>>) -> Self {
        self.detail(system_user.into().map(Detail::SystemUser))
    }

    /// The consent that the token makes use of.
    #[must_use]
    pub fn consent(self, consent: impl Into<Option<Consent>>) -> Self {
        self.detail(consent.into().map(Detail::Consent))
    }

    /// Any other `authorization_details` (RFC 9396): an object with a `type`, or an array of one such. The order of its members makes no
    /// other request; `null` is no wish. A system user and a consent are taken too, and checked as such.
    ///
    /// ```
    /// use maskinporten::{SystemUser, TokenRequest};
    /// use serde_json::json;
    ///
    /// let other = json!({ "type": "urn:example:payment", "account": "12345678903" });
    /// let request = TokenRequest::new(["example:payments"]).authorization_details(other);
    /// request.validate()?; // its size, and that there is one
    ///
    /// // What is kept as JSON elsewhere is the same as what is typed.
    /// let user = json!([{
    ///     "type": "urn:altinn:systemuser",
    ///     "systemuser_org": { "authority": "iso6523-actorid-upis", "ID": "0192:310000000" }
    /// }]);
    /// let scopes = ["altinn:serviceowner"];
    /// assert_eq!(
    ///     TokenRequest::new(scopes).authorization_details(user),
    ///     TokenRequest::new(scopes).system_user(SystemUser::of("310000000"))
    /// );
    /// # Ok::<(), maskinporten::Error>(())
    /// ```
    #[must_use]
    pub fn authorization_details(self, details: impl Into<Option<Value>>) -> Self {
        self.detail(details.into().and_then(Detail::read))
    }

    /// Insists on a token that is asked for now, whatever is held: where what it grants has changed, such as a delegation or a system
    /// user's rights. It costs a request each time it is used, so do not keep such a request for all.
    ///
    /// Those who insist while another's request of this kind is under way share it. A request that nobody insisted on is not waited
    /// for: what it brings may be older. Neither memory nor the shared store is asked, and for Altinn's token the one beneath is new too.
    /// The new token takes the place of the one before for everybody in this process, and in the shared store, where another process
    /// finds it when its own ends; if it cannot be had, that is an error, while the one before serves the others. After a refusal nobody
    /// asks again for a second, or for as long as the server said.
    ///
    /// It says nothing of what the token is for: a request is equal to the same one that does not insist.
    ///
    /// ```
    /// use maskinporten::{Error, MaskinportenClient, SystemUser, Token, TokenRequest};
    ///
    /// /// The customer has just given the system user more rights.
    /// async fn with_its_new_rights(client: &MaskinportenClient) -> Result<std::sync::Arc<Token>, Error> {
    ///     let request = TokenRequest::new(["altinn:serviceowner"]).system_user(SystemUser::of("310000000"));
    ///     client.token(&request.fresh()).await
    /// }
    /// ```
    #[must_use]
    pub fn fresh(mut self) -> Self {
        self.age = Age::Fresh;
        self
    }

    fn detail(mut self, detail: Option<Detail>) -> Self {
        if let Some(detail) = detail {
            self.details.retain(|before| !before.is_of_one_kind_with(&detail));
            self.details.push(detail);
        }
        self
    }

    /// The same, newer than this.
    pub(crate) fn since(&self, since: Option<Instant>) -> Self {
        Self {
            age: since.map_or(Age::Any, Age::Since),
            ..self.clone()
        }
    }

    /// What is said here goes over what the other says; what is not said stays.
    pub(crate) fn over(&self, base: &Self) -> Self {
        // By name, so that a new claim cannot be forgotten here.
        let Self {
            scopes,
            resource,
            consumer_org,
            on_behalf_of,
            pid,
            details,
            age,
        } = self;
        let mut request = base.clone();
        if !scopes.is_empty() {
            request.scopes.clone_from(scopes);
        }
        if !resource.is_empty() {
            request.resource.clone_from(resource);
        }
        // Maskinporten takes one of the two.
        if consumer_org.is_some() || on_behalf_of.is_some() {
            request.consumer_org.clone_from(consumer_org);
            request.on_behalf_of.clone_from(on_behalf_of);
        }
        if pid.is_some() {
            request.pid.clone_from(pid);
        }
        // One for each token.
        if !details.is_empty() {
            request.details.clone_from(details);
        }
        if !age.is_any() {
            request.age = *age;
        }
        request
    }
}

impl fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let resource: Vec<String> = self.resource.iter().map(|resource| shown_party(resource)).collect();
        f.debug_struct("TokenRequest")
            .field("scopes", &slip::shown_words(&self.scopes))
            .field("resource", &resource)
            .field("consumer_org", &self.consumer_org.as_deref().map(shown_organisation))
            .field("on_behalf_of", &self.on_behalf_of.as_deref().map(shown_party))
            // A person's number is nobody's business in a log.
            .field("pid", &self.pid.as_ref().map(|_| "…"))
            .field("details", &self.details)
            .field("fresh", &self.is_fresh())
            .finish()
    }
}
