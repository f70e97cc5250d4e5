//! What a token is for beyond its scopes (`authorization_details`, RFC 9396). Maskinporten takes one of them for each token.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::number::{digits_of, is_number, organisation};
use crate::given::{self, OptionalText};
use crate::quoted;
use crate::slip;

pub(crate) const SYSTEM_USER: &str = "urn:altinn:systemuser";
pub(crate) const CONSENT: &str = "urn:altinn:consent";
/// The register that organisations' numbers are told by.
pub(crate) const AUTHORITY: &str = "iso6523-actorid-upis";

const PERSON: &str = "urn:altinn:person:identifier-no:";
const ORGANISATION: &str = "urn:altinn:organization:identifier-no:";

/// Nobody's details are that long; what comes from outside may be.
const LONGEST: usize = 8 * 1024;
/// Nor nested so deep.
const DEEPEST: usize = 16;

/// One of a kind, and one kind for each token.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Detail {
    SystemUser(SystemUser),
    Consent(Consent),
    Other(Other),
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

/// A consent that a person or an organisation has given in Altinn (`urn:altinn:consent`, RFC 9396).
///
/// Its `Debug` shows no person's number.
///
/// ```
/// use maskinporten::{Consent, MaskinportenRequest, TokenRequest};
///
/// let consent = Consent::of("77ed8698-e019-4d9c-a5e4-8e0a3cf3f9d4", "991825827"); // whose it is: a person or an organisation
/// let request = TokenRequest::new(["skatteetaten:inntekt"]).consent(consent.clone());
/// request.validate()?; // the id is a UUID, and both kinds of number have check digits
///
/// // Or for one request of an HTTP client.
/// let request = MaskinportenRequest::new().consent(consent);
/// # Ok::<(), maskinporten::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Consent {
    /// A UUID in its usual spelling, or what was given if it is none.
    pub(crate) id: String,
    pub(crate) from: Party,
}

#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Party {
    Person(String),
    Organisation(String),
    /// Neither, as it was given.
    Unknown(String),
}

/// Any other, as JSON.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Other {
    /// With its members in order, so that one thing has one spelling.
    pub(crate) json: Value,
    /// Why it cannot be sent; then there is nothing in it.
    pub(crate) fault: Option<&'static str>,
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

    /// Its organisation: nine digits, where what was given is a spelling of them.
    #[must_use]
    pub fn get_organisation(&self) -> &str {
        &self.organisation
    }

    /// Its reference.
    #[must_use]
    pub fn get_external_ref(&self) -> Option<&str> {
        self.external_ref.as_deref()
    }
}

impl Consent {
    /// The consent of this id (a UUID) that this party gave: a person's eleven digits or an organisation's nine, in any of the spellings
    /// that [`SystemUser::of`] takes, or as `urn:altinn:person:identifier-no:…` or `urn:altinn:organization:identifier-no:…`.
    pub fn of(id: impl Into<String>, from: impl Into<String>) -> Self {
        let id: String = id.into();
        Self {
            id: match Uuid::try_parse(id.trim()) {
                Ok(id) => id.to_string(),
                Err(_) => id.trim().to_owned(),
            },
            from: Party::of(&from.into()),
        }
    }

    /// Its id.
    #[must_use]
    pub fn get_id(&self) -> &str {
        &self.id
    }

    /// Whose it is, as it is sent: `urn:altinn:person:identifier-no:…` or `urn:altinn:organization:identifier-no:…`. A person's number is
    /// in it.
    #[must_use]
    pub fn get_from(&self) -> String {
        match &self.from {
            Party::Person(number) => format!("{PERSON}{number}"),
            Party::Organisation(number) => format!("{ORGANISATION}{number}"),
            Party::Unknown(party) => party.clone(),
        }
    }
}

impl Party {
    fn of(party: &str) -> Self {
        let party = party.trim();
        let number = party.get(..PERSON.len());
        let number = match number.is_some_and(|start| start.eq_ignore_ascii_case(PERSON)) {
            true => &party[PERSON.len()..],
            false => party,
        };
        let person = digits_of(number, 11);
        if is_number(&person, 11) {
            return Self::Person(person);
        }
        let organisation = organisation(party);
        match is_number(&organisation, 9) {
            true => Self::Organisation(organisation),
            false => Self::Unknown(party.to_owned()),
        }
    }
}

impl Detail {
    /// `None`: nothing was given. One in an array is that one. A system user and a consent are read as such, so that they are the same
    /// request however they were given.
    pub(super) fn read(json: Value) -> Option<Self> {
        let json = match json {
            Value::Null => return None,
            Value::Array(mut all) if all.len() == 1 => all.remove(0),
            Value::Array(_) => return Some(Self::fault("holds more or fewer than one, and a token is for one")),
            json => json,
        };
        if !is_within(&json, DEEPEST) {
            return Some(Self::fault("is nested too deep"));
        }
        if json.to_string().len() > LONGEST {
            return Some(Self::fault("is too long"));
        }
        Some(match json.get("type").and_then(Value::as_str) {
            Some(SYSTEM_USER) => match serde_json::from_value::<GivenSystemUser>(json) {
                Ok(user) if user.organisation.authority == AUTHORITY => {
                    Self::SystemUser(SystemUser::of(user.organisation.id).external_ref(user.external_ref))
                }
                _ => Self::fault("is no system user as Maskinporten takes it: `systemuser_org` and `externalRef`"),
            },
            Some(CONSENT) => match serde_json::from_value::<GivenConsent>(json) {
                Ok(consent) => Self::Consent(Consent::of(consent.id, consent.from)),
                Err(_) => Self::fault("is no consent as Maskinporten takes it: `id` and `from`"),
            },
            _ => Self::Other(Other {
                json: in_order(json),
                fault: None,
            }),
        })
    }

    fn fault(fault: &'static str) -> Self {
        Self::Other(Other {
            json: Value::Null,
            fault: Some(fault),
        })
    }

    pub(super) fn is_of_one_kind_with(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

/// As it is sent, and nothing beside it: Maskinporten refuses what it does not know (MP-302).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenSystemUser {
    #[serde(rename = "type")]
    _kind: String,
    #[serde(rename = "systemuser_org")]
    organisation: GivenOrganisation,
    #[serde(rename = "externalRef")]
    external_ref: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenOrganisation {
    authority: String,
    #[serde(rename = "ID")]
    id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenConsent {
    #[serde(rename = "type")]
    _kind: String,
    id: String,
    from: String,
}

fn is_within(json: &Value, levels: usize) -> bool {
    match (json, levels.checked_sub(1)) {
        (Value::Array(all), Some(left)) => all.iter().all(|json| is_within(json, left)),
        (Value::Object(all), Some(left)) => all.values().all(|json| is_within(json, left)),
        (Value::Array(_) | Value::Object(_), None) => false,
        _ => true,
    }
}

/// The order of members says nothing, and with a feature of `serde_json` that anybody may turn on it is kept.
fn in_order(mut json: Value) -> Value {
    json.sort_all_objects();
    json
}

impl fmt::Debug for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SystemUser(user) => user.fmt(f),
            Self::Consent(consent) => consent.fmt(f),
            // Anybody may be named in it.
            Self::Other(Other { json, .. }) => {
                let kind = json.get("type").and_then(Value::as_str).map(shown_party);
                f.debug_struct("Other").field("type", &kind).finish_non_exhaustive()
            }
        }
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

impl fmt::Debug for Consent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = match &self.from {
            Party::Organisation(number) => number,
            // A person's number is nobody's business in a log.
            Party::Person(_) | Party::Unknown(_) => "…",
        };
        f.debug_struct("Consent")
            .field("id", &shown_party(&self.id))
            .field("from", &from)
            .finish()
    }
}

/// What is no organisation's number may be a person's.
pub(super) fn shown_organisation(number: &str) -> &str {
    match is_number(number, 9) {
        true => number,
        false => "…",
    }
}

/// Of anybody that is called by a name or a number, wherever in it a person's number stands.
pub(super) fn shown_party(name: &str) -> String {
    match quoted::people(name).is_empty() && !is_number(&digits_of(name, 11), 11) {
        true => slip::shown(name),
        false => "…".to_owned(),
    }
}
