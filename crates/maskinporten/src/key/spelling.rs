//! Which spelling is it? JSON, PEM, DER, or base64 of any of them.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use der::Decode as _;
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::numbers::{Numbers, Secret};
use super::{Algorithm, Material, Problem, jwk, pkcs12};

const RSA: &str = "1.2.840.113549.1.1.1";
const EC: &str = "1.2.840.10045.2.1";
const ED25519: &str = "1.3.101.112";
const RSA_PSS: &str = "1.2.840.113549.1.1.10";

pub(super) fn read(bytes: &[u8], kid: Option<&str>, password: Option<&SecretString>) -> Result<Material, Problem> {
    if is_der(bytes) {
        return der(bytes, password);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::NotUtf8)?;
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\0');
    if text.is_empty() {
        return Err(Problem::Blank);
    }
    if text.len() > 18 && text.as_bytes()[..18].eq_ignore_ascii_case(b"@microsoft.keyvaul") {
        return Err(Problem::Unresolved);
    }
    if let Some(material) = plain(text, kid) {
        return material;
    }
    let decoded = base64(text).ok_or(Problem::NotBase64)?;
    if is_der(&decoded) {
        return der(&decoded, password);
    }
    let inner = std::str::from_utf8(&decoded).map_err(|_| Problem::NotAKey)?;
    let inner = inner.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    plain(inner, kid).unwrap_or(Err(Problem::NotAKey))
}

fn plain(text: &str, kid: Option<&str>) -> Option<Result<Material, Problem>> {
    if text.starts_with('{') {
        Some(jwk::read(text, kid))
    } else if text.contains("-----BEGIN ") {
        Some(pem(text))
    } else {
        None
    }
}

/// A SEQUENCE long enough for a key: `0x30`, and a length in several bytes, or of unknown length in BER. Text starts with `0` only as
/// base64, where the second byte is a letter.
fn is_der(bytes: &[u8]) -> bool {
    matches!(bytes, [0x30, 0x80..=0x84, ..])
}

/// Either alphabet, padded or not, white space anywhere.
pub(super) fn base64(text: &str) -> Option<Secret> {
    const ENGINE: GeneralPurpose = GeneralPurpose::new(
        &alphabet::URL_SAFE,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    let url: Zeroizing<String> = Zeroizing::new(
        text.chars()
            .filter(|c| !c.is_whitespace() && *c != '\u{feff}')
            .map(|c| match c {
                '+' => '-',
                '/' => '_',
                other => other,
            })
            .collect(),
    );
    let url = url.trim_end_matches('=');
    ENGINE.decode(url).ok().map(Zeroizing::new)
}

/// The private key of a PEM, and the certificates beside it.
fn pem(text: &str) -> Result<Material, Problem> {
    let mut key: Option<Material> = None;
    let mut chain = Vec::new();
    let mut public = false;
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let (label, after) = after.split_once("-----").ok_or(Problem::PemBroken)?;
        let end = format!("-----END {label}-----");
        let (body, after) = after.split_once(end.as_str()).ok_or(Problem::PemBroken)?;
        rest = after;
        // An environment variable or a JSON text may hold the line breaks as `\n`.
        let body = Zeroizing::new(body.replace("\\r", "").replace("\\n", ""));
        if label == "ENCRYPTED PRIVATE KEY" || body.contains("ENCRYPTED") {
            return Err(Problem::EncryptedPem);
        }
        let der = base64(&body).ok_or(Problem::PemBroken)?;
        match label {
            "RSA PRIVATE KEY" => key = Some(pkcs1(&der)?),
            "PRIVATE KEY" => key = Some(pkcs8(&der)?),
            "EC PRIVATE KEY" => return Err(Problem::NotRsa("EC".into())),
            "OPENSSH PRIVATE KEY" => return Err(Problem::NotRsa("one of OpenSSH".into())),
            "CERTIFICATE" => chain.push(der.to_vec()),
            "PUBLIC KEY" | "RSA PUBLIC KEY" => public = true,
            _ => {}
        }
    }
    match key {
        Some(mut key) => {
            key.chain = chain;
            Ok(key)
        }
        None if public || !chain.is_empty() => Err(Problem::PublicOnly),
        None => Err(Problem::NotAKey),
    }
}

fn der(bytes: &[u8], password: Option<&SecretString>) -> Result<Material, Problem> {
    if bytes.get(1) == Some(&0x80) {
        return Err(Problem::Pkcs12("it is BER without lengths, where DER is asked for"));
    }
    if ::pkcs12::pfx::Pfx::from_der(bytes).is_ok() {
        return pkcs12::read(bytes, password);
    }
    match pkcs8(bytes) {
        Err(Problem::NotAKey) => {}
        other => return other,
    }
    match pkcs1(bytes) {
        Err(Problem::NotAKey) => {}
        other => return other,
    }
    if ::pkcs12::pbe_params::EncryptedPrivateKeyInfo::from_der(bytes).is_ok() {
        return Err(Problem::EncryptedPem);
    }
    let public = ::pkcs8::SubjectPublicKeyInfoRef::from_der(bytes).is_ok()
        || pkcs1::RsaPublicKey::from_der(bytes).is_ok()
        || x509_cert::Certificate::from_der(bytes).is_ok();
    Err(if public { Problem::PublicOnly } else { Problem::NotAKey })
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

fn pkcs1(bytes: &[u8]) -> Result<Material, Problem> {
    let key = pkcs1::RsaPrivateKey::from_der(bytes).map_err(|_| Problem::NotAKey)?;
    if key.other_prime_infos.is_some() {
        return Err(Problem::MultiPrime);
    }
    let secret = |part: &der::asn1::UintRef<'_>| Zeroizing::new(part.as_bytes().to_vec());
    let crt = [
        Some(secret(&key.prime1)),
        Some(secret(&key.prime2)),
        Some(secret(&key.exponent1)),
        Some(secret(&key.exponent2)),
        Some(secret(&key.coefficient)),
    ];
    let numbers = Numbers::new(
        key.modulus.as_bytes(),
        key.public_exponent.as_bytes(),
        secret(&key.private_exponent),
        crt,
    );
    Ok(Material {
        numbers,
        algorithm: Algorithm::default(),
        kid: None,
        chain: Vec::new(),
        expires: None,
    })
}
