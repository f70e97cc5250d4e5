//! The key that signs every token of this process.

use std::fmt;
use std::sync::OnceLock;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{DecodingKey, EncodingKey};

use crate::util::uuid_from;

/// PKCS#8 wraps an RSA key of 2048 bits into a header of fixed length: two sequences, the version, the algorithm
/// and the octet string that holds the `RSAPrivateKey` which a signer wants.
const PKCS8_HEADER: usize = 26;

pub(crate) struct SigningKey {
    pub(crate) encoding: EncodingKey,
    pub(crate) decoding: DecodingKey,
    pub(crate) kid: String,
    /// Modulus and exponent, as a JWK spells them.
    pub(crate) n: String,
    pub(crate) e: String,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// Made once a process: an RSA key takes a tenth of a second, and tests start an emulator each.
pub(crate) fn signing_key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("an RSA key can be made");
        let pkcs8 = AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(&pair)
            .expect("an RSA key that was just made can be encoded");
        let private = pkcs8.as_ref().get(PKCS8_HEADER..).unwrap_or_default();
        let public = pair.public_key();
        let n = public.modulus().big_endian_without_leading_zero();
        let e = public.exponent().big_endian_without_leading_zero();
        let n64 = URL_SAFE_NO_PAD.encode(n);
        SigningKey {
            encoding: EncodingKey::from_rsa_der(private),
            decoding: DecodingKey::from_rsa_raw_components(n, e),
            kid: uuid_from(&n64).replace('-', ""),
            n: n64,
            e: URL_SAFE_NO_PAD.encode(e),
        }
    })
}
