//! Keys that sign tokens.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// PKCS#8 wraps an RSA key of 2048 bits into a header of fixed length: two sequences, the version, the algorithm
/// and the octet string that holds the `RSAPrivateKey` which a signer wants.
const PKCS8_HEADER: usize = 26;

/// An RSA key of 2048 bits that signs tokens with RS256: for emulators of whoever issues them.
///
/// ```
/// use emulator_kit::SigningKey;
/// use serde_json::{Value, json};
///
/// let key = SigningKey::generate();
/// let token = key.sign(&json!({ "iss": "https://issuer.test", "scope": "letters:read" }));
///
/// let claims: Value = key.verify(&token).expect("it signed that");
/// assert_eq!(claims["scope"], "letters:read");
/// assert_eq!(key.jwk()["kid"], key.kid()); // what the emulator publishes
/// ```
pub struct SigningKey {
    kid: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
    jwk: Value,
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
    /// A new key. It takes a tenth of a second: tests start an emulator each, so make it once a process.
    ///
    /// # Panics
    ///
    /// If no RSA key can be made, which there is no reason for.
    #[must_use]
    pub fn generate() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("an RSA key can be made");
        let pkcs8 = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).expect("an RSA key that was just made can be encoded");
        let pkcs8 = pkcs8.as_ref().to_vec();
        let public = pair.public_key();
        let n = public.modulus().big_endian_without_leading_zero();
        let e = public.exponent().big_endian_without_leading_zero();
        let kid = thumbprint(n, e);
        Self {
            encoding: EncodingKey::from_rsa_der(&pkcs8[PKCS8_HEADER..]),
            decoding: DecodingKey::from_rsa_raw_components(n, e),
            jwk: json!({
                "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid,
                "n": URL_SAFE_NO_PAD.encode(n), "e": URL_SAFE_NO_PAD.encode(e),
            }),
            kid,
            pkcs8,
        }
    }

    /// Its identifier: its [`thumbprint`].
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public key as a JWK (RFC 7517), to be published: `kty`, `use`, `alg`, `kid`, `n` and `e`.
    #[must_use]
    pub fn jwk(&self) -> &Value {
        &self.jwk
    }

    /// A signed JWT of these claims, whose header names the key.
    ///
    /// # Panics
    ///
    /// If the claims cannot be signed, which there is no reason for.
    #[must_use]
    pub fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(self.kid.clone());
        encode(&header, claims, &self.encoding).expect("an RSA key of 2048 bits signs RS256")
    }

    /// The claims of a JWT whose header names this key and that it signed. What the claims say is not looked at: time, issuer
    /// and audience are for the emulator to judge, in its service's own words.
    #[must_use]
    pub fn verify<T: DeserializeOwned + Clone>(&self, token: &str) -> Option<T> {
        if decode_header(token).ok()?.kid? != self.kid {
            return None;
        }
        let mut validation = Validation::new(Algorithm::RS256);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        Some(decode::<T>(token, &self.decoding, &validation).ok()?.claims)
    }

    /// The private key as PKCS#8.
    #[must_use]
    pub fn pkcs8_der(&self) -> &[u8] {
        &self.pkcs8
    }

    /// The private key as PKCS#1, which is `RSAPrivateKey` of RFC 8017.
    #[must_use]
    pub fn pkcs1_der(&self) -> &[u8] {
        &self.pkcs8[PKCS8_HEADER..]
    }
}

/// The thumbprint of an RSA key (RFC 7638), in base64url: what a key is called that bears no name. Modulus and exponent are
/// big-endian, without leading zeros.
#[must_use]
pub fn thumbprint(modulus: &[u8], exponent: &[u8]) -> String {
    let (n, e) = (URL_SAFE_NO_PAD.encode(modulus), URL_SAFE_NO_PAD.encode(exponent));
    let members = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
    URL_SAFE_NO_PAD.encode(digest(&SHA256, members.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7638, section 3.1.
    #[test]
    fn the_thumbprint_of_the_rfc() {
        let modulus = URL_SAFE_NO_PAD
            .decode(concat!(
                "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs",
                "tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbI",
                "SD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
            ))
            .expect("the RFC's own key");
        assert_eq!(
            thumbprint(&modulus, &[1, 0, 1]),
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
        );
    }

    #[test]
    fn only_the_key_that_signed_verifies() {
        let (key, other) = (SigningKey::generate(), SigningKey::generate());
        let token = key.sign(&json!({ "exp": 1, "aud": "anybody" }));
        assert_eq!(key.verify::<Value>(&token), Some(json!({ "exp": 1, "aud": "anybody" })));
        assert_eq!(other.verify::<Value>(&token), None);
        assert_eq!(key.verify::<Value>(&token[..token.len() - 4]), None);
    }
}
