//! What the last load got, so that the next one gets only what changed.

use std::collections::HashMap;
use std::sync::Arc;

use secrecy::SecretString;

use super::properties::SecretProperties;

/// A secret's version with its value.
#[derive(Debug, Clone)]
pub(crate) struct Secret {
    pub(crate) name: String,
    pub(crate) value: Arc<SecretString>,
    pub(crate) version: Option<String>,
    /// Unix seconds.
    pub(crate) updated: Option<i64>,
}

/// `updated` has whole seconds, so a secret that changed this shortly before a listing may have changed again after it.
const UNSETTLED: i64 = 2;

/// The secrets of the last load.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory {
    /// Lower-cased name → secret, and the vault's time of the listing before it was got.
    secrets: HashMap<String, (Secret, i64)>,
}

impl Memory {
    pub(crate) fn of(secrets: impl IntoIterator<Item = (Secret, i64)>) -> Self {
        Self {
            secrets: secrets
                .into_iter()
                .map(|(secret, listed)| (secret.name.to_ascii_lowercase(), (secret, listed)))
                .collect(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// The secret as it was got, if it has not changed since, with the time of the listing before that.
    pub(crate) fn unchanged(&self, listed: &SecretProperties) -> Option<&(Secret, i64)> {
        let known = self.secrets.get(&listed.name.to_ascii_lowercase())?;
        let updated = listed.updated_unix()?;
        (known.0.updated == Some(updated) && updated + UNSETTLED <= known.1).then_some(known)
    }
}
