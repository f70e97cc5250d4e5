//! Errors in Entra ID's own form.

use emulator_kit::Reply;
use hyper::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::clock::timestamp;

/// An error of the token endpoint. Nothing that a caller sent as a credential gets into one.
#[derive(Debug)]
pub(crate) struct EntraError {
    status: StatusCode,
    error: &'static str,
    number: u32,
    message: String,
}

impl EntraError {
    pub(crate) fn bad_request(error: &'static str, number: u32, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            error,
            number,
            message: message.into(),
        }
    }

    pub(crate) fn invalid_client(number: u32, message: impl Into<String>) -> Self {
        let status = StatusCode::UNAUTHORIZED;
        Self {
            status,
            error: "invalid_client",
            number,
            message: message.into(),
        }
    }

    pub(crate) fn missing(parameter: &str) -> Self {
        let message = format!("The request body must contain the following parameter: '{parameter}'.");
        Self::bad_request("invalid_request", 900_144, message)
    }

    pub(crate) fn unknown_tenant(tenant: &str) -> Self {
        let message = format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into \
             the correct cloud. Check with your subscription administrator, this may happen if there are no active \
             subscriptions for the tenant."
        );
        Self::bad_request("invalid_request", 90_002, message)
    }
}

impl From<EntraError> for Reply {
    fn from(error: EntraError) -> Self {
        Self::json(error.status, &error_body(error.error, error.number, &error.message))
    }
}

pub(crate) fn error_body(error: &str, number: u32, message: &str) -> Value {
    let (trace, correlation, timestamp) = (Uuid::new_v4(), Uuid::new_v4(), timestamp());
    json!({
        "error": error,
        "error_description": format!(
            "AADSTS{number}: {message}\r\nTrace ID: {trace}\r\nCorrelation ID: {correlation}\r\nTimestamp: {timestamp}"
        ),
        "error_codes": [number],
        "timestamp": timestamp,
        "trace_id": trace.to_string(),
        "correlation_id": correlation.to_string(),
        "error_uri": format!("https://login.microsoftonline.com/error?code={number}"),
    })
}
