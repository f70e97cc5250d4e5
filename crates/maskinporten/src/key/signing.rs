//! The signing key: read from any of its spellings, checked, and ready to sign.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use secrecy::SecretString;
use serde::Serialize;

use super::algorithm::Algorithm;
use super::material::Material;
use super::options::KeyOptions;
use super::problem::Problem;
use super::{certificate, spelling};
use crate::error::{Error, ErrorKind, Stage};
use crate::slip;

/// A private RSA key that Maskinporten knows, ready to sign. A cheap clone. Its `Debug` shows nothing that is private.
///
/// ```
/// use maskinporten::{KeyOptions, SigningKey};
/// # let emulator = maskinporten_emulator::MaskinportenEmulator::start_blocking()?;
/// # let text = emulator.client().encoded_jwk();
///
/// let key = SigningKey::read(text, &KeyOptions::new())?; // base64 of a JWK, as in `EncodedJwk`
/// println!("{:?}, {} bits, RFC 7638 thumbprint {}", key.kid(), key.bits(), key.thumbprint());
/// assert!(key.bits() >= 2048);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SigningKey(Arc<Inner>);

struct Inner {
    pair: KeyPair,
    algorithm: Algorithm,
    kid: Option<String>,
    /// The JOSE header, encoded: it is the same for every assertion.
    header: String,
    thumbprint: String,
    identity: String,
    /// It came with a certificate, whether that is sent or not.
    certified: bool,
    bits: usize,
    expires: Option<i64>,
}

/// Members in the order in which other clients send them; Maskinporten takes any.
#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    typ: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    x5c: Option<Vec<String>>,
}

impl SigningKey {
    /// Reads a key, whatever its spelling: base64 (standard or url-safe, padded or not, with white space or a byte order mark in it)
    /// of, or plainly, a JWK, a JWKS, PEM or DER (PKCS#1, PKCS#8) or PKCS#12.
    ///
    /// Of a JWKS, the private RSA key for signatures is taken; of several, the one whose `exp` is furthest away. A JWK signs with its
    /// `alg` (RS256 where it says nothing). CRT members that are missing (`p`, `q`, `dp`, `dq`, `qi`) are computed.
    ///
    /// # Errors
    /// [`ErrorKind::Key`] with what is wrong with it, and never a part of it.
    pub fn read(text: impl AsRef<[u8]>, options: &KeyOptions) -> Result<Self, Error> {
        Self::parse(text.as_ref(), options).map_err(|problem| problem.error(None))
    }

    pub(super) fn parse(bytes: &[u8], options: &KeyOptions) -> Result<Self, Problem> {
        let password = options.password.as_ref();
        let kid = options.kid.as_deref().map(str::trim).filter(|kid| !kid.is_empty());
        let mut material = spelling::read(bytes, kid, password)?;
        if let Some(kid) = kid {
            material.kid = Some(kid.to_owned());
        }
        if !material.chain.is_empty() {
            material.chain = certificate::ordered(material.chain, &material.numbers.n)?;
            let own = &material.chain[0];
            // What is registered under a `kid` is the key: its certificate is not sent, and may have ended.
            material.expires = Some(match material.kid {
                None => certificate::valid(own, options.clock.unix())?,
                Some(_) => certificate::validity(own)?.1,
            });
        }
        let key = Self::check(material)?;
        match key.kid().and_then(slip::of) {
            None => {}
            // It is told under its own setting.
            Some(_) if options.kid_is_judged && kid.is_some() => {}
            Some(slip) => return Err(Problem::Kid(slip)),
        }
        Ok(key)
    }

    fn check(material: Material) -> Result<Self, Problem> {
        let Material {
            numbers,
            algorithm,
            kid,
            chain,
            expires,
        } = material;
        let kid = kid.filter(|kid| !kid.trim().is_empty());
        if kid.is_none() && chain.is_empty() {
            return Err(Problem::NoKid);
        }
        let certified = !chain.is_empty();
        let bits = numbers.bits();
        let thumbprint = numbers.thumbprint();
        let pair = numbers.pair(algorithm)?;
        // A registered key is named by its id alone: Maskinporten wants one of the two.
        let x5c = match &kid {
            Some(_) => None,
            None => Some(chain.iter().map(|der| BASE64_STANDARD.encode(der)).collect()),
        };
        let header = serde_json::to_vec(&Header {
            alg: algorithm.name(),
            kid: kid.as_deref(),
            typ: "JWT",
            x5c,
        })
        .map_err(|_| Problem::Unusable)?;
        let identity = format!(
            "{thumbprint}/{}/{}",
            algorithm.name(),
            kid.as_deref().unwrap_or_default()
        );
        Ok(Self(Arc::new(Inner {
            pair,
            algorithm,
            header: BASE64_URL_SAFE_NO_PAD.encode(header),
            thumbprint,
            identity,
            kid,
            certified,
            bits,
            expires,
        })))
    }

    /// How it signs.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.0.algorithm
    }

    /// The id it is registered under; `None` if it identifies itself by its certificates (`x5c`).
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.0.kid.as_deref()
    }

    /// It came with a certificate, in whose place its `kid` is sent if it has one.
    pub(crate) fn is_certified(&self) -> bool {
        self.0.certified
    }

    /// The length of its modulus in bits.
    #[must_use]
    pub fn bits(&self) -> usize {
        self.0.bits
    }

    /// When the key (a JWK's `exp`) or its certificate expires, in unix seconds, if it says so. An expired certificate is refused when
    /// the key is read, as it would be sent; an expired JWK, or a certificate with a `kid`, is not, as posting a key again renews it with
    /// Maskinporten but not here.
    #[must_use]
    pub fn expires(&self) -> Option<i64> {
        self.0.expires
    }

    /// The thumbprint of the public key (RFC 7638, SHA-256), the same for every spelling of the key.
    #[must_use]
    pub fn thumbprint(&self) -> &str {
        &self.0.thumbprint
    }

    /// Thumbprint, algorithm and key id: tokens of two keys that differ in any of them are not shared.
    pub(crate) fn identity(&self) -> &str {
        &self.0.identity
    }

    /// A compact JWS (RFC 7515) over the claims, in the order in which they serialize.
    pub(crate) fn sign(&self, claims: &impl Serialize) -> Result<SecretString, Error> {
        let failed = |what| {
            Error::new(
                ErrorKind::Key,
                Stage::Token,
                format!("the assertion could not be {what}"),
            )
        };
        let claims = serde_json::to_vec(claims).map_err(|_| failed("written"))?;
        let inner = &*self.0;
        let mut signature = vec![0; inner.pair.public_modulus_len()];
        let mut jws = String::with_capacity(inner.header.len() + (claims.len() + signature.len()) * 4 / 3 + 8);
        jws.push_str(&inner.header);
        jws.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(&claims, &mut jws);
        inner
            .pair
            .sign(
                inner.algorithm.encoding(),
                &SystemRandom::new(),
                jws.as_bytes(),
                &mut signature,
            )
            .map_err(|_| failed("signed"))?;
        jws.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(&signature, &mut jws);
        Ok(jws.into())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.0.algorithm)
            .field("kid", &self.kid().map(slip::shown))
            .field("bits", &self.0.bits)
            .field("thumbprint", &self.0.thumbprint)
            .field("expires", &self.0.expires)
            .finish_non_exhaustive()
    }
}
