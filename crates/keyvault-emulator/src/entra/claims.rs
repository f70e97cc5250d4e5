//! Tokens: what is in them, and how they are made.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::json;
use uuid::{Builder, Uuid};

use super::signing_key;
use crate::clock::unix_now;
use crate::state::Shared;

/// What a vault reads in an access token.
#[derive(Clone, Debug, Deserialize)]
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

/// The object id of a client's service principal: the same one from run to run.
fn object_id(client_id: &str) -> String {
    let name = format!("service principal of {}", client_id.to_ascii_lowercase());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest(&SHA256, name.as_bytes()).as_ref()[..16]);
    Builder::from_random_bytes(bytes).into_uuid().to_string()
}

/// Something that is new in every token, as Entra ID writes it.
fn unique() -> String {
    URL_SAFE_NO_PAD.encode(Uuid::new_v4())
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
        "aio": unique(),
        "appid": client_id,
        "appidacr": if by_assertion { "2" } else { "1" },
        "idp": shared.issuer(),
        "idtyp": "app",
        "oid": oid,
        "sub": oid,
        "tid": shared.tenant,
        "uti": unique(),
        "ver": "1.0",
    });
    (signing_key().sign(&claims), lifetime)
}

/// What a Kubernetes service account projects: a token of another issuer, meant for the exchange.
///
/// It lives for a day, the longest that workload identity lets one be projected for: nobody renews the program's file.
pub(crate) fn federated_token(shared: &Shared) -> String {
    let now = unix_now();
    signing_key().sign(&json!({
        "iss": shared.federation_issuer(),
        "sub": "system:serviceaccount:default:workload",
        "aud": ["api://AzureADTokenExchange"],
        "iat": now,
        "nbf": now,
        "exp": now + 86_400,
        "jti": Uuid::new_v4().to_string(),
    }))
}
