//! What clients and APIs read before they use it: metadata (RFC 8414) and keys (RFC 7517).

use emulator_kit::{Reply, SigningKey};
use hyper::StatusCode;
use serde_json::json;

use crate::grant::{CONSENT, SYSTEM_USER};
use crate::state::{Shared, paths};

pub(crate) fn maskinporten(shared: &Shared) -> Reply {
    Reply::json(
        StatusCode::OK,
        &json!({
            "issuer": shared.issuer(),
            "token_endpoint": shared.token_endpoint(),
            "jwks_uri": format!("{}{}", shared.base(), paths::JWKS),
            "grant_types_supported": ["urn:ietf:params:oauth:grant-type:jwt-bearer"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["RS256", "RS384", "RS512"],
            "authorization_details_types_supported": [SYSTEM_USER, CONSENT],
        }),
    )
}

pub(crate) fn altinn(shared: &Shared) -> Reply {
    Reply::json(
        StatusCode::OK,
        &json!({
            "issuer": shared.altinn_issuer(),
            "jwks_uri": format!("{}{}", shared.base(), paths::ALTINN_JWKS),
        }),
    )
}

pub(crate) fn keys<'a>(keys: impl IntoIterator<Item = &'a SigningKey>) -> Reply {
    let keys: Vec<_> = keys.into_iter().map(SigningKey::jwk).collect();
    Reply::json(StatusCode::OK, &json!({ "keys": keys }))
}
