//! Times on the command line, and points in time for people.

use std::time::Duration;

use time::OffsetDateTime;

/// `90s`, `15m`, `24h`, `7d`.
pub(super) fn read(text: &str) -> Result<Duration, String> {
    let said = || "a number and its unit, as `90s`, `15m`, `24h` or `7d`".to_owned();
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(said()),
    };
    let number: u64 = number.parse().map_err(|_| said())?;
    number.checked_mul(unit).map(Duration::from_secs).ok_or_else(said)
}

/// Day, hour and minute, in UTC.
pub(super) fn minute(unix: i64) -> String {
    let Ok(time) = OffsetDateTime::from_unix_timestamp(unix) else {
        return "for ever".to_owned();
    };
    format!("{} {:02}:{:02}", time.date(), time.hour(), time.minute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_number_and_a_unit() {
        assert_eq!(read("0s"), Ok(Duration::ZERO));
        assert_eq!(read("15m"), Ok(Duration::from_secs(900)));
        assert_eq!(read("24h"), Ok(Duration::from_secs(86_400)));
        for wrong in [
            "",
            "15",
            "m",
            "1.5h",
            "-1s",
            "99999999999999999999d",
            "18446744073709551615d",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert_eq!(minute(2_000_000_000), "2033-05-18 03:33");
    }
}
