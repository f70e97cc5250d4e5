//! The protected API: it says what it knows of its caller.

use emulator_kit::{Reply, bearer};
use hyper::StatusCode;
use hyper::header::WWW_AUTHENTICATE;
use hyper::http::request::Parts;
use serde_json::{Value, json};

use crate::grant::{CONSENT, SYSTEM_USER};
use crate::lock::lock;
use crate::party::org_of;
use crate::state::Shared;
use crate::token::{Claims, verify};

pub(crate) fn answer(shared: &Shared, parts: &Parts, body: &[u8]) -> Reply {
    let Some(token) = bearer(&parts.headers) else {
        // RFC 6750, section 3.1: without a token there is no error to name.
        return Reply::json(StatusCode::UNAUTHORIZED, &json!({ "error": "no token" }))
            .header(WWW_AUTHENTICATE, r#"Bearer realm="maskinporten-emulator""#);
    };
    match accepted(shared, token) {
        Some((claims, exchanged)) => Reply::json(StatusCode::OK, &describe(shared, parts, body, &claims, exchanged)),
        None => Reply::json(StatusCode::UNAUTHORIZED, &json!({ "error": "invalid_token" })).header(
            WWW_AUTHENTICATE,
            r#"Bearer realm="maskinporten-emulator", error="invalid_token""#,
        ),
    }
}

/// A token of either issuer, signed, not expired and not revoked; and whether it is Altinn's.
fn accepted(shared: &Shared, token: &str) -> Option<(Claims, bool)> {
    let now = shared.now();
    let keys = shared.signing_keys();
    let own = verify(keys.iter().map(AsRef::as_ref), &shared.issuer(), token, now, 0);
    let (claims, exchanged) = match own {
        Some(claims) => (claims, false),
        None => {
            let key = shared.altinn_key();
            (verify([key.as_ref()], &shared.altinn_issuer(), token, now, 0)?, true)
        }
    };
    let id = claims.get(if exchanged { "sid" } else { "jti" })?.as_str()?;
    lock(&shared.tokens).issued.contains(id).then_some((claims, exchanged))
}

fn describe(shared: &Shared, parts: &Parts, body: &[u8], claims: &Claims, exchanged: bool) -> Value {
    let get = |claim: &str| claims.get(claim).cloned().unwrap_or_default();
    let org = |claim: &str| org_of(&get(claim)).map(str::to_owned);
    let detail = |kind: &str, member: &str| {
        let details = get("authorization_details");
        let entry = details.as_array()?.iter().find(|entry| entry["type"] == kind)?;
        Some(entry[member].clone())
    };
    let expires = get("exp").as_i64().unwrap_or_default();
    json!({
        "method": parts.method.as_str(),
        "path": parts.uri.path(),
        "body_bytes": body.len(),
        "client_id": get("client_id"),
        "consumer": org("consumer"),
        "supplier": org("supplier"),
        "scope": get("scope"),
        "resource": get("aud"),
        "pid": get("pid"),
        "system_user": detail(SYSTEM_USER, "systemuser_id").map(|ids| ids[0].clone()),
        "system_user_org": detail(SYSTEM_USER, "systemuser_org")
            .and_then(|org| Some(org_of(&org)?.to_owned())),
        "consent": detail(CONSENT, "id"),
        "altinn_org": get("urn:altinn:org"),
        "exchanged": exchanged,
        "expires_in_s": expires - shared.now(),
    })
}
