//! A request is checked before anything is sent: what Maskinporten would refuse costs no round trip, and gets a better text.

use std::fmt;

use serde_json::Value;
use url::Url;
use uuid::Uuid;

use crate::error::{Error, ErrorKind, Stage};
use crate::quoted;
use crate::request::{Consent, Detail, Other, Party, SystemUser, TokenRequest, has_control_digit, has_control_digits};
use crate::slip::{self, Slip};

const PASSWORD: &str = "must hold no user name and no password";

/// What is wrong with one claim.
pub(crate) struct Wrong {
    /// Its name in the assertion.
    pub(crate) claim: &'static str,
    /// Which of several values, if that is to be told.
    pub(crate) value: Option<String>,
    pub(crate) what: String,
    /// It is this one. Whoever read the value knows where it belongs.
    pub(crate) slip: Option<Slip>,
}

impl Wrong {
    fn claim(claim: &'static str, what: impl Into<String>) -> Self {
        Self {
            claim,
            value: None,
            what: what.into(),
            slip: None,
        }
    }

    /// Its value is not shown: nobody knows what it is.
    fn slip(claim: &'static str, value: &str) -> Option<Self> {
        Some(Self::of_slip(claim, slip::of(value)?))
    }

    fn of_slip(claim: &'static str, slip: Slip) -> Self {
        Self {
            slip: Some(slip),
            ..Self::claim(claim, slip.to_string())
        }
    }

    fn is_secret(&self) -> bool {
        matches!(self.slip, Some(Slip::Secret(_)))
    }

    /// Its value is shown as far as it may be.
    fn value(claim: &'static str, value: &str, what: impl Into<String>) -> Self {
        Self {
            value: Some(slip::shown(value)).filter(|shown| quoted::people(shown).is_empty()),
            ..Self::claim(claim, what)
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { claim, value, what, .. } = self;
        match value {
            Some(value) => write!(f, "the {claim} `{value}` {what}"),
            None => write!(f, "`{claim}` {what}"),
        }
    }
}

impl TokenRequest {
    /// Checks what can be checked here: scopes, organisation numbers, the person's number, resources, references.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] with everything that is wrong.
    pub fn validate(&self) -> Result<(), Error> {
        let mut problems = Vec::new();
        let no_scope = self.scopes.is_empty();
        if no_scope {
            problems.push("it names no scope".to_owned());
        }
        let wrong = self.wrong();
        problems.extend(wrong.iter().map(ToString::to_string));
        if problems.is_empty() {
            return Ok(());
        }
        let cause = format!("the request is not valid: {}", problems.join("; "));
        let error = Error::new(ErrorKind::InvalidRequest, Stage::Token, cause);
        Err(match wrong.iter().any(Wrong::is_secret) {
            true => error.with_remedy("take it out of the request: a key is given in the settings or by a key source"),
            false if no_scope => error.with_remedy("name scopes in the request or in the settings"),
            false => error,
        })
    }

    /// What is wrong with the claims that are there.
    pub(crate) fn wrong(&self) -> Vec<Wrong> {
        let mut all = Vec::new();
        for scope in &self.scopes {
            if let Some(slip) = Wrong::slip("scope", scope) {
                all.push(slip);
                continue;
            }
            // RFC 6749, section 3.3.
            if !scope.bytes().all(|c| matches!(c, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)) {
                let what = "holds a character that a scope cannot";
                all.push(match slip::shown_words(&self.scopes).contains(&slip::shown(scope)) {
                    true => Wrong::value("scope", scope, what),
                    false => Wrong::claim("scope", what),
                });
            }
        }
        if let Some(consumer) = &self.consumer_org {
            check_organisation("consumer_org", consumer, &mut all);
        }
        if let Some(other) = &self.on_behalf_of {
            if self.consumer_org.is_some() {
                all.push(Wrong::claim("consumer_org", "and `iss_onbehalfof` exclude each other"));
            }
            if other.trim().is_empty() {
                all.push(Wrong::claim("iss_onbehalfof", "is blank"));
            } else if let Some(slip) = Wrong::slip("iss_onbehalfof", other) {
                all.push(slip);
            } else if quoted::has_user(other) {
                all.push(Wrong::claim("iss_onbehalfof", PASSWORD));
            }
        }
        if let Some(pid) = &self.pid {
            check_person("pid", pid, &mut all);
        }
        for resource in &self.resource {
            check_resource(resource, &mut all);
        }
        if self.details.len() > 1 {
            let what = "name more than one, and a token is for one system user, one consent or one other";
            all.push(Wrong::claim("authorization_details", what));
        }
        for detail in &self.details {
            match detail {
                Detail::SystemUser(user) => user.check(&mut all),
                Detail::Consent(consent) => consent.check(&mut all),
                Detail::Other(other) => other.check(&mut all),
            }
        }
        all
    }
}

impl SystemUser {
    fn check(&self, all: &mut Vec<Wrong>) {
        check_organisation("systemuser_org", &self.organisation, all);
        if let Some(reference) = &self.external_ref {
            // What Maskinporten refuses with MP-302.
            let known = |c: char| c.is_ascii_alphanumeric() || "øØæÆåÅ_-".contains(c);
            if reference.is_empty() || reference.chars().count() > 255 || !reference.chars().all(known) {
                let what = match reference.is_empty() {
                    true => "is blank: leave it out where the system user has none",
                    false => "is not 1 to 255 letters (a to z, æ, ø, å), digits, `_` and `-`",
                };
                all.push(Wrong::claim("externalRef", what));
            }
        }
    }
}

impl Consent {
    fn check(&self, all: &mut Vec<Wrong>) {
        if Uuid::try_parse(&self.id).is_err() {
            all.push(Wrong::slip("id", &self.id).unwrap_or_else(|| Wrong::claim("id", "of the consent is no UUID")));
        }
        match &self.from {
            Party::Person(number) => check_person("from", number, all),
            Party::Organisation(number) => check_organisation("from", number, all),
            Party::Unknown(party) => all.push(Wrong::slip("from", party).unwrap_or_else(|| {
                let what = "of the consent is neither a person's eleven digits nor an organisation's nine";
                Wrong::claim("from", what)
            })),
        }
    }
}

impl Other {
    fn check(&self, all: &mut Vec<Wrong>) {
        const CLAIM: &str = "authorization_details";
        if let Some(fault) = self.fault {
            return all.push(Wrong::claim(CLAIM, fault));
        }
        // RFC 9396, section 2.
        let what = match &self.json {
            Value::Object(fields) => match fields.get("type") {
                Some(Value::String(kind)) if !kind.trim().is_empty() => {
                    let slip = Wrong::slip(CLAIM, kind).or_else(|| self.slip_within(CLAIM));
                    return all.extend(slip);
                }
                Some(_) => "has a `type` that is no text",
                None => "has no `type`",
            },
            _ => "is no JSON object",
        };
        all.push(Wrong::claim(CLAIM, what));
    }

    /// What a type holds is its own business (RFC 9396, section 2), but no key. No deeper than what was let in.
    fn slip_within(&self, claim: &'static str) -> Option<Wrong> {
        let mut left = vec![&self.json];
        while let Some(json) = left.pop() {
            match json {
                Value::Array(items) => left.extend(items),
                Value::Object(fields) => left.extend(fields.values()),
                Value::String(text) => {
                    if let Some(slip) = slip::of_free_text(text) {
                        return Some(Wrong::of_slip(claim, slip));
                    }
                }
                _ => {}
            }
        }
        None
    }
}

/// A request holds nine digits where a spelling of them was given.
fn check_organisation(claim: &'static str, digits: &str, all: &mut Vec<Wrong>) {
    let is_number = digits.len() == 9 && digits.bytes().all(|c| c.is_ascii_digit());
    if is_number && has_control_digit(digits) {
        return;
    }
    all.push(match Wrong::slip(claim, digits) {
        _ if is_number => {
            let what = format!("is no organisation number: the control digit of `{digits}` is wrong");
            Wrong::claim(claim, what)
        }
        Some(slip) => slip,
        None if digits.is_empty() => Wrong::claim(claim, "is blank"),
        None => Wrong::claim(claim, "is not nine digits, with or without `0192:`"),
    });
}

/// A person's number is not repeated in an error.
fn check_person(claim: &'static str, digits: &str, all: &mut Vec<Wrong>) {
    let is_number = digits.len() == 11 && digits.bytes().all(|c| c.is_ascii_digit());
    match is_number {
        true if has_control_digits(digits) => {}
        true => all.push(Wrong::claim(claim, "is no person's number: a control digit is wrong")),
        false => all.push(Wrong::claim(claim, "is not eleven digits")),
    }
}

fn check_resource(resource: &str, all: &mut Vec<Wrong>) {
    if let Some(slip) = Wrong::slip("resource", resource) {
        return all.push(slip);
    }
    // `Url` forgives white space, Maskinporten does not.
    let clean = !resource.chars().any(|c| c.is_whitespace() || c.is_control());
    let what = match Url::parse(resource) {
        Ok(url) if quoted::names_user(&url) => PASSWORD,
        Ok(url) if clean && url.fragment().is_none() => return,
        Ok(url) if url.fragment().is_some() => "has a fragment (`#`), which is refused",
        _ => "is no absolute URI",
    };
    all.push(Wrong::value("resource", resource, what));
}
