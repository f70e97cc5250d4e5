//! What a test puts into a vault.

use std::fmt;

use super::model::{Attributes, Version};
use crate::clock::{DAY, unix_now};

/// A secret to be put into a vault, with whatever a real one may carry.
///
/// It looks settled: created and updated one day ago, unless told otherwise.
///
/// ```
/// use keyvault_emulator::{KeyVaultEmulator, SecretSeed};
///
/// let emulator = KeyVaultEmulator::start_blocking()?;
/// let vault = emulator.default_vault();
/// vault.seed(SecretSeed::new("Old", "a value").expires(1_600_000_000));
/// vault.seed(SecretSeed::new("Off", "a value").enabled(false));
/// vault.seed(SecretSeed::new("Tagged", "a value").tag("app", "my-app").content_type("text/plain"));
/// assert_eq!(vault.names(), ["Off", "Old", "Tagged"]);
/// # Ok::<(), keyvault_emulator::EmulatorError>(())
/// ```
#[derive(Clone)]
pub struct SecretSeed {
    pub(crate) name: String,
    version: Version,
}

impl fmt::Debug for SecretSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretSeed")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl SecretSeed {
    /// A secret with a name and a value.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        let yesterday = unix_now() - DAY;
        let mut version = Version::new(value.into());
        version.attributes = Attributes {
            enabled: true,
            not_before: None,
            expires: None,
            created: yesterday,
            updated: yesterday,
        };
        Self {
            name: name.into(),
            version,
        }
    }

    /// Whether it may be read.
    #[must_use]
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.version.attributes.enabled = enabled;
        self
    }

    /// Whether it is the secret behind a certificate.
    #[must_use]
    pub fn managed(mut self, managed: bool) -> Self {
        self.version.managed = managed;
        self
    }

    /// What a certificate in PKCS#12 is as PEM: what a get with `outContentType=application/x-pem-file` answers, from
    /// 2025-07-01 on. The emulator converts nothing; without this it refuses.
    #[must_use]
    pub fn pem(mut self, pem: impl Into<String>) -> Self {
        self.version.pem = Some(pem.into());
        self
    }

    /// Its content type.
    #[must_use]
    pub fn content_type(mut self, content_type: impl Into<String>) -> Self {
        self.version.content_type = Some(content_type.into());
        self
    }

    /// When it expires, in unix seconds. The service informs only: a get works all the same.
    #[must_use]
    pub fn expires(mut self, unix: i64) -> Self {
        self.version.attributes.expires = Some(unix);
        self
    }

    /// From when it is meant to be used, in unix seconds. The service informs only.
    #[must_use]
    pub fn not_before(mut self, unix: i64) -> Self {
        self.version.attributes.not_before = Some(unix);
        self
    }

    /// When it was created, in unix seconds.
    #[must_use]
    pub fn created(mut self, unix: i64) -> Self {
        self.version.attributes.created = unix;
        self
    }

    /// When it was updated last, in unix seconds.
    #[must_use]
    pub fn updated(mut self, unix: i64) -> Self {
        self.version.attributes.updated = unix;
        self
    }

    /// One more tag.
    #[must_use]
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        let tags = self.version.tags.get_or_insert_default();
        tags.insert(key.into(), value.into());
        self
    }

    pub(crate) fn into_parts(self) -> (String, Version) {
        (self.name, self.version)
    }
}
