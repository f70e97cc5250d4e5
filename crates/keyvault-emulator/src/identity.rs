//! Managed identity over plain HTTP: the App Service form and the IMDS form.

use emulator_kit::Reply;
use hyper::{HeaderMap, Method, StatusCode};
use serde_json::json;
use url::form_urlencoded;

use crate::clock::unix_now;
use crate::entra::{RESOURCES, mint};
use crate::state::Shared;

pub(crate) const APP_SERVICE_PATH: &str = "/msi/token";
const IMDS_PATH: &str = "/metadata/identity/oauth2/token";

/// Which form of managed identity a path asks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    AppService,
    Imds,
}

/// MSAL for Java starts the path with two slashes, MSAL for Node ends it in one: the services do not mind.
fn form_of(path: &str) -> Option<Form> {
    let path = path.trim_matches('/');
    let is = |known: &str| path == known.trim_matches('/');
    if is(APP_SERVICE_PATH) {
        Some(Form::AppService)
    } else if is(IMDS_PATH) {
        Some(Form::Imds)
    } else {
        None
    }
}

/// Whether managed identity is asked, in either form.
pub(crate) fn is_path(path: &str) -> bool {
    form_of(path).is_some()
}

pub(crate) fn answer(shared: &Shared, method: &Method, path: &str, query: &str, headers: &HeaderMap) -> Reply {
    match form_of(path) {
        Some(_) if method != Method::GET => Reply::empty(StatusCode::METHOD_NOT_ALLOWED),
        Some(Form::AppService) => app_service(shared, query, headers),
        Some(Form::Imds) => imds(shared, query, headers),
        None => Reply::empty(StatusCode::NOT_FOUND),
    }
}

fn parameter(query: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

/// The application whose identity is asked for: the emulator's own (system-assigned) unless the query names one.
fn client_of(shared: &Shared, query: &str) -> Option<String> {
    let others = ["object_id", "principal_id", "mi_res_id", "msi_res_id"];
    if others.iter().any(|name| parameter(query, name).is_some()) {
        return None;
    }
    match parameter(query, "client_id") {
        Some(id) => shared.client(&id).map(|client| client.id.clone()),
        None => shared.clients.first().map(|client| client.id.clone()),
    }
}

/// A resource is asked for without `/.default`.
fn resource_of(query: &str) -> Option<String> {
    parameter(query, "resource").filter(|resource| RESOURCES.contains(&resource.strip_suffix('/').unwrap_or(resource)))
}

fn app_service(shared: &Shared, query: &str, headers: &HeaderMap) -> Reply {
    let refused = |status: StatusCode, message: &str| {
        Reply::json(status, &json!({ "statusCode": status.as_u16(), "message": message }))
    };
    let sent = headers.get("x-identity-header").and_then(|value| value.to_str().ok());
    if sent != Some(shared.identity_header.as_str()) {
        return refused(
            StatusCode::UNAUTHORIZED,
            "The X-IDENTITY-HEADER header is missing or wrong.",
        );
    }
    if parameter(query, "api-version").as_deref() != Some("2019-08-01") {
        return refused(StatusCode::BAD_REQUEST, "Unsupported api-version.");
    }
    let Some(client) = client_of(shared, query) else {
        return refused(
            StatusCode::BAD_REQUEST,
            "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.",
        );
    };
    let Some(resource) = resource_of(query) else {
        return refused(
            StatusCode::BAD_REQUEST,
            "The resource is missing or not known to the tenant.",
        );
    };
    let (token, lifetime) = mint(shared, &client, &resource, false);
    Reply::json(
        StatusCode::OK,
        &json!({
            "access_token": token,
            "client_id": client,
            // A string: clients of this form refuse a number.
            "expires_on": (unix_now() + lifetime).to_string(),
            "not_before": unix_now().to_string(),
            "resource": resource,
            "token_type": "Bearer",
        }),
    )
}

fn imds(shared: &Shared, query: &str, headers: &HeaderMap) -> Reply {
    let refused = |error: &str, description: &str| {
        Reply::json(
            StatusCode::BAD_REQUEST,
            &json!({ "error": error, "error_description": description }),
        )
    };
    let metadata = headers.get("metadata").and_then(|value| value.to_str().ok());
    if !metadata.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return refused("invalid_request", "Required metadata header not specified");
    }
    if headers.contains_key("x-forwarded-for") {
        return refused("invalid_request", "Request contains a forbidden header");
    }
    let Some(version) = parameter(query, "api-version") else {
        return refused("invalid_request", "Required query variable 'api-version' is missing");
    };
    if !matches!(
        version.as_str(),
        "2018-02-01" | "2019-08-01" | "2019-11-01" | "2025-04-07"
    ) {
        return refused("invalid_request", "Unsupported api-version");
    }
    if parameter(query, "resource").is_none() {
        return refused("invalid_request", "Required query variable 'resource' is missing");
    }
    let Some(client) = client_of(shared, query) else {
        return refused("invalid_request", "Identity not found");
    };
    let Some(resource) = resource_of(query) else {
        return refused(
            "invalid_resource",
            "AADSTS500011: The resource principal was not found in the tenant.",
        );
    };
    let (token, lifetime) = mint(shared, &client, &resource, false);
    Reply::json(
        StatusCode::OK,
        &json!({
            "access_token": token,
            "client_id": client,
            "expires_in": lifetime.to_string(),
            "expires_on": (unix_now() + lifetime).to_string(),
            "ext_expires_in": lifetime.to_string(),
            "not_before": unix_now().to_string(),
            "resource": resource,
            "token_type": "Bearer",
        }),
    )
}
