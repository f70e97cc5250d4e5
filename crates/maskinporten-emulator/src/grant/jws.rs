//! The assertion: its three parts, its header, and whose signature it bears.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::Algorithm;
use jsonwebtoken::crypto::verify;
use serde_json::{Map, Value};

use super::GrantError;
use crate::client::{ClientSpec, Registry};
use crate::key::{Certificate, ClientKey};

/// A JWS taken apart, not verified yet.
pub(crate) struct Jws<'a> {
    pub(super) header: Map<String, Value>,
    pub(crate) claims: Map<String, Value>,
    message: &'a str,
    pub(crate) signature: &'a str,
}

impl<'a> Jws<'a> {
    pub(crate) fn parse(assertion: &'a str) -> Option<Self> {
        let (message, signature) = assertion.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        // A stray line break is no wrong signature, but no assertion at all.
        URL_SAFE_NO_PAD.decode(signature).ok()?;
        Some(Self {
            header: object(header)?,
            claims: object(claims)?,
            message,
            signature,
        })
    }

    pub(crate) fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim)?.as_str()
    }

    /// Checks the header and the signature against the client's keys, or its certificates.
    ///
    /// Exactly one of `kid` and `x5c` names the key; `x5c` is for clients without a registered key.
    pub(crate) fn authenticate(&self, registry: &Registry, client: &ClientSpec, now: i64) -> Result<bool, GrantError> {
        let algorithm = match self.header.get("alg").and_then(Value::as_str) {
            Some("RS256") => Algorithm::RS256,
            Some("RS384") => Algorithm::RS384,
            Some("RS512") => Algorithm::RS512,
            _ => return Err(GrantError::assertion("Unsupported signature algorithm.")),
        };
        let with_certificate = self.header.contains_key("x5c");
        let key = match (self.header.get("kid"), self.header.get("x5c")) {
            (Some(_), Some(_)) => {
                return Err(GrantError::assertion(
                    "Either kid or x5c must be present in the header, not both.",
                ));
            }
            (Some(kid), None) => registered(client, kid)?,
            (None, _) if client.has_registered_key() => {
                return Err(GrantError::authentication(
                    None,
                    "The client requires pre-registered jwk and no key identifier (kid) provided.",
                ));
            }
            (None, Some(x5c)) => certified(registry, client, x5c, now)?,
            (None, None) => {
                return Err(GrantError::assertion(
                    "Either kid or x5c must be present in the header.",
                ));
            }
        };
        let signed = verify(self.signature, self.message.as_bytes(), key.decoding(), algorithm);
        if !matches!(signed, Ok(true)) {
            return Err(GrantError::authentication(124, "Invalid JWT signature."));
        }
        // An expired key says so only to whoever has it.
        if key.expires().is_some_and(|expires| expires <= now) {
            return Err(GrantError::authentication(121, "Expired key."));
        }
        Ok(with_certificate)
    }
}

fn object(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

fn registered<'a>(client: &'a ClientSpec, kid: &Value) -> Result<&'a ClientKey, GrantError> {
    let mut keys = client.keys.iter().filter(|key| key.leaf().is_none());
    keys.find(|key| kid.as_str() == Some(key.kid()))
        .ok_or_else(|| GrantError::authentication(None, "Unknown key identifier (kid) for client."))
}

/// The leaf alone is what other clients send, and enough; a chain must be one.
fn certified<'a>(
    registry: &'a Registry,
    client: &ClientSpec,
    x5c: &Value,
    now: i64,
) -> Result<&'a ClientKey, GrantError> {
    let entries = x5c
        .as_array()
        .filter(|entries| !entries.is_empty())
        .ok_or_else(GrantError::x5c)?;
    let mut chain = Vec::new();
    for entry in entries {
        // A client in use (`@vtfk/maskinporten-auth`) leaves the carriage returns of a PEM file in it.
        let text = entry.as_str().map(|text| text.replace(['\r', '\n'], ""));
        let der = text.and_then(|text| STANDARD.decode(text).ok());
        let certificate = der.and_then(|der| Certificate::read(&der).ok());
        chain.push(certificate.ok_or_else(GrantError::x5c)?);
    }
    let leaf = &chain[0];
    let owner = registry.clients().find_map(|owner| {
        let is_leaf = |key: &&ClientKey| key.leaf().is_some_and(|known| known.der == leaf.der);
        Some((owner, owner.keys.iter().find(is_leaf)?))
    });
    let Some((owner, key)) = owner else {
        return Err(GrantError::authentication(
            120,
            "The JWT is signed with an invalid certificate.",
        ));
    };
    if !(leaf.not_before..=leaf.not_after).contains(&now) {
        return Err(GrantError::authentication(124, "Expired certificate."));
    }
    if owner.org != client.org {
        return Err(GrantError::authentication(
            122,
            "Invalid organization number for client. Does not match certificate orgno.",
        ));
    }
    Ok(key)
}
