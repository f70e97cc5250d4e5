//! What commands that write to a vault have in common.

use std::time::{Duration, SystemTime};

use config_azure_keyvault::SecretEditor;
use time::OffsetDateTime;

use crate::app::App;
use crate::failure::Failure;

impl App {
    /// The vault's secrets one by one.
    pub(crate) fn editor(&self) -> Result<SecretEditor, Failure> {
        Ok(self.vault().editor(&self.earlier()?)?)
    }

    /// What a setting of the section is called in a vault.
    pub(crate) fn secret(&self, setting: &str) -> String {
        let section = self.section.replace(['.', ':'], "--");
        format!("{section}--{setting}")
    }
}

/// Unix seconds.
pub(crate) fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

pub(crate) fn at(unix: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(unix).unwrap_or(0))
}

/// The day, in UTC.
pub(crate) fn day(unix: i64) -> String {
    match OffsetDateTime::from_unix_timestamp(unix) {
        Ok(time) => time.date().to_string(),
        Err(_) => "never".to_owned(),
    }
}
