//! Keys of clients: RSA, as a JWK or with a certificate.

mod certificate;
mod der;
mod jwk;

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use emulator_kit::SigningKey;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use serde_json::{Value, json};

pub(crate) use certificate::Certificate;

/// A key that cannot be used. It never shows the key.
///
/// ```
/// use maskinporten_emulator::{ClientKey, KeyError};
///
/// let error = ClientKey::from_jwk(r#"{ "kty": "EC", "crv": "P-256" }"#).err();
/// assert!(matches!(error, Some(KeyError::NotRsa)));
///
/// let error = ClientKey::from_jwk(r#"{ "kty": "RSA", "n": "s3cret!" }"#).err().expect("half a key");
/// assert!(!error.to_string().contains("s3cret"));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The text is not JSON, or no object.
    #[error("the key is no JSON object")]
    NotJson,
    /// A member is missing, or not base64url.
    #[error("the key's member {0} is missing or not base64url")]
    Member(&'static str),
    /// It is another kind of key: only RSA with RS256, RS384 or RS512 is served.
    #[error("the key is not an RSA key for RS256, RS384 or RS512")]
    NotRsa,
    /// Its modulus has less than 2048 bits.
    #[error("the key is shorter than 2048 bits")]
    TooShort,
    /// Its parts do not fit together.
    #[error("the key's parts do not fit together")]
    Inconsistent,
    /// A certificate cannot be read.
    #[error("the certificate cannot be read")]
    Certificate,
}

/// A client's key: what it signs its assertions with, and what the emulator knows of it.
///
/// ```
/// use maskinporten_emulator::{ClientKey, ClientSpec, KeyError, MaskinportenEmulator};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let emulator = MaskinportenEmulator::start_blocking()?;
/// // A client that signs with an enterprise certificate: it sends `x5c` and no `kid`.
/// let certificate = ClientKey::generate_certificate("991825827");
/// emulator.register(ClientSpec::new("certified").scopes(["my:scope"]).key(certificate.clone()));
/// assert!(certificate.certificate_pem().starts_with("-----BEGIN CERTIFICATE-----"));
///
/// // The key that a client of another language has, as its JWK says it.
/// let jwk = emulator.client().jwk_json();
/// assert_eq!(ClientKey::from_jwk(&jwk)?.kid(), emulator.client().key().kid());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ClientKey(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kid: String,
    algorithm: Algorithm,
    decoding: DecodingKey,
    private: Option<Private>,
    public_jwk: Value,
    /// Unix seconds; keys live a year at most.
    expires: Option<i64>,
    /// The leaf first.
    certificates: Vec<Certificate>,
}

#[derive(Clone)]
struct Private {
    encoding: EncodingKey,
    jwk: Value,
    pkcs8: Vec<u8>,
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientKey")
            .field("kid", &self.0.kid)
            .field("certificates", &self.0.certificates.len())
            .finish_non_exhaustive()
    }
}

impl ClientKey {
    /// A new RSA key of 2048 bits for RS256, with a `kid` made from it. It takes a tenth of a second.
    #[must_use]
    pub fn generate() -> Self {
        Self::from_signing_key(&SigningKey::generate())
    }

    pub(crate) fn from_signing_key(key: &SigningKey) -> Self {
        let jwk = jwk::private(key.kid(), key.pkcs1_der());
        Self::from_jwk(&jwk.to_string()).expect("a key that was just made can be read")
    }

    /// A new key with a certificate of its own: an organisation's `virksomhetssertifikat`, issued by an authority of
    /// this process. The chain is the leaf and that authority.
    ///
    /// # Panics
    ///
    /// If a certificate cannot be made, which there is no reason for.
    #[must_use]
    pub fn generate_certificate(org: &str) -> Self {
        let key = SigningKey::generate();
        let chain = certificate::issue(org, key.pkcs8_der(), certificate::a_year_from_now());
        Self::from_signing_key(&key)
            .certified(chain)
            .expect("a certificate that was just made can be read")
    }

    /// A JWK in JSON. A public one verifies; only a private one signs. `kid`, `alg` and `exp` are honoured; without a
    /// `kid` one is made from the modulus.
    ///
    /// # Errors
    ///
    /// When it is no RSA key of 2048 bits or more, or not for RS256, RS384 or RS512.
    pub fn from_jwk(json: &str) -> Result<Self, KeyError> {
        jwk::read(json).map(|inner| Self(Arc::new(inner)))
    }

    /// The certificate of a key that stays with its client: DER, the leaf first.
    ///
    /// # Errors
    ///
    /// When a certificate cannot be read, or the leaf's key is no RSA key of 2048 bits or more.
    pub fn from_certificates<D: AsRef<[u8]>>(chain: impl IntoIterator<Item = D>) -> Result<Self, KeyError> {
        let chain: Result<Vec<_>, _> = chain.into_iter().map(|der| Certificate::read(der.as_ref())).collect();
        let chain = chain?;
        let leaf = chain.first().ok_or(KeyError::Certificate)?;
        let inner = jwk::public(&leaf.modulus, &leaf.exponent)?;
        Ok(Self(Arc::new(Inner {
            certificates: chain,
            ..inner
        })))
    }

    /// The same key with a certificate for it: DER, the leaf first.
    ///
    /// # Errors
    ///
    /// When a certificate cannot be read, or the leaf is for another key.
    pub fn certified<D: AsRef<[u8]>>(self, chain: impl IntoIterator<Item = D>) -> Result<Self, KeyError> {
        let certified = Self::from_certificates(chain)?;
        if !certified.is_of(&self) {
            return Err(KeyError::Inconsistent);
        }
        Ok(Self(Arc::new(Inner {
            certificates: certified.0.certificates.clone(),
            ..(*self.0).clone()
        })))
    }

    /// The same key, to expire then.
    pub(crate) fn renewed(&self, expires: i64) -> Self {
        Self(Arc::new(Inner {
            expires: Some(expires),
            ..(*self.0).clone()
        }))
    }

    /// Whether both are the same key, whatever they are called.
    pub(crate) fn is_of(&self, other: &Self) -> bool {
        self.0.public_jwk["n"] == other.0.public_jwk["n"]
    }

    /// The key's identifier.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.0.kid
    }

    /// The public JWK, as it is registered with Maskinporten.
    #[must_use]
    pub fn public_jwk(&self) -> &Value {
        &self.0.public_jwk
    }

    /// The private JWK in JSON, if the emulator knows it.
    #[must_use]
    pub fn jwk_json(&self) -> Option<String> {
        Some(self.0.private.as_ref()?.jwk.to_string())
    }

    /// The private key as PEM (PKCS#8), if the emulator knows it.
    #[must_use]
    pub fn private_key_pem(&self) -> Option<String> {
        Some(pem("PRIVATE KEY", &self.0.private.as_ref()?.pkcs8))
    }

    /// The certificates as PEM, the leaf first; empty without any.
    #[must_use]
    pub fn certificate_pem(&self) -> String {
        let pem = |certificate: &Certificate| pem("CERTIFICATE", &certificate.der);
        self.0.certificates.iter().map(pem).collect()
    }

    /// The certificates as the header `x5c` holds them (RFC 7515, section 4.1.6), the leaf first.
    #[must_use]
    pub fn x5c(&self) -> Vec<String> {
        let certificates = self.0.certificates.iter();
        certificates
            .map(|certificate| STANDARD.encode(&certificate.der))
            .collect()
    }

    /// Signs an assertion. The header names the certificates if there are any, else the `kid`. Nothing if the private
    /// key is not known.
    #[must_use]
    pub fn sign(&self, claims: &Value) -> Option<String> {
        let alg = format!("{:?}", self.0.algorithm);
        let header = if self.0.certificates.is_empty() {
            json!({ "alg": alg, "kid": self.0.kid, "typ": "JWT" })
        } else {
            json!({ "alg": alg, "x5c": self.x5c(), "typ": "JWT" })
        };
        self.sign_with(&header, claims)
    }

    /// Signs an assertion under any header, one that will be refused included. Nothing if the private key is not known.
    ///
    /// The signature is made with the header's `alg` if that is an algorithm for RSA keys, else with RS256.
    #[must_use]
    pub fn sign_with(&self, header: &Value, claims: &Value) -> Option<String> {
        let algorithm = match header["alg"].as_str() {
            Some("RS384") => Algorithm::RS384,
            Some("RS512") => Algorithm::RS512,
            Some("PS256") => Algorithm::PS256,
            _ => Algorithm::RS256,
        };
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let message = format!("{}.{}", encode(header), encode(claims));
        let encoding = &self.0.private.as_ref()?.encoding;
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), encoding, algorithm).ok()?;
        Some(format!("{message}.{signature}"))
    }

    pub(crate) fn decoding(&self) -> &DecodingKey {
        &self.0.decoding
    }

    pub(crate) fn expires(&self) -> Option<i64> {
        self.0.expires
    }

    /// The certificate that assertions are signed with.
    pub(crate) fn leaf(&self) -> Option<&Certificate> {
        self.0.certificates.first()
    }
}

/// RFC 7468, with lines of 64 characters.
fn pem(label: &str, der: &[u8]) -> String {
    let encoded = STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for line in encoded.as_bytes().chunks(64) {
        pem.extend(line.iter().copied().map(char::from));
        pem.push('\n');
    }
    pem + &format!("-----END {label}-----\n")
}
