//! Seals what goes into a shared store, so that the store never holds a token that anybody could use.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use secrecy::zeroize::Zeroizing;

/// Says what follows, for the day that it changes.
const FORMAT: u8 = 1;

/// AES-256-GCM with a key that only holders of the signing key can derive.
pub(crate) struct Seal(RandomizedNonceKey);

impl Seal {
    /// Derives the sealing key (HKDF-SHA256, RFC 5869) from a secret of the signing key.
    pub(crate) fn derive(secret: &[u8]) -> Result<Self, Unspecified> {
        let pseudorandom = Salt::new(HKDF_SHA256, b"maskinporten token store").extract(secret);
        let mut key = Zeroizing::new([0_u8; 32]);
        pseudorandom.expand(&[b"aes-256-gcm"], &AES_256_GCM)?.fill(&mut *key)?;
        Ok(Self(RandomizedNonceKey::new(&AES_256_GCM, &*key)?))
    }

    /// Bound to the name, so that one entry cannot be passed off as another.
    pub(crate) fn close(&self, name: &str, plain: &[u8]) -> Result<Vec<u8>, Unspecified> {
        // Grows once at most: the plain text is not left behind in a buffer that was too small.
        let mut sealed = Vec::with_capacity(plain.len() + AES_256_GCM.tag_len());
        sealed.extend_from_slice(plain);
        let nonce = self
            .0
            .seal_in_place_append_tag(Aad::from(name.as_bytes()), &mut sealed)?;
        let mut value = Vec::with_capacity(1 + NONCE_LEN + sealed.len());
        value.push(FORMAT);
        value.extend_from_slice(nonce.as_ref());
        value.append(&mut sealed);
        Ok(value)
    }

    pub(crate) fn open(&self, name: &str, value: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unspecified> {
        let (&format, rest) = value.split_first().ok_or(Unspecified)?;
        if format != FORMAT || rest.len() < NONCE_LEN {
            return Err(Unspecified);
        }
        let (nonce, sealed) = rest.split_at(NONCE_LEN);
        let mut plain = Zeroizing::new(sealed.to_vec());
        let nonce = Nonce::try_assume_unique_for_key(nonce)?;
        let length = self
            .0
            .open_in_place(nonce, Aad::from(name.as_bytes()), &mut plain)?
            .len();
        plain.truncate(length);
        Ok(plain)
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_with_the_same_key_under_the_same_name() {
        let seal = Seal::derive(b"one").expect("derives");
        let value = seal.close("name", b"a token").expect("seals");
        assert!(!value.windows(7).any(|window| window == b"a token"));
        assert_eq!(**seal.open("name", &value).expect("opens"), *b"a token");
        assert_ne!(
            value,
            seal.close("name", b"a token").expect("seals"),
            "a nonce serves once"
        );
        assert!(seal.open("another name", &value).is_err());
        assert!(Seal::derive(b"two").expect("derives").open("name", &value).is_err());
        for end in 0..value.len() {
            assert!(seal.open("name", &value[..end]).is_err());
        }
    }
}
