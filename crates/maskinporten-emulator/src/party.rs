//! Organisations, as claims name them.

use serde_json::{Value, json};

/// How they are identified (ISO 6523, as PEPPOL's `iso6523-actorid-upis`).
pub(crate) const AUTHORITY: &str = "iso6523-actorid-upis";

/// An organisation: nine digits, behind the code of the Norwegian register.
pub(crate) fn party(org: &str) -> Value {
    json!({ "authority": AUTHORITY, "ID": format!("0192:{org}") })
}

/// The nine digits of a party that was named so.
pub(crate) fn org_of(party: &Value) -> Option<&str> {
    party["ID"].as_str()?.split(':').nth(1)
}
