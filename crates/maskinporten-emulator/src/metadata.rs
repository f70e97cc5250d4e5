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

/// The members of `OpenIdController`, at the addresses of `GeneralSettings`, in <https://github.com/Altinn/altinn-authentication>: libraries that check tokens refuse a
/// document without those that OpenID Connect Discovery requires.
pub(crate) fn altinn(shared: &Shared) -> Reply {
    let at = |path: &str| format!("{}{path}", shared.base());
    Reply::json(
        StatusCode::OK,
        &json!({
            "issuer": shared.altinn_issuer(),
            "authorization_endpoint": at(paths::ALTINN_AUTHORIZE),
            "token_endpoint": at(paths::ALTINN_TOKEN),
            "jwks_uri": at(paths::ALTINN_JWKS),
            "response_types_supported": ["token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "end_session_endpoint": at(paths::ALTINN_END_SESSION),
        }),
    )
}

pub(crate) fn keys<'a>(keys: impl IntoIterator<Item = &'a SigningKey>) -> Reply {
    let keys: Vec<_> = keys.into_iter().map(SigningKey::jwk).collect();
    Reply::json(StatusCode::OK, &json!({ "keys": keys }))
}
