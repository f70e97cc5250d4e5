//! Get and list.

use emulator_kit::Reply;
use hyper::StatusCode;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::Call;
use crate::api::ServiceError;
use crate::vault::{Cursor, ListOrder, Listing, Secret, VaultState, Version};

const MAX_RESULTS: usize = 25;
const PKCS12: &str = "application/x-pkcs12";
const PEM: &str = "application/x-pem-file";

pub(crate) fn not_found(what: &str) -> ServiceError {
    ServiceError::new(
        StatusCode::NOT_FOUND,
        "SecretNotFound",
        format!(
            "A secret with (name/id) {what} was not found in this key vault. If you recently deleted this secret you \
             may be able to recover it using the correct recovery command. For help resolving this issue, please see \
             https://go.microsoft.com/fwlink/?linkid=2125182"
        ),
    )
}

pub(crate) fn deleted_not_found(name: &str) -> ServiceError {
    let message = format!("Deleted Secret not found: {name}");
    ServiceError::new(StatusCode::NOT_FOUND, "SecretNotFound", message)
}

pub(crate) fn find<'a>(call: &Call<'_>, vault: &'a VaultState) -> Result<(&'a Secret, &'a Version), ServiceError> {
    let name = call.secret()?;
    let secret = vault
        .secrets
        .get(&name.to_ascii_lowercase())
        .ok_or_else(|| not_found(name))?;
    let version = call.route.version.as_deref();
    let found = secret.version(version);
    found.map(|found| (secret, found)).ok_or_else(|| match version {
        Some(version) => not_found(&format!("{name}/{version}")),
        None => not_found(name),
    })
}

pub(super) fn get(call: &Call<'_>, vault: &VaultState) -> Result<Reply, ServiceError> {
    let (secret, version) = find(call, vault)?;
    if !version.attributes.enabled {
        return Err(ServiceError::new(
            StatusCode::FORBIDDEN,
            "Forbidden",
            "Operation get is not allowed on a disabled secret.",
        )
        .inner("SecretDisabled"));
    }
    let mut shown = secret.bundle(call.base, version, call.since_2025_07());
    if let Some(wanted) = call.parameter("outContentType").filter(|_| call.since_2025_07()) {
        convert(version, &wanted, &mut shown)?;
    }
    Ok(Reply::json(StatusCode::OK, &shown))
}

/// A certificate in another format. The service makes PEM of PKCS#12 and refuses anything else.
fn convert(version: &Version, wanted: &str, shown: &mut Value) -> Result<(), ServiceError> {
    let kept = version.content_type.as_deref();
    if version.managed && kept == Some(wanted) {
        return Ok(());
    }
    match &version.pem {
        Some(pem) if version.managed && kept == Some(PKCS12) && wanted == PEM => {
            shown["value"] = json!(pem);
            shown["contentType"] = json!(PEM);
            Ok(())
        }
        _ => Err(ServiceError::bad_parameter(
            "Parameter outContentType has invalid value",
        )),
    }
}

pub(super) fn list(call: &Call<'_>, vault: &VaultState) -> Result<Reply, ServiceError> {
    let item = |secret: &Secret| Some(secret.item(call.base, secret.latest()?));
    let Some(listed) = &vault.listing.items else {
        let items = vault.secrets.iter();
        let items = items.filter_map(|(key, secret)| Some((key.clone(), item(secret)?)));
        return page(call, &vault.listing, "secrets", items.collect());
    };
    let known = |name: &str| vault.secrets.get(&name.to_ascii_lowercase()).and_then(item);
    // Names may repeat: where an item stands is its key.
    let items = listed.iter().enumerate();
    let items = items.map(|(index, item)| (format!("{index:08}"), item.show(call.base, known)));
    let listing = Listing {
        order: ListOrder::Name,
        ..vault.listing.clone()
    };
    page(call, &listing, "secrets", items.collect())
}

pub(super) fn list_versions(call: &Call<'_>, vault: &VaultState) -> Result<Reply, ServiceError> {
    let name = call.secret()?;
    // Of nothing, the service lists nothing: 200.
    let secret = vault.secrets.get(&name.to_ascii_lowercase());
    let spelt = secret.map_or(name, |secret| &secret.name);
    let versions = secret.into_iter().flat_map(|secret| {
        let shown = |version: &Version| (version.id.clone(), secret.description(call.base, version));
        secret.versions.iter().map(shown)
    });
    // The oddities are the list's; versions come by their id, which says nothing about their age.
    let path = format!("secrets/{spelt}/versions");
    page(call, &vault.listing.links(), &path, versions.collect())
}

/// One page of `items`, each with the key that a cursor remembers.
pub(crate) fn page(
    call: &Call<'_>,
    listing: &Listing,
    path: &str,
    mut items: Vec<(String, Value)>,
) -> Result<Reply, ServiceError> {
    let size = page_size(call)?;
    let cursor = match call.parameter("$skiptoken") {
        None => Cursor::default(),
        Some(token) => Cursor::decode(&token)
            .ok_or_else(|| ServiceError::bad_parameter("The specified $skiptoken is not valid."))?,
    };
    let order: ListOrder = listing.order;
    items.sort_by(|left, right| order.compare(&left.0, &right.0));
    let start = cursor.after.as_ref().map_or(0, |after| {
        items.partition_point(|(key, _)| order.compare(key, after).is_le())
    });
    let size = listing.size_of(cursor.page, size);
    let end = items.len().min(start + size);
    let is_last = end == items.len() && size > 0;

    let next = Cursor {
        page: cursor.page + 1,
        after: items[start..end].last().map(|(key, _)| key.clone()).or(cursor.after),
    };
    let next = match (is_last, listing.looping) {
        (false, _) => Some(next),
        // Pages count on, so that a page that is empty once is not empty in every round.
        (true, true) => Some(Cursor {
            page: cursor.page + 1,
            after: None,
        }),
        (true, false) => None,
    };
    let value: Vec<Value> = items.drain(start..end).map(|(_, item)| item).collect();
    let next = next.map(|next| next_link(call, listing, path, &next));
    Ok(Reply::json(
        StatusCode::OK,
        &json!({ "value": value, "nextLink": next }),
    ))
}

fn page_size(call: &Call<'_>) -> Result<usize, ServiceError> {
    let Some(asked) = call.parameter("maxresults") else {
        return Ok(call.shared.page_size);
    };
    match asked.parse() {
        Ok(asked @ 1..=MAX_RESULTS) => Ok(call.shared.page_size.min(asked)),
        _ => Err(ServiceError::bad_parameter(
            "Parameter 'maxresults' failed to meet validation requirement.",
        )),
    }
}

fn next_link(call: &Call<'_>, listing: &Listing, path: &str, next: &Cursor) -> String {
    let names_no_port = !call.base.trim_start_matches("https://").contains(':');
    let own = if listing.explicit_port && names_no_port {
        format!("{}:443", call.base)
    } else {
        call.base.to_owned()
    };
    let origin = listing.next_link_origin.as_deref().unwrap_or(&own);
    let version = call.parameter("api-version").unwrap_or_default();
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("api-version", &version);
    // The service leaves the dollar sign as it is.
    let mut link = format!("{origin}/{path}?{}&$skiptoken={}", query.finish(), next.encode());
    if let Some(size) = call.parameter("maxresults") {
        link.push_str("&maxresults=");
        link.push_str(&size);
    }
    link
}
