//! What a request sends as a secret.

use azure_core::http::headers::{AUTHORIZATION, HeaderName};
use azure_core::http::{Body, Request};
use serde::Deserialize;
use url::form_urlencoded;

use super::header::header;
use crate::quoted::Secrets;

/// What proves to App Service that it is asked from within.
const IDENTITY: HeaderName = HeaderName::from_static("x-identity-header");

/// The members of a form that say who signs in, and prove it.
const PROOFS: [&str; 2] = ["client_secret", "client_assertion"];

/// A secret that is set in the vault.
#[derive(Deserialize)]
struct Set {
    value: String,
}

/// What the request sends as a secret: its token, and what is in its form or is set.
pub(crate) fn secrets(request: &Request) -> Secrets {
    let header = |name: &HeaderName| header(request.headers(), name);
    let token = header(&AUTHORIZATION).map(|value| value.strip_prefix("Bearer ").unwrap_or(value));
    let form = match request.body() {
        Body::Bytes(bytes) => bytes.as_ref(),
        Body::SeekableStream(_) => &[],
    };
    let proofs = form_urlencoded::parse(form)
        .filter(|(name, _)| PROOFS.contains(&name.as_ref()))
        .map(|(_, value)| value.into_owned());
    let set = serde_json::from_slice(form).ok().map(|Set { value }| value);
    let headers = token.into_iter().chain(header(&IDENTITY)).map(str::to_owned);
    Secrets::of(headers.chain(proofs).chain(set))
}
