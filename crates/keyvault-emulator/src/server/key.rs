//! Keys that sign tokens.

use std::fmt;
use std::sync::OnceLock;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{DecodingKey, EncodingKey};

use super::uuid_from;

/// PKCS#8 wraps an RSA key of 2048 bits into a header of fixed length: two sequences, the version, the algorithm
/// and the octet string that holds the `RSAPrivateKey` which a signer wants.
const PKCS8_HEADER: usize = 26;

/// An RSA key that signs tokens.
pub struct SigningKey {
    /// To sign with.
    pub encoding: EncodingKey,
    /// To verify with.
    pub decoding: DecodingKey,
    /// Made from the modulus.
    pub kid: String,
    /// The modulus, as a JWK spells it.
    pub n: String,
    /// The exponent, as a JWK spells it.
    pub e: String,
    pkcs8: Vec<u8>,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

impl SigningKey {
    /// A new RSA key of 2048 bits. It takes a tenth of a second.
    ///
    /// # Panics
    ///
    /// If no RSA key can be made, which there is no reason for.
    #[must_use]
    pub fn generate() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("an RSA key can be made");
        let pkcs8 = AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(&pair)
            .expect("an RSA key that was just made can be encoded");
        let private = pkcs8.as_ref().get(PKCS8_HEADER..).unwrap_or_default();
        let public = pair.public_key();
        let n = public.modulus().big_endian_without_leading_zero();
        let e = public.exponent().big_endian_without_leading_zero();
        let n64 = URL_SAFE_NO_PAD.encode(n);
        Self {
            encoding: EncodingKey::from_rsa_der(private),
            decoding: DecodingKey::from_rsa_raw_components(n, e),
            kid: uuid_from(&n64).replace('-', ""),
            n: n64,
            e: URL_SAFE_NO_PAD.encode(e),
            pkcs8: pkcs8.as_ref().to_vec(),
        }
    }

    /// The private key as PKCS#8.
    #[must_use]
    pub fn pkcs8_der(&self) -> &[u8] {
        &self.pkcs8
    }

    /// The private key as PKCS#1, which is `RSAPrivateKey` of RFC 8017.
    #[must_use]
    pub fn pkcs1_der(&self) -> &[u8] {
        self.pkcs8.get(PKCS8_HEADER..).unwrap_or_default()
    }
}

/// Made once a process: tests start an emulator each.
pub(crate) fn process_key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(SigningKey::generate)
}
