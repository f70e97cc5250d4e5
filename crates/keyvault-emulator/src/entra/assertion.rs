//! Client assertions: what a workload shows instead of a secret.

use jsonwebtoken::dangerous::insecure_decode_claims;
use jsonwebtoken::decode_header;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{EntraError, signing_key};
use crate::clock::unix_now;
use crate::state::Shared;

const AUDIENCE: &str = "api://AzureADTokenExchange";

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct Assertion {
    #[serde(default)]
    iss: String,
    aud: Option<Audience>,
    #[serde(default)]
    exp: i64,
    #[serde(default)]
    nbf: i64,
}

/// Accepts the emulator's own federated tokens and nothing else.
pub(crate) fn check(shared: &Shared, token: &str) -> Result<(), EntraError> {
    let malformed = || EntraError::bad_request("invalid_request", 50_027, "JWT token is invalid or malformed.");
    decode_header(token).map_err(|_| malformed())?;
    let payload: Assertion = insecure_decode_claims(token).map_err(|_| malformed())?;
    if payload.iss != shared.federation_issuer() {
        return Err(EntraError::invalid_client(
            700_211,
            format!(
                "No matching federated identity record found for presented assertion issuer '{}'. \
                 Check your federated identity credential Subject, Audience and Issuer against the presented assertion. \
                 https://docs.microsoft.com/azure/active-directory/develop/workload-identity-federation",
                payload.iss
            ),
        ));
    }
    let audiences = match payload.aud {
        Some(Audience::One(audience)) => vec![audience],
        Some(Audience::Many(audiences)) => audiences,
        None => Vec::new(),
    };
    if !audiences.iter().any(|audience| audience == AUDIENCE) {
        return Err(EntraError::invalid_client(
            700_212,
            format!(
                "No matching federated identity record found for presented assertion audience '{}'.",
                audiences.join(",")
            ),
        ));
    }
    let now = unix_now();
    if payload.exp <= now || payload.nbf > now + 300 {
        return Err(EntraError::invalid_client(
            700_024,
            "Client assertion is not within its valid time range.",
        ));
    }
    if signing_key().verify::<IgnoredAny>(token).is_none() {
        return Err(EntraError::invalid_client(
            700_027,
            "The certificate with identifier used to sign the client assertion is not registered on application.",
        ));
    }
    Ok(())
}
