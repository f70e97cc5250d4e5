//! A request is checked before anything is sent: what Maskinporten would refuse costs no round trip, and gets a better text.

use url::Url;

use crate::error::{Error, ErrorKind, Stage};
use crate::request::{SystemUser, TokenRequest};

impl TokenRequest {
    /// Checks what can be checked here: scopes, organisation numbers, the person's number, resources, references.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] with everything that is wrong.
    pub fn validate(&self) -> Result<(), Error> {
        let mut problems = Vec::new();
        self.check_scopes(&mut problems);
        if let Some(consumer) = &self.consumer_org {
            check_organisation("consumer_org", consumer, &mut problems);
        }
        if let Some(other) = &self.on_behalf_of {
            if self.consumer_org.is_some() {
                problems.push("`consumer_org` and `iss_onbehalfof` exclude each other".to_owned());
            }
            if other.trim().is_empty() {
                problems.push("`iss_onbehalfof` is blank".to_owned());
            }
        }
        // A person's number is not repeated in an error.
        if let Some(pid) = &self.pid
            && (pid.len() != 11 || !pid.bytes().all(|c| c.is_ascii_digit()))
        {
            problems.push("`pid` is not eleven digits".to_owned());
        }
        for resource in &self.resource {
            check_resource(resource, &mut problems);
        }
        if let Some(user) = &self.system_user {
            user.check(&mut problems);
        }
        if problems.is_empty() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::InvalidRequest,
            Stage::Token,
            format!("the request is not valid: {}", problems.join("; ")),
        ))
    }

    fn check_scopes(&self, problems: &mut Vec<String>) {
        if self.scopes.is_empty() {
            problems.push("it names no scope".to_owned());
        }
        for scope in &self.scopes {
            // RFC 6749, section 3.3.
            if !scope.bytes().all(|c| matches!(c, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)) {
                problems.push(format!("the scope `{scope}` holds a character that a scope cannot"));
            }
        }
    }
}

impl SystemUser {
    fn check(&self, problems: &mut Vec<String>) {
        check_organisation("systemuser_org", &self.organisation, problems);
        if let Some(reference) = &self.external_ref {
            // What Maskinporten refuses with MP-302.
            let known = |c: char| c.is_ascii_alphanumeric() || "øØæÆåÅ_-".contains(c);
            if reference.is_empty() || reference.chars().count() > 255 || !reference.chars().all(known) {
                problems
                    .push("`externalRef` is not 1 to 255 letters (a to z, æ, ø, å), digits, `_` and `-`".to_owned());
            }
        }
    }
}

/// An organisation number without the prefix of its register (ISO 6523: 0192 is Enhetsregisteret).
pub(super) fn organisation(number: &str) -> &str {
    let number = number.trim();
    number.strip_prefix("0192:").unwrap_or(number)
}

fn check_organisation(claim: &str, number: &str, problems: &mut Vec<String>) {
    let digits = organisation(number);
    if digits.len() != 9 || !digits.bytes().all(|c| c.is_ascii_digit()) {
        problems.push(format!("`{claim}` is not nine digits, with or without `0192:`"));
    } else if !has_control_digit(digits) {
        problems.push(format!(
            "`{claim}` is no organisation number: the control digit of `{digits}` is wrong"
        ));
    }
}

/// Modulus 11 with the weights of Enhetsregisteret.
fn has_control_digit(digits: &str) -> bool {
    const WEIGHTS: [u32; 8] = [3, 2, 7, 6, 5, 4, 3, 2];
    let values: Vec<u32> = digits.chars().filter_map(|c| c.to_digit(10)).collect();
    let sum: u32 = values.iter().zip(WEIGHTS).map(|(value, weight)| value * weight).sum();
    let control = (11 - sum % 11) % 11;
    values.last() == Some(&control)
}

fn check_resource(resource: &str, problems: &mut Vec<String>) {
    // `Url` forgives white space, Maskinporten does not.
    let clean = !resource.chars().any(|c| c.is_whitespace() || c.is_control());
    match Url::parse(resource) {
        Ok(url) if clean && url.fragment().is_none() => {}
        Ok(url) if url.fragment().is_some() => {
            problems.push(format!(
                "the resource `{resource}` has a fragment (`#`), which is refused"
            ));
        }
        _ => problems.push(format!("the resource `{resource}` is no absolute URI")),
    }
}
