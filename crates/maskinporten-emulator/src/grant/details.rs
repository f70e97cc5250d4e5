//! `authorization_details` (RFC 9396): a system user or a consent, one a token.
//!
//! <https://docs.digdir.no/docs/Maskinporten/maskinporten_func_systembruker>,
//! <https://docs.digdir.no/docs/Maskinporten/maskinporten_func_samtykke>

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::{GrantError, jws::Jws};
use crate::client::Registry;
use crate::party::{AUTHORITY, party};

pub(crate) const SYSTEM_USER: &str = "urn:altinn:systemuser";
pub(crate) const CONSENT: &str = "urn:altinn:consent";

/// What the token says of them; nothing if the assertion has none.
pub(crate) fn resolve(registry: &Registry, jws: &Jws<'_>, consumer: &str) -> Result<Option<Value>, GrantError> {
    let Some(details) = jws.claims.get("authorization_details") else {
        return Ok(None);
    };
    let Some([Value::Object(entry)]) = details.as_array().map(Vec::as_slice) else {
        return Err(malformed(
            "authorization_details must be an array of exactly one object",
        ));
    };
    let resolved = match entry.get("type").and_then(Value::as_str) {
        Some(SYSTEM_USER) => system_user(registry, entry)?,
        Some(CONSENT) => consent(registry, entry, consumer)?,
        _ => return Err(GrantError::details(301, "Unknown authorization details type")),
    };
    Ok(Some(json!([resolved])))
}

fn malformed(what: &str) -> GrantError {
    GrantError::details(302, format!("Unknown fields in the authorization details: {what}"))
}

fn invalid(what: &str) -> GrantError {
    GrantError::details(303, format!("Invalid authorization details values: {what}"))
}

fn only(entry: &Map<String, Value>, known: &[&str]) -> Result<(), GrantError> {
    match entry.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(malformed(&key.escape_debug().to_string())),
        None => Ok(()),
    }
}

fn system_user(registry: &Registry, entry: &Map<String, Value>) -> Result<Value, GrantError> {
    only(entry, &["type", "systemuser_org", "externalRef"])?;
    let Some(named) = entry.get("systemuser_org").and_then(Value::as_object) else {
        return Err(invalid("systemuser_org"));
    };
    only(named, &["authority", "ID"])?;
    let org = named
        .get("ID")
        .and_then(Value::as_str)
        .and_then(|id| id.strip_prefix("0192:"));
    let org = org.filter(|org| org.len() == 9 && org.bytes().all(|byte| byte.is_ascii_digit()));
    let (Some(AUTHORITY), Some(org)) = (named.get("authority").and_then(Value::as_str), org) else {
        return Err(invalid("systemuser_org"));
    };
    // Left out, it is the party's organisation number.
    let reference = match entry.get("externalRef") {
        None => org,
        Some(Value::String(reference)) if is_reference(reference) => reference,
        Some(_) => return Err(malformed("externalRef")),
    };
    let Some(user) = registry.system_user(org, reference) else {
        return Err(GrantError::not_approved(
            "System user not found for the given organisation, system and external reference",
        ));
    };
    Ok(json!({
        "type": SYSTEM_USER,
        "systemuser_org": party(org),
        "systemuser_id": [user.id],
        "system_id": user.system_id,
    }))
}

/// At most 255 of `a-z A-Z 0-9 øØæÆåÅ _ -`, as Altinn's own library has it from Maskinporten.
fn is_reference(reference: &str) -> bool {
    let is_one = |c: char| c.is_ascii_alphanumeric() || "øØæÆåÅ_-".contains(c);
    (1..=255).contains(&reference.chars().count()) && reference.chars().all(is_one)
}

fn consent(registry: &Registry, entry: &Map<String, Value>, consumer: &str) -> Result<Value, GrantError> {
    only(entry, &["type", "id", "from"])?;
    let text = |field: &str| entry.get(field).and_then(Value::as_str);
    let id = text("id").filter(|id| is_uuid(id)).ok_or_else(|| invalid("id"))?;
    let is_party = |from: &&str| {
        let person = from.strip_prefix("urn:altinn:person:identifier-no:").map(|id| (id, 11));
        let party = person.or_else(|| {
            from.strip_prefix("urn:altinn:organization:identifier-no:")
                .map(|id| (id, 9))
        });
        party.is_some_and(|(id, length)| id.len() == length && id.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let from = text("from").filter(is_party).ok_or_else(|| invalid("from"))?;
    let Some(given) = registry.consent(id, from) else {
        return Err(GrantError::not_approved("Consent not found"));
    };
    Ok(json!({
        "type": CONSENT,
        "id": id,
        "from": from,
        "to": party(consumer),
        "consented": iso_8601(given),
        "validTo": iso_8601(given.saturating_add(365 * 24 * 60 * 60)),
        "consentRights": [],
    }))
}

fn iso_8601(unix: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp(unix).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (hour, minute, second) = at.to_hms();
    let date = at.date();
    format!("{date}T{hour:02}:{minute:02}:{second:02}+00:00")
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.char_indices().all(|(index, c)| match index {
            8 | 13 | 18 | 23 => c == '-',
            _ => c.is_ascii_hexdigit(),
        })
}
