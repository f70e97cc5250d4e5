//! `POST /token`: the JWT bearer grant (RFC 7523) as Maskinporten speaks it.

mod claims;
mod details;
mod error;
mod form;
mod jws;
mod scope;

use emulator_kit::Reply;
use hyper::StatusCode;
use hyper::header::CACHE_CONTROL;
use hyper::http::request::Parts;
use serde_json::json;

use crate::lock::lock;
use crate::record::RecordedRequest;
use crate::state::Shared;
use crate::token::{AccessToken, lifetime_of};

pub(crate) use details::{CONSENT, SYSTEM_USER};
pub(crate) use error::GrantError;

pub(crate) fn answer(shared: &Shared, parts: &Parts, body: &[u8]) -> Reply {
    let assertion = match form::assertion(parts, body) {
        Ok(assertion) => assertion,
        Err(reply) => return reply,
    };
    match token(shared, &assertion) {
        Ok(token) => Reply::json(
            StatusCode::OK,
            &json!({
                "access_token": token.sign(shared),
                "token_type": "Bearer",
                "expires_in": token.lifetime,
                "scope": token.scope,
            }),
        )
        // RFC 6749, section 5.1.
        .header(CACHE_CONTROL, "no-store"),
        Err(error) => error.into(),
    }
}

fn token(shared: &Shared, assertion: &str) -> Result<AccessToken, GrantError> {
    let now = shared.now();
    let jws = jws::Jws::parse(assertion).ok_or_else(|| GrantError::assertion("It is no signed JWT."))?;
    let mut registry = lock(&shared.registry);
    registry.settle(now);
    let registry = registry;
    let client_id = jws.text("iss").unwrap_or_default();
    let Some(client) = registry.client(client_id) else {
        return Err(GrantError::authentication(100, "Client not found."));
    };
    let with_certificate = jws.authenticate(&registry, client, now)?;
    claims::check_audience(shared, &jws)?;
    claims::check_times(shared, &jws, now)?;
    claims::check_names(&jws)?;
    // An assertion without a `jti` cannot be used twice either.
    let jti = claims::optional(&jws, "jti")?.unwrap_or(jws.signature);
    if !lock(&shared.tokens).used.insert((client_id.to_owned(), jti.to_owned())) {
        return Err(GrantError::grant(12, "Grant is used before."));
    }
    let resource = claims::resources(&jws)?;
    let pid = claims::digits(&jws, "pid", 11)?.map(str::to_owned);
    let parties = scope::resolve(&registry, client, &jws)?;
    let details = details::resolve(&registry, &jws, &parties.consumer)?;
    Ok(AccessToken {
        client_id: client_id.to_owned(),
        client_amr: if with_certificate {
            "virksomhetssertifikat"
        } else {
            "private_key_jwt"
        },
        lifetime: lifetime_of(shared, &registry, client, &parties.scope),
        scope: parties.scope,
        consumer: parties.consumer,
        supplier: parties.supplier,
        resource,
        pid,
        details,
        issued: now,
    })
}

/// What the assertion of a request says of itself, for the record.
pub(crate) fn describe(record: &mut RecordedRequest, body: &[u8]) {
    let assertion = url::form_urlencoded::parse(body).find(|(key, _)| key == "assertion");
    let Some((_, assertion)) = assertion else { return };
    let Some(jws) = jws::Jws::parse(&assertion) else { return };
    let text = |claim: &str| jws.text(claim).map(str::to_owned);
    (record.client_id, record.scope, record.jti) = (text("iss"), text("scope"), text("jti"));
    (record.header, record.claims) = (Some(jws.header.into()), Some(jws.claims.into()));
}
