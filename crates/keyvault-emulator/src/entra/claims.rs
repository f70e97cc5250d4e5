//! Tokens: what is in them, and how they are made.

use jsonwebtoken::{Algorithm, Header, encode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::signing_key;
use crate::server::{hex, new_uuid, random_bytes, unix_now, uuid_from};
use crate::state::Shared;

/// What a vault reads in an access token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub(crate) iss: String,
    pub(crate) aud: String,
    pub(crate) exp: i64,
    #[serde(default)]
    pub(crate) nbf: i64,
    #[serde(default)]
    pub(crate) appid: String,
    #[serde(default)]
    pub(crate) oid: String,
}

/// The object id of a client's service principal.
pub(crate) fn object_id(client_id: &str) -> String {
    uuid_from(&format!("service principal of {}", client_id.to_ascii_lowercase()))
}

/// An access token for `resource`, and how long it lives in seconds.
pub(crate) fn mint(shared: &Shared, client_id: &str, resource: &str, by_assertion: bool) -> (String, i64) {
    let now = unix_now();
    let lifetime = i64::try_from(shared.token_lifetime.as_secs()).unwrap_or(i64::MAX / 2);
    let oid = object_id(client_id);
    let claims = json!({
        "aud": resource,
        "iss": shared.issuer(),
        "iat": now,
        "nbf": now,
        "exp": now + lifetime,
        "aio": hex(&random_bytes::<8>()),
        "appid": client_id,
        "appidacr": if by_assertion { "2" } else { "1" },
        "idp": shared.issuer(),
        "idtyp": "app",
        "oid": oid,
        "sub": oid,
        "tid": shared.tenant,
        "uti": hex(&random_bytes::<11>()),
        "ver": "1.0",
    });
    (sign(&claims), lifetime)
}

/// What a Kubernetes service account projects: a token of another issuer, meant for the exchange.
pub(crate) fn federated_token(shared: &Shared) -> String {
    let now = unix_now();
    sign(&json!({
        "iss": shared.federation_issuer(),
        "sub": "system:serviceaccount:default:workload",
        "aud": ["api://AzureADTokenExchange"],
        "iat": now,
        "nbf": now,
        "exp": now + 3_600,
        "jti": new_uuid(),
    }))
}

pub(crate) fn sign(claims: &Value) -> String {
    let key = signing_key();
    let mut header = Header::new(Algorithm::RS256);
    header.kid = Some(key.kid.clone());
    encode(&header, claims, &key.encoding).expect("an RSA key of 2048 bits signs RS256")
}
