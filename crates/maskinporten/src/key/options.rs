//! What is said about a key beside its text.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};

use crate::clock::Clock;
use crate::slip;

/// What a key's text does not say by itself.
///
/// ```no_run
/// use maskinporten::{KeyOptions, SigningKey};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // PEM says nothing of the `kid` that it is registered under; PKCS#12 has a password.
/// let pem = SigningKey::read(std::fs::read("key.pem")?, &KeyOptions::new().kid("2026-1"))?;
/// let pkcs12 = SigningKey::read(std::fs::read("key.p12")?, &KeyOptions::new().password("hunter2"))?;
/// assert_eq!(pem.kid(), Some("2026-1"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct KeyOptions {
    pub(crate) kid: Option<String>,
    pub(crate) password: Option<SecretString>,
    /// Who set it has been told what is wrong with it.
    pub(crate) kid_is_judged: bool,
    pub(crate) clock: Clock,
}

impl KeyOptions {
    /// Nothing but what the key says.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The `kid` under which the key is registered: instead of the JWK's own, or, for a certificate, instead of `x5c`. In a JWKS it
    /// picks the key. A blank one is none.
    #[must_use]
    pub fn kid(mut self, kid: impl Into<String>) -> Self {
        self.kid = Some(kid.into());
        self
    }

    /// The password of a PKCS#12 file.
    #[must_use]
    pub fn password(mut self, password: impl Into<SecretString>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// The same is said, whatever the time.
    pub(crate) fn are(&self, other: &Self) -> bool {
        let password = match (&self.password, &other.password) {
            (Some(one), Some(other)) => one.expose_secret() == other.expose_secret(),
            (one, other) => one.is_none() && other.is_none(),
        };
        password && self.kid == other.kid
    }
}

/// Not checked yet: a key may stand in the place of its id.
impl fmt::Debug for KeyOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyOptions")
            .field("kid", &self.kid.as_deref().map(slip::shown))
            .field("password", &self.password)
            .finish_non_exhaustive()
    }
}
