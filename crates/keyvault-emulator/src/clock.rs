//! What time it is.

use time::OffsetDateTime;

/// In seconds.
pub(crate) const DAY: i64 = 24 * 60 * 60;

/// Unix seconds.
pub(crate) fn unix_now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

/// `2026-01-31 12:00:00Z`, as Entra ID writes it.
pub(crate) fn timestamp() -> String {
    let now = OffsetDateTime::now_utc();
    let (hour, minute, second) = now.to_hms();
    format!("{} {hour:02}:{minute:02}:{second:02}Z", now.date())
}
