//! The pause that a service asks for, read as the SDK reads it.

use std::time::Duration;

use azure_core::http::headers::{HeaderName, Headers, RETRY_AFTER};
use azure_core::time::parse_rfc7231;

use super::header::header;

/// The pause that the service asks for (RFC 9110, section 10.2.3); `now` in unix seconds.
pub(super) fn pause(headers: &Headers, now: i64) -> Option<Duration> {
    let millis = ["x-ms-retry-after-ms", "retry-after-ms"]
        .into_iter()
        .find_map(|name| header(headers, &HeaderName::from_static(name))?.parse().ok());
    if let Some(millis) = millis {
        return Some(Duration::from_millis(millis));
    }
    let text = header(headers, &RETRY_AFTER)?;
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = parse_rfc7231(text).ok()?.unix_timestamp();
    Some(Duration::from_secs(u64::try_from(until - now).unwrap_or(0)))
}
