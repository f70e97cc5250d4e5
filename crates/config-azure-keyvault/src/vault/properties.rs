//! What a list tells of a secret. Never its value.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};

/// What the vault tells of a secret before it is got: everything but its value.
///
/// ```
/// use config_azure_keyvault::{AzureKeyVault, SecretProperties};
///
/// // A vault that several apps share, each with a tag of its own.
/// let ours = |secret: &SecretProperties| secret.tags.get("app").is_some_and(|app| app == "my-app");
/// let vault = AzureKeyVault::new("https://shared.vault.azure.net").filter(ours);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SecretProperties {
    /// The name, as the vault spells it.
    pub name: String,
    /// Is it enabled? As in .NET, a listed secret is loaded only where this is `Some(true)`.
    pub enabled: Option<bool>,
    /// The backing secret of a certificate.
    pub managed: bool,
    /// Its content type.
    pub content_type: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// When it was created.
    pub created: Option<SystemTime>,
    /// When it was last updated, in whole seconds.
    pub updated: Option<SystemTime>,
    /// When it expires (`exp`).
    pub expires: Option<SystemTime>,
    /// From when on it is valid (`nbf`).
    pub not_before: Option<SystemTime>,
}

impl SecretProperties {
    /// Reads what a list or a get tells. What cannot be understood of it counts as absent.
    pub(crate) fn read(name: String, told: &Map<String, Value>) -> Self {
        let attributes = told.get("attributes");
        let attribute = |name: &str| attributes.and_then(|attributes| attributes.get(name));
        let time = |name: &str| attribute(name).and_then(Value::as_i64).and_then(time);
        let tags = told.get("tags").and_then(Value::as_object).into_iter().flatten();
        Self {
            name,
            enabled: attribute("enabled").and_then(Value::as_bool),
            managed: told.get("managed").and_then(Value::as_bool) == Some(true),
            content_type: told.get("contentType").and_then(Value::as_str).map(str::to_owned),
            tags: tags
                .filter_map(|(tag, text)| Some((tag.clone(), text.as_str()?.to_owned())))
                .collect(),
            created: time("created"),
            updated: time("updated"),
            expires: time("exp"),
            not_before: time("nbf"),
        }
    }

    pub(crate) fn updated_unix(&self) -> Option<i64> {
        let updated = self.updated?;
        Some(match updated.duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            Err(before) => -i64::try_from(before.duration().as_secs()).unwrap_or(i64::MAX),
        })
    }
}

/// The seconds of the years 1 to 9999; what lies outside of them was not counted in seconds.
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// A time in whole seconds, as the service tells it.
fn time(seconds: i64) -> Option<SystemTime> {
    if !SECONDS.contains(&seconds) {
        return None;
    }
    let distance = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 {
        UNIX_EPOCH.checked_sub(distance)
    } else {
        UNIX_EPOCH.checked_add(distance)
    }
}
