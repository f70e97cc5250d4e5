//! Which spelling is it? JSON, PEM, DER, or base64 of any of them.

use secrecy::SecretString;

use super::encoded::base64;
use super::material::Material;
use super::problem::Problem;
use super::{jwk, pem, pkcs12, private};
use crate::slip;

pub(super) fn read(bytes: &[u8], kid: Option<&str>, password: Option<&SecretString>) -> Result<Material, Problem> {
    if is_der(bytes) {
        return der(bytes, password);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::NotUtf8)?;
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\0');
    if text.is_empty() {
        return Err(Problem::Blank);
    }
    if slip::reference(text).is_some() {
        return Err(Problem::Unresolved);
    }
    if let Some(material) = plain(text, kid) {
        return material;
    }
    let decoded = base64(text).ok_or_else(|| slip::of_key(text).map_or(Problem::NotBase64, Problem::Slip))?;
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
        Some(pem::read(text))
    } else {
        None
    }
}

/// A SEQUENCE long enough for a key: `0x30`, and a length in several bytes, or of unknown length in BER. Text starts with `0` only as
/// base64, where the second byte is a letter.
fn is_der(bytes: &[u8]) -> bool {
    matches!(bytes, [0x30, 0x80..=0x84, ..])
}

fn der(bytes: &[u8], password: Option<&SecretString>) -> Result<Material, Problem> {
    if bytes.get(1) == Some(&0x80) {
        return Err(Problem::Pkcs12("it is BER without lengths, where DER is asked for"));
    }
    if pkcs12::is(bytes) {
        return pkcs12::read(bytes, password);
    }
    match private::read(bytes) {
        Err(Problem::NotAKey) if private::is_encrypted(bytes) => Err(Problem::EncryptedPem),
        Err(Problem::NotAKey) if private::is_public(bytes) => Err(Problem::PublicOnly),
        other => other,
    }
}
