//! What a request's body says, without what is secret in it. What is not known to be harmless is taken for a secret.

use hyper::header::CONTENT_TYPE;
use hyper::http::request::Parts;
use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::record::RequestKind;

/// What stands in the place of a secret.
const REDACTED: &str = "[redacted]";
/// Of a body that a vault takes.
const PROPERTIES: [&str; 3] = ["contentType", "attributes", "tags"];
/// Of a form that the token endpoint takes.
const PARAMETERS: [&str; 8] = [
    "grant_type",
    "client_id",
    "scope",
    "resource",
    "client_assertion_type",
    "client_info",
    "response_type",
    "requested_token_use",
];

/// The body as an object, if it is a form to the token endpoint or an object to a vault.
pub(crate) fn redacted(kind: RequestKind, parts: &Parts, body: &[u8]) -> Option<Value> {
    if kind == RequestKind::Token {
        let content_type = parts.headers.get(CONTENT_TYPE)?.to_str().ok()?;
        let is_form = content_type
            .to_ascii_lowercase()
            .starts_with("application/x-www-form-urlencoded");
        let form = form_urlencoded::parse(body).map(|(name, value)| (name.into_owned(), Value::from(value)));
        return is_form.then(|| keep(form, &PARAMETERS));
    }
    if !kind.is_vault() {
        return None;
    }
    let members: Map<String, Value> = serde_json::from_slice(body).ok()?;
    Some(keep(members, &PROPERTIES))
}

fn keep(members: impl IntoIterator<Item = (String, Value)>, harmless: &[&str]) -> Value {
    let shown = members.into_iter().map(|(name, value)| {
        let value = if harmless.contains(&name.as_str()) {
            value
        } else {
            Value::from(REDACTED)
        };
        (name, value)
    });
    Value::Object(shown.collect())
}
