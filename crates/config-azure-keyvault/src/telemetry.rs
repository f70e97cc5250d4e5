//! Spans, under OpenTelemetry's names where it has one: a load, its list, gets and token, and each request of them. Never a value.

use std::future::Future;

use azure_core::http::{Method, StatusCode};
use tracing::field::Empty;
use tracing::{Instrument as _, Span, info_span};
use url::Url;

use crate::error::Error;

/// As Azure's SDKs say whose the spans are.
const NAMESPACE: &str = "Microsoft.KeyVault";

/// A whole load; of several vaults there is no one host.
pub(crate) fn load(host: Option<&str>) -> Span {
    info_span!(
        "keyvault.load",
        otel.kind = "internal",
        otel.status_code = Empty,
        az.namespace = NAMESPACE,
        server.address = host,
        "error.type" = Empty,
    )
}

/// The list, all pages of it.
pub(crate) fn list(host: &str) -> Span {
    info_span!(
        "keyvault.list",
        otel.kind = "internal",
        otel.status_code = Empty,
        az.namespace = NAMESPACE,
        server.address = host,
        "error.type" = Empty,
    )
}

/// One secret.
pub(crate) fn get(host: &str, name: &str) -> Span {
    info_span!(
        "keyvault.get",
        otel.kind = "internal",
        otel.status_code = Empty,
        az.namespace = NAMESPACE,
        server.address = host,
        keyvault.secret.name = name,
        "error.type" = Empty,
    )
}

/// A token, from whatever credential.
pub(crate) fn token(credential: &str) -> Span {
    info_span!(
        "keyvault.token",
        otel.kind = "internal",
        otel.status_code = Empty,
        az.namespace = NAMESPACE,
        azure.credential = credential,
        "error.type" = Empty,
    )
}

/// One try of a request (OpenTelemetry's semantic conventions for HTTP, client spans). A query may hold what nobody should read. Numbers
/// are signed, as OpenTelemetry's are: others would be told as texts.
pub(crate) fn request(method: Method, url: &Url) -> Span {
    info_span!(
        "http.request",
        otel.name = method.as_str(),
        otel.kind = "client",
        otel.status_code = Empty,
        http.request.method = method.as_str(),
        http.response.status_code = Empty,
        server.address = url.host_str(),
        server.port = url.port_or_known_default().map(i64::from),
        url.full = without_query(url).as_str(),
        "error.type" = Empty,
    )
}

fn without_query(url: &Url) -> Url {
    let mut shown = url.clone();
    shown.set_query(None);
    shown
}

/// What a request came to. A client's span of 400 and above is an error.
pub(crate) fn answered(span: &Span, status: StatusCode) {
    let status = i64::from(u16::from(status));
    span.record("http.response.status_code", status);
    if status >= 400 {
        failed(span, &status.to_string());
    }
}

pub(crate) fn failed(span: &Span, class: &str) {
    span.record("error.type", class);
    span.record("otel.status_code", "ERROR");
}

/// Runs inside a span, which tells of its failure by kind.
pub(crate) async fn within<T>(span: Span, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let done = work.instrument(span.clone()).await;
    if let Err(error) = &done {
        failed(&span, &error.kind().to_string());
    }
    done
}
