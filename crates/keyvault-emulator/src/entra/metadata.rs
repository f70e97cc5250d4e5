//! The documents that clients read before they ask for a token.

use emulator_kit::Reply;
use hyper::StatusCode;
use serde_json::json;

use super::{EntraError, signing_key};
use crate::state::Shared;

fn is_known(shared: &Shared, tenant: &str) -> bool {
    tenant.eq_ignore_ascii_case(&shared.tenant) || matches!(tenant, "common" | "organizations")
}

/// MSAL reads this once before the first token request.
pub(crate) fn openid_configuration(shared: &Shared, tenant: &str, version_2: bool) -> Reply {
    if !is_known(shared, tenant) {
        return EntraError::unknown_tenant(tenant).into();
    }
    let at = format!("{}/{tenant}", shared.authority());
    let (endpoints, issuer, keys) = if version_2 {
        (
            format!("{at}/oauth2/v2.0"),
            format!("{}/{}/v2.0", shared.authority(), shared.tenant),
            "discovery/v2.0/keys",
        )
    } else {
        (format!("{at}/oauth2"), shared.issuer(), "discovery/keys")
    };
    let document = json!({
        "token_endpoint": format!("{endpoints}/token"),
        "token_endpoint_auth_methods_supported":
            ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": format!("{at}/{keys}"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": issuer,
        "authorization_endpoint": format!("{endpoints}/authorize"),
        "device_authorization_endpoint": format!("{endpoints}/devicecode"),
        "end_session_endpoint": format!("{endpoints}/logout"),
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nonce", "tid", "ver"],
        "tenant_region_scope": "EU",
    });
    Reply::json(StatusCode::OK, &document)
}

pub(crate) fn signing_keys(shared: &Shared, tenant: &str) -> Reply {
    if !is_known(shared, tenant) {
        return EntraError::unknown_tenant(tenant).into();
    }
    let mut key = signing_key().jwk().clone();
    key["x5t"] = key["kid"].clone();
    key["issuer"] = json!(format!("{}/{}/v2.0", shared.authority(), shared.tenant));
    Reply::json(StatusCode::OK, &json!({ "keys": [key] }))
}

pub(crate) fn instance_discovery(shared: &Shared) -> Reply {
    let authority = shared.authority();
    let host = authority.trim_start_matches("https://");
    let document = json!({
        "tenant_discovery_endpoint":
            format!("{authority}/{}/v2.0/.well-known/openid-configuration", shared.tenant),
        "api-version": "1.1",
        "metadata": [{ "preferred_network": host, "preferred_cache": host, "aliases": [host] }],
    });
    Reply::json(StatusCode::OK, &document)
}
