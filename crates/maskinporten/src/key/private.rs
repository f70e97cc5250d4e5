//! A bare key in DER: PKCS#1 (RFC 8017) and PKCS#8 (RFC 5208), and what is taken for one.

use der::Decode as _;
use der::asn1::{OctetStringRef, UintRef};
use pkcs8::spki::AlgorithmIdentifierRef;
use zeroize::Zeroizing;

use super::material::Material;
use super::numbers::Numbers;
use super::problem::Problem;

const RSA: &str = "1.2.840.113549.1.1.1";
const EC: &str = "1.2.840.10045.2.1";
const ED25519: &str = "1.3.101.112";
const RSA_PSS: &str = "1.2.840.113549.1.1.10";

/// [`Problem::NotAKey`] where it is neither.
pub(super) fn read(bytes: &[u8]) -> Result<Material, Problem> {
    match pkcs8(bytes) {
        Err(Problem::NotAKey) => pkcs1(bytes),
        other => other,
    }
}

pub(super) fn pkcs8(bytes: &[u8]) -> Result<Material, Problem> {
    let info = ::pkcs8::PrivateKeyInfo::from_der(bytes).map_err(|_| Problem::NotAKey)?;
    match info.algorithm.oid.to_string().as_str() {
        RSA => pkcs1(info.private_key),
        EC => Err(Problem::NotRsa("EC".into())),
        ED25519 => Err(Problem::NotRsa("Ed25519".into())),
        RSA_PSS => Err(Problem::Alg("RSASSA-PSS".into())),
        other => Err(Problem::NotRsa(format!("of the type {other}"))),
    }
}

pub(super) fn pkcs1(bytes: &[u8]) -> Result<Material, Problem> {
    let key = ::pkcs1::RsaPrivateKey::from_der(bytes).map_err(|_| Problem::NotAKey)?;
    if key.other_prime_infos.is_some() {
        return Err(Problem::MultiPrime);
    }
    let secret = |part: &UintRef<'_>| Zeroizing::new(part.as_bytes().to_vec());
    let crt = [
        Some(secret(&key.prime1)),
        Some(secret(&key.prime2)),
        Some(secret(&key.exponent1)),
        Some(secret(&key.exponent2)),
        Some(secret(&key.coefficient)),
    ];
    Ok(Material::bare(Numbers::new(
        key.modulus.as_bytes(),
        key.public_exponent.as_bytes(),
        secret(&key.private_exponent),
        crt,
    )))
}

/// PKCS#8's `EncryptedPrivateKeyInfo`.
#[derive(der::Sequence)]
struct Encrypted<'a> {
    algorithm: AlgorithmIdentifierRef<'a>,
    data: OctetStringRef<'a>,
}

/// PKCS#8 under a password.
pub(super) fn is_encrypted(bytes: &[u8]) -> bool {
    Encrypted::from_der(bytes).is_ok_and(|key| !key.algorithm.oid.as_bytes().is_empty() && !key.data.is_empty())
}

/// A public key, or a certificate, which holds one.
pub(super) fn is_public(bytes: &[u8]) -> bool {
    ::pkcs8::SubjectPublicKeyInfoRef::from_der(bytes).is_ok()
        || ::pkcs1::RsaPublicKey::from_der(bytes).is_ok()
        || x509_cert::Certificate::from_der(bytes).is_ok()
}
