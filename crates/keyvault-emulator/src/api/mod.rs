//! The secrets API of a vault: who is asking, may they, and what is the answer.

mod access;
mod body;
mod deleted;
mod error;
mod read;
mod route;
mod write;

use std::time::Instant;

use emulator_kit::Reply;
use hyper::header::{HeaderName, WWW_AUTHENTICATE};
use hyper::{HeaderMap, Method, StatusCode};
use uuid::Uuid;

pub(crate) use access::{Caller, authenticate};
pub(crate) use error::{ServiceError, error_body};
pub(crate) use route::{Route, route};

use crate::lock::lock;
use crate::record::RequestKind;
use crate::state::Shared;
use crate::vault::{Throttle, VaultCell, VaultState};

/// The newest first; the service names it to whoever asks for an unknown one.
pub(crate) const API_VERSIONS: [&str; 14] = [
    "2026-04-01",
    "2025-07-01",
    "2025-06-01-preview",
    "7.6",
    "7.6-preview.2",
    "7.6-preview.1",
    "7.5",
    "7.4",
    "7.3",
    "7.2",
    "7.1",
    "7.0",
    "2016-10-01",
    "2015-06-01",
];

/// A request to a vault, taken apart.
pub(crate) struct Call<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) route: &'a Route,
    pub(crate) method: &'a Method,
    pub(crate) query: &'a str,
    /// `https://` and the host as the client wrote it: ids and next links stay on it.
    pub(crate) base: &'a str,
    pub(crate) body: &'a [u8],
}

impl Call<'_> {
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(self.query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    pub(crate) fn secret(&self) -> Result<&str, ServiceError> {
        let name = self.route.secret.as_deref().unwrap_or_default();
        if crate::vault::is_secret_name(name) {
            return Ok(name);
        }
        Err(ServiceError::bad_parameter(format!(
            "The request URI contains an invalid name: {name}"
        )))
    }

    /// Whether the request speaks 2025-07-01 or newer, which knows a certificate's previous version and other formats.
    pub(crate) fn since_2025_07(&self) -> bool {
        let version = self.parameter("api-version");
        let mut newest = API_VERSIONS.iter().take_while(|known| **known != "2025-06-01-preview");
        newest.any(|known| version.as_deref() == Some(known))
    }

    fn api_version(&self) -> Result<(), ServiceError> {
        let Some(version) = self.parameter("api-version").filter(|version| !version.is_empty()) else {
            return Err(ServiceError::bad_parameter("api-version must be specified"));
        };
        if API_VERSIONS.contains(&version.as_str()) {
            return Ok(());
        }
        Err(ServiceError::bad_parameter(format!(
            "The specified version ({version}) is not recognized. Consider using the latest supported version ({}).",
            API_VERSIONS[0]
        )))
    }
}

/// 401 and where to get a token, for which resource.
pub(crate) fn challenge(shared: &Shared, resource: &str, message: &str) -> Reply {
    let value = format!(
        "Bearer authorization=\"{}/{}\", resource=\"{resource}\"",
        shared.authority(),
        shared.tenant
    );
    Reply::from(ServiceError::new(StatusCode::UNAUTHORIZED, "Unauthorized", message)).header(WWW_AUTHENTICATE, &value)
}

pub(crate) fn throttled(retry_after: Option<u64>) -> Reply {
    Reply::from(ServiceError::throttled()).retry_after(retry_after)
}

fn retry_after_seconds(throttle: &Throttle) -> Option<u64> {
    throttle
        .retry_after
        .map(|wait| wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
}

/// Answers a caller whose token has been accepted.
pub(crate) fn answer(call: &Call<'_>, cell: &VaultCell, caller: &Caller) -> Reply {
    let mut vault = lock(&cell.state);
    if !vault.window.admit(&call.shared.throttle, Instant::now()) {
        return throttled(retry_after_seconds(&call.shared.throttle));
    }
    match perform(call, &mut vault, caller) {
        Ok(reply) => reply,
        Err(error) => error.into(),
    }
}

fn perform(call: &Call<'_>, vault: &mut VaultState, caller: &Caller) -> Result<Reply, ServiceError> {
    call.api_version()?;
    access::authorize(call, vault, caller)?;
    match call.route.kind {
        RequestKind::List => read::list(call, vault),
        RequestKind::Get => read::get(call, vault),
        RequestKind::ListVersions => read::list_versions(call, vault),
        RequestKind::Set => write::set(call, vault),
        RequestKind::Update => write::update(call, vault),
        RequestKind::Backup => write::backup(call, vault),
        RequestKind::Restore => write::restore(call, vault),
        RequestKind::Delete => deleted::delete(call, vault),
        RequestKind::ListDeleted => deleted::list(call, vault),
        RequestKind::GetDeleted => deleted::get(call, vault),
        RequestKind::Recover => deleted::recover(call, vault),
        RequestKind::Purge => deleted::purge(call, vault),
        _ => Err(no_such_path(call.method, call.route)),
    }
}

/// For a path that the vault does not know, or a method that the path does not.
pub(crate) fn no_such_path(method: &Method, route: &Route) -> ServiceError {
    if route.other_method {
        return ServiceError::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "MethodNotAllowed",
            format!("HTTP {method} not allowed"),
        );
    }
    ServiceError::new(
        StatusCode::NOT_FOUND,
        "NotFound",
        "The requested resource was not found.",
    )
}

/// What the service adds to every answer.
pub(crate) fn with_vault_headers(mut reply: Reply, headers: &HeaderMap) -> Reply {
    use hyper::header::{CACHE_CONTROL, EXPIRES, PRAGMA, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS};
    let client_request = headers
        .get("x-ms-client-request-id")
        .and_then(|value| value.to_str().ok());
    if let Some(id) = client_request {
        reply = reply.header(HeaderName::from_static("x-ms-client-request-id"), id);
    }
    reply
        .header(CACHE_CONTROL, "no-cache")
        .header(PRAGMA, "no-cache")
        .header(EXPIRES, "-1")
        .header(HeaderName::from_static("x-ms-keyvault-region"), access::REGION)
        .header(HeaderName::from_static("x-ms-request-id"), &Uuid::new_v4().to_string())
        .header(HeaderName::from_static("x-ms-keyvault-service-version"), "1.9.2784.1")
        .header(
            HeaderName::from_static("x-ms-keyvault-network-info"),
            "conn_type=Ipv4;addr=127.0.0.1;act_addr_fam=InterNetwork;",
        )
        .header(X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(STRICT_TRANSPORT_SECURITY, "max-age=31536000;includeSubDomains")
}
