//! One assertion: the JWT that is traded for a token. Each attempt gets its own, as Maskinporten takes none twice (MP-012).

mod validate;

#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use uuid::Uuid;

use crate::error::Error;
use crate::key::SigningKey;
use crate::quoted;
use crate::request::{AUTHORITY, CONSENT, Detail, SYSTEM_USER, TokenRequest};

/// Maskinporten takes 120 s at most. The longer, the more a clock may lag behind; `iat` itself is the true time, as it must be within
/// 10 s of Maskinporten's.
const LIFETIME: i64 = 119;

/// The documented claims and no other: Maskinporten refuses what it does not know.
#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    iss: &'a str,
    scope: String,
    iat: i64,
    exp: i64,
    jti: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<Resource<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consumer_org: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss_onbehalfof: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_details: Option<[Details<'a>; 1]>,
}

/// Both forms are in use; one resource goes as a text, as every other client sends it.
#[derive(Serialize)]
#[serde(untagged)]
enum Resource<'a> {
    One(&'a str),
    Many(&'a [String]),
}

#[derive(Serialize)]
#[serde(untagged)]
enum Details<'a> {
    SystemUser {
        #[serde(rename = "type")]
        kind: &'static str,
        systemuser_org: Organisation,
        #[serde(rename = "externalRef", skip_serializing_if = "Option::is_none")]
        external_ref: Option<&'a str>,
    },
    Consent {
        #[serde(rename = "type")]
        kind: &'static str,
        id: &'a str,
        from: String,
    },
    Other(&'a serde_json::Value),
}

#[derive(Serialize)]
struct Organisation {
    authority: &'static str,
    #[serde(rename = "ID")]
    id: String,
}

/// A signed assertion for the request, which is checked first. `issuer` goes into `aud` as it is: a slash too many is MP-110.
pub(crate) fn assertion(
    key: &SigningKey,
    client_id: &str,
    issuer: &str,
    request: &TokenRequest,
    now: i64,
) -> Result<SecretString, Error> {
    request.validate()?;
    let jti = Uuid::new_v4().to_string();
    key.sign(&claims(client_id, issuer, request, now, jti))
}

fn claims<'a>(client_id: &'a str, issuer: &'a str, request: &'a TokenRequest, now: i64, jti: String) -> Claims<'a> {
    Claims {
        aud: issuer,
        iss: client_id,
        scope: request.scopes.join(" "),
        iat: now,
        exp: now.saturating_add(LIFETIME),
        jti,
        resource: match request.resource.as_slice() {
            [] => None,
            [one] => Some(Resource::One(one)),
            many => Some(Resource::Many(many)),
        },
        consumer_org: request.consumer_org.as_deref(),
        iss_onbehalfof: request.on_behalf_of.as_deref(),
        pid: request.pid.as_deref(),
        // Of more than one the request is not valid.
        authorization_details: request.details.first().map(|detail| [details(detail)]),
    }
}

fn details(detail: &Detail) -> Details<'_> {
    match detail {
        Detail::SystemUser(user) => Details::SystemUser {
            kind: SYSTEM_USER,
            systemuser_org: Organisation {
                authority: AUTHORITY,
                id: format!("0192:{}", user.organisation),
            },
            external_ref: user.external_ref.as_deref(),
        },
        Detail::Consent(consent) => Details::Consent {
            kind: CONSENT,
            id: &consent.id,
            from: consent.get_from(),
        },
        Detail::Other(other) => Details::Other(&other.json),
    }
}

/// Header and claims for a log. Without its signature the assertion is worth nothing; with it, it is as good as the key until it ends.
pub(crate) fn shown(assertion: &SecretString) -> String {
    let mut parts = assertion.expose_secret().split('.').map(|part| {
        let decoded = BASE64_URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
        String::from_utf8(decoded).unwrap_or_default()
    });
    let (header, claims) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let claims = without_numbers(&claims);
    format!("{header}.{claims}.(signature not shown)")
}

/// A person's number is nobody's business in a log, wherever it stands: in `pid`, in whose consent it is, or in any other detail.
fn without_numbers(claims: &str) -> String {
    let mut shown = String::with_capacity(claims.len());
    let mut end = 0;
    for number in quoted::people(claims) {
        shown.push_str(&claims[end..number.start]);
        shown.push('…');
        end = number.end;
    }
    shown.push_str(&claims[end..]);
    shown
}
