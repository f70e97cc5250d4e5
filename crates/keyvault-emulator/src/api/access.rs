//! Who is asking, and may they: tokens, firewall, permissions.

use emulator_kit::bearer;
use hyper::{HeaderMap, StatusCode};
use jsonwebtoken::dangerous::insecure_decode_claims;
use jsonwebtoken::decode_header;

use super::Call;
use crate::api::ServiceError;
use crate::clock::unix_now;
use crate::entra::{Claims, KEY_VAULT_APP, signing_key};
use crate::permissions::{Firewall, Permissions, Refusal, SecretPermission};
use crate::state::Shared;
use crate::vault::VaultState;

pub(crate) const REGION: &str = "westeurope";
/// What the service lets clocks differ.
const SKEW: i64 = 300;
/// The one that every vault of this emulator belongs to.
const SUBSCRIPTION: &str = "a8fa7fd6-0893-411a-8990-7b5545ccf9c4";

/// Whoever a token was issued to.
#[derive(Debug)]
pub(crate) struct Caller {
    app_id: String,
    object_id: String,
    issuer: String,
}

impl Caller {
    fn shown(&self) -> String {
        format!("appid={};oid={};iss={}", self.app_id, self.object_id, self.issuer)
    }
}

/// Accepts a token, or says why not: the message of a 401.
pub(crate) fn authenticate(shared: &Shared, headers: &HeaderMap, resource: &str) -> Result<Caller, String> {
    let Some(token) = bearer(headers) else {
        return Err("AKV10000: Request is missing a Bearer or PoP token.".to_owned());
    };
    let claims = match shared.tokens.claims_of(token) {
        Some(claims) => claims,
        None => signed(shared, token)?,
    };
    if claims.aud != resource && claims.aud != KEY_VAULT_APP {
        return Err(format!(
            "AKV10022: Invalid audience. Expected {resource} or {KEY_VAULT_APP}, found: {}.",
            claims.aud
        ));
    }
    let now = unix_now();
    // A lifetime shorter than the skew is there to be seen to end: only real ones get the grace.
    let grace = if claims.exp - claims.nbf > SKEW { SKEW } else { 0 };
    if claims.exp + grace <= now {
        return Err("[TokenExpired] Error validating token: 'S2S12086'.".to_owned());
    }
    if claims.nbf > now + SKEW {
        return Err("[TokenNotYetValid] Error validating token: 'S2S12085'.".to_owned());
    }
    Ok(Caller {
        app_id: claims.appid,
        object_id: claims.oid,
        issuer: claims.iss,
    })
}

/// The claims of a token that this emulator signed.
fn signed(shared: &Shared, token: &str) -> Result<Claims, String> {
    let malformed = || "AKV10001: Error parsing the JWT token.".to_owned();
    decode_header(token).map_err(|_| malformed())?;
    let claims: Claims = insecure_decode_claims(token).map_err(|_| malformed())?;
    let issuer = shared.issuer();
    if claims.iss != issuer {
        return Err(format!(
            "AKV10032: Invalid issuer. Expected one of {issuer}, found {}.",
            claims.iss
        ));
    }
    if signing_key().verify::<Claims>(token).is_none() {
        return Err("AKV10046: Unable to resolve the key used for signature validation.".to_owned());
    }
    shared.tokens.keep(token, claims.clone());
    Ok(claims)
}

/// The firewall, then the permissions.
pub(crate) fn authorize(call: &Call<'_>, vault: &VaultState, caller: &Caller) -> Result<(), ServiceError> {
    let who = caller.shown();
    let place = format!("{};location={REGION}", vault.name);
    match vault.firewall {
        Firewall::Open => {}
        Firewall::Closed => {
            return Err(forbidden(format!(
                "Client address is not authorized and caller is not a trusted service.\r\n\
                 Client address: 127.0.0.1\r\nCaller: {who}\r\nVault: {place}"
            ))
            .inner("ForbiddenByFirewall"));
        }
        Firewall::PublicAccessDisabled => {
            return Err(forbidden(format!(
                "Public network access is disabled and request is not from a trusted service nor via an approved \
                 private link.\r\nCaller: {who}\r\nVault: {place}"
            ))
            .inner("ForbiddenByConnection"));
        }
    }
    let Some(permission) = call.route.kind.permission() else {
        return Ok(());
    };
    let permissions = vault
        .client_permissions
        .iter()
        .find(|(client, _)| client.eq_ignore_ascii_case(&caller.app_id))
        .map_or(&vault.permissions, |(_, permissions)| permissions);
    let name = call.route.secret.as_deref();
    let denied = name.is_some_and(|name| vault.denied.contains(&(name.to_ascii_lowercase(), permission)));
    if permissions.allows(permission) && !denied {
        return Ok(());
    }
    Err(refuse(permissions, permission, &vault.name, name, &who))
}

fn refuse(
    permissions: &Permissions,
    permission: SecretPermission,
    vault: &str,
    secret: Option<&str>,
    who: &str,
) -> ServiceError {
    match permissions.refusal() {
        Refusal::AccessPolicy => forbidden(format!(
            "The user, group or application '{who}' does not have secrets {} permission on key vault \
             '{vault};location={REGION}'. For help resolving this issue, please see \
             https://go.microsoft.com/fwlink/?linkid=2125287",
            permission.as_str()
        ))
        .inner("AccessDenied"),
        Refusal::Rbac => {
            let secret = secret.map(|name| format!("/secrets/{}", name.to_ascii_lowercase()));
            forbidden(format!(
                "Caller is not authorized to perform action on resource.\r\n\
                 If role assignments, deny assignments or role definitions were changed recently, please observe \
                 propagation time.\r\nCaller: {who}\r\nAction: '{}'\r\n\
                 Resource: '/subscriptions/{SUBSCRIPTION}/resourcegroups/emulator/providers/microsoft.keyvault/vaults/{vault}{}'\r\n\
                 Assignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: null \r\n\
                 Vault: {vault};location={REGION}\r\n",
                permission.data_action(),
                secret.unwrap_or_default(),
            ))
            .inner("ForbiddenByRbac")
        }
    }
}

fn forbidden(message: String) -> ServiceError {
    ServiceError::new(StatusCode::FORBIDDEN, "Forbidden", message)
}
