//! Refusals of the token endpoint.
//!
//! The shape is what Maskinporten has sent since spring 2024: `error`, an `error_description` that ends in a trace id,
//! and for numbered errors an `error_uri` that ends in the number
//! (<https://docs.digdir.no/docs/Maskinporten/maskinporten_feilsoking>, which also has the words).

use emulator_kit::Reply;
use hyper::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

/// The test environment's, whose place the emulator takes.
const PAGES: &str = "https://test.maskinporten.no/errors/MP-";

#[derive(Debug)]
pub(crate) struct GrantError {
    status: StatusCode,
    error: &'static str,
    description: String,
    number: Option<u16>,
}

impl GrantError {
    fn new(error: &'static str, number: impl Into<Option<u16>>, description: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            error,
            description: description.into(),
            number: number.into(),
        }
    }

    /// The request itself is wrong (RFC 6749, section 5.2).
    pub(crate) fn request(description: impl Into<String>) -> Self {
        Self::new("invalid_request", None, description)
    }

    pub(crate) fn unsupported_grant_type() -> Self {
        Self::new("unsupported_grant_type", None, "Unsupported grant type")
    }

    /// MP-011: a parameter of the assertion is wrong.
    pub(crate) fn assertion(detail: &str) -> Self {
        Self::new("invalid_request", 11, format!("Invalid assertion. {detail}"))
    }

    /// A claim is at odds with what is registered; without a number.
    pub(crate) fn claim(detail: &str) -> Self {
        Self::new(
            "invalid_request",
            None,
            format!("Validation of JWT claim failed: {detail}"),
        )
    }

    /// The assertion is understood and refused.
    pub(crate) fn grant(number: impl Into<Option<u16>>, detail: &str) -> Self {
        Self::new("invalid_grant", number, format!("Invalid assertion. {detail}"))
    }

    /// The assertion does not prove who the client is.
    pub(crate) fn authentication(number: impl Into<Option<u16>>, detail: &str) -> Self {
        Self::grant(number, &format!("Client authentication failed. {detail}"))
    }

    /// MP-123
    pub(crate) fn x5c() -> Self {
        Self::new(
            "invalid_request",
            123,
            "Invalid assertion. Invalid JWT header x5c: an array of base64 encoded certificates is expected.",
        )
    }

    pub(crate) fn scope(number: u16, description: impl Into<String>) -> Self {
        Self::new("invalid_scope", number, description)
    }

    /// MP-251 has been seen with 403.
    pub(crate) fn not_delegated(description: impl Into<String>) -> Self {
        Self {
            status: StatusCode::FORBIDDEN,
            ..Self::new("forbidden", 251, description)
        }
    }

    /// RFC 8707, section 2.
    pub(crate) fn target(description: &str) -> Self {
        Self::new("invalid_target", None, description)
    }

    /// MP-301 and MP-302, under the name that RFC 9396, section 5, gives.
    pub(crate) fn details(number: u16, description: impl Into<String>) -> Self {
        Self::new("invalid_authorization_details", number, description)
    }

    /// MP-303
    pub(crate) fn not_approved(description: impl Into<String>) -> Self {
        Self::new("invalid_altinn_customer_configuration", 303, description)
    }

    pub(crate) fn body(error: &str, description: &str, number: Option<u16>) -> Value {
        let trace_id = Uuid::new_v4().simple();
        let mut body = json!({
            "error": error,
            "error_description": format!("{description} (trace_id: {trace_id})"),
        });
        if let Some(number) = number {
            body["error_uri"] = json!(format!("{PAGES}{number:03}"));
        }
        body
    }
}

impl From<GrantError> for Reply {
    fn from(error: GrantError) -> Self {
        Self::json(
            error.status,
            &GrantError::body(error.error, &error.description, error.number),
        )
    }
}
