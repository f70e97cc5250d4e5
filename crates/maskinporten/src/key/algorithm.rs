//! How a key signs.

use aws_lc_rs::signature::{self, RsaEncoding, RsaParameters};

/// How the key signs. Maskinporten takes these three and no other.
///
/// ```
/// use maskinporten::{Algorithm, KeyOptions, SigningKey};
/// # let emulator = maskinporten_emulator::MaskinportenEmulator::start_blocking()?;
/// # let text = emulator.client().encoded_jwk();
///
/// let key = SigningKey::read(text, &KeyOptions::new())?; // whose JWK says `"alg": "RS256"`, or nothing
/// assert_eq!(key.algorithm(), Algorithm::Rs256);
/// assert_eq!(key.algorithm().name(), "RS256");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256: what a key gets that does not say (`alg`).
    #[default]
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512: what Altinn Studio writes.
    Rs512,
}

impl Algorithm {
    /// Its name in a JOSE header (RFC 7518, section 3.1).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
        }
    }

    pub(super) fn encoding(self) -> &'static dyn RsaEncoding {
        match self {
            Self::Rs256 => &signature::RSA_PKCS1_SHA256,
            Self::Rs384 => &signature::RSA_PKCS1_SHA384,
            Self::Rs512 => &signature::RSA_PKCS1_SHA512,
        }
    }

    pub(super) fn parameters(self) -> &'static RsaParameters {
        match self {
            Self::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
            Self::Rs384 => &signature::RSA_PKCS1_2048_8192_SHA384,
            Self::Rs512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        }
    }
}
