//! Scopes, and on whose behalf they are asked for.

use super::{GrantError, claims, jws::Jws};
use crate::client::{ClientSpec, Registry};

/// Whose token it is.
pub(crate) struct Parties {
    /// Separated by one space each.
    pub(crate) scope: String,
    pub(crate) consumer: String,
    /// The client's own organisation, where it acts for another one.
    pub(crate) supplier: Option<String>,
}

pub(crate) fn resolve(registry: &Registry, client: &ClientSpec, jws: &Jws<'_>) -> Result<Parties, GrantError> {
    let scopes: Vec<&str> = claims::optional(jws, "scope")?
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    if scopes.is_empty() {
        return Err(GrantError::assertion("Missing or invalid claim: scope."));
    }
    let scope = scopes.join(" ");
    let consumer_org = claims::digits(jws, "consumer_org", 9)?;
    let on_behalf_of = claims::optional(jws, "iss_onbehalfof")?;
    let parties = |consumer: &str, is_supplier: bool| Parties {
        scope: scope.clone(),
        consumer: consumer.to_owned(),
        supplier: is_supplier.then(|| client.org.clone()),
    };
    match (consumer_org, on_behalf_of) {
        (Some(_), Some(_)) => Err(GrantError::assertion(
            "The claims consumer_org and iss_onbehalfof are mutually exclusive.",
        )),
        (Some(consumer), None) => {
            delegated(registry, client, &scopes, consumer)?;
            Ok(parties(consumer, true))
        }
        (None, on_behalf_of) => {
            registered(registry, client, &scopes)?;
            let Some(id) = on_behalf_of else {
                return Ok(parties(&client.org, false));
            };
            let known = client.on_behalf_of.iter().find(|(known, _)| known == id);
            let (_, org) = known.ok_or_else(|| GrantError::assertion("Invalid parameter value: iss_onbehalfof."))?;
            Ok(parties(org, true))
        }
    }
}

fn registered(registry: &Registry, client: &ClientSpec, scopes: &[&str]) -> Result<(), GrantError> {
    // ID-porten's, which no machine gets.
    if let Some(scope) = scopes.iter().find(|scope| matches!(**scope, "openid" | "profile")) {
        return Err(GrantError::scope(
            201,
            format!("Token request contains scopes not allowed for maskinporten, {scope}"),
        ));
    }
    let is_unknown = |scope: &&&str| !client.scopes.iter().any(|known| known == **scope);
    let unknown: Vec<&str> = scopes.iter().filter(is_unknown).copied().collect();
    if !unknown.is_empty() {
        return Err(GrantError::scope(
            200,
            format!(
                "Token request contains invalid scopes for client, {}",
                unknown.join(" ")
            ),
        ));
    }
    access(registry, scopes, &client.org)
}

/// What the consumer delegated needs no registration on the client; what it has no access to, it cannot delegate.
fn delegated(registry: &Registry, client: &ClientSpec, scopes: &[&str], consumer: &str) -> Result<(), GrantError> {
    if consumer == client.org {
        return Err(GrantError::claim(
            "The combination consumer_org in claim and delegation scope on client is invalid",
        ));
    }
    if let Some(scope) = scopes.iter().find(|scope| !registry.has_delegated(scope, consumer)) {
        return Err(GrantError::not_delegated(format!(
            "Consumer {consumer} has not delegated access to the scope {scope} to supplier {}",
            client.org
        )));
    }
    access(registry, scopes, consumer)
}

fn access(registry: &Registry, scopes: &[&str], org: &str) -> Result<(), GrantError> {
    match scopes.iter().find(|scope| registry.is_withdrawn(scope, org)) {
        Some(scope) => Err(GrantError::scope(
            250,
            format!("Consumer {org} has not been granted access to the scope {scope}"),
        )),
        None => Ok(()),
    }
}
