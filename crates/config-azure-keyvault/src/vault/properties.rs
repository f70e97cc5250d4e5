//! What a list tells of a secret. Never its value.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use azure_core::time::OffsetDateTime;
use azure_security_keyvault_secrets::models;

/// What the vault tells of a secret before it is got: everything but its value.
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
    pub(crate) fn listed(name: String, listed: models::SecretProperties) -> Self {
        Self::new(
            name,
            listed.attributes,
            listed.managed,
            listed.content_type,
            listed.tags,
        )
    }

    pub(crate) fn new(
        name: String,
        attributes: Option<models::SecretAttributes>,
        managed: Option<bool>,
        content_type: Option<String>,
        tags: Option<std::collections::HashMap<String, String>>,
    ) -> Self {
        let attributes = attributes.unwrap_or_default();
        Self {
            name,
            enabled: attributes.enabled,
            managed: managed == Some(true),
            content_type,
            tags: tags.into_iter().flatten().collect(),
            created: attributes.created.map(time),
            updated: attributes.updated.map(time),
            expires: attributes.expires.map(time),
            not_before: attributes.not_before.map(time),
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

fn time(time: OffsetDateTime) -> SystemTime {
    let seconds = time.unix_timestamp();
    let distance = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 {
        UNIX_EPOCH.checked_sub(distance)
    } else {
        UNIX_EPOCH.checked_add(distance)
    }
    .unwrap_or(UNIX_EPOCH)
}
