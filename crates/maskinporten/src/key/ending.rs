//! The end of a key, said in good time: one that ends unnoticed stops every request at once.

use crate::slip;
use std::sync::{Mutex, PoisonError};

use super::problem::date;
use super::signing::SigningKey;

const DAY: i64 = 86_400;
/// Time enough to have another one registered.
const AHEAD: i64 = 30 * DAY;

/// Says it when the key is taken into use, and then once a day while it is.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    /// Where the key is set.
    setting: Option<String>,
    /// Of which key it was said last, and when.
    said: Mutex<Option<(String, i64)>>,
}

impl Ending {
    pub(super) fn of(setting: Option<&str>) -> Self {
        Self {
            setting: setting.map(str::to_owned),
            ..Self::default()
        }
    }

    pub(super) fn look_at(&self, key: &SigningKey, now: i64) {
        let Some(end) = key.expires().filter(|end| end.saturating_sub(now) < AHEAD) else {
            return;
        };
        {
            let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
            let today = |(of, at): &(String, i64)| of == key.identity() && now.abs_diff(*at) < DAY.unsigned_abs();
            if said.as_ref().is_some_and(today) {
                return;
            }
            *said = Some((key.identity().to_owned(), now));
        }
        let place = match &self.setting {
            Some(setting) => format!("`{setting}`: "),
            None => String::new(),
        };
        let (what, remedy) = match key.is_certified() {
            true => ("certificate", "order another, and set it in time"),
            false => (
                "signing key",
                "register another with the client, and set it in time; both are taken meanwhile",
            ),
        };
        let ends = match end.saturating_sub(now) {
            ..=0 => format!("ended {}", date(end)),
            left => format!("ends {}, in {}", date(end), days(left)),
        };
        let (kid, thumbprint) = (key.kid().map(slip::shown), key.thumbprint());
        tracing::warn!(kid, thumbprint, "{place}the {what} {ends}: {remedy}");
    }
}

fn days(seconds: i64) -> String {
    match seconds / DAY {
        0 => "less than a day".to_owned(),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}
