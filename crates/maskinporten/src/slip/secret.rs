//! What is a key, a certificate or a token, whatever it was given for.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;

/// Longer than any id and the thumbprint of any digest: what begins like a secret is one, though it cannot be read.
const LONG: usize = 64;

/// PEM and DER, JSON and JWT, plainly or in base64.
pub(super) fn secret(text: &str) -> Option<&'static str> {
    if text.contains("-----BEGIN") {
        return Some("PEM, as keys and certificates are");
    }
    if text.starts_with('{') && text.contains('"') {
        return Some("JSON, as a JWK is");
    }
    let encoded =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_' | '=' | '.') || c.is_whitespace();
    if !text.chars().all(encoded) {
        return None;
    }
    let long = text.len() > LONG;
    // `{"`, `{` and a line break, `-----`, a SEQUENCE with a length in two bytes, and a byte order mark before any of them.
    let starts = |known: &[&str]| known.iter().any(|start| text.starts_with(start));
    if starts(&["eyJ", "eyI", "ewo", "ew0K", "eyA", "77u/", "77u_"]) && (long || is_json(&beginning(text))) {
        return Some(match text.matches('.').count() {
            2 => "a JWT, as tokens are",
            _ => "base64 of JSON, as an encoded JWK is",
        });
    }
    let is_key = |bytes: &[u8]| bytes.starts_with(b"-----BEGIN") || is_der(bytes);
    (starts(&["LS0tLS", "MII"]) && (long || is_key(&beginning(text)))).then_some("base64, as keys and certificates are")
}

/// What a text is the base64 of, up to a dot; as much of it as makes whole bytes.
fn beginning(text: &str) -> Vec<u8> {
    let encoded = text.split('.').next().unwrap_or_default();
    let encoded: String = encoded
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '=')
        .map(|c| match c {
            '-' => '+',
            '_' => '/',
            c => c,
        })
        .collect();
    let whole = &encoded[..encoded.len() / 4 * 4];
    BASE64_STANDARD_NO_PAD.decode(whole).unwrap_or_default()
}

/// Text, as an id's random bytes are not; its last character may be cut off.
fn is_json(bytes: &[u8]) -> bool {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    let json = text.trim_start_matches('\u{feff}');
    json.starts_with('{') && !json.contains(|c: char| c.is_control() && !c.is_whitespace())
}

/// A SEQUENCE of more than 255 bytes that begins as a key does, with its version, or as a certificate, with another of its kind.
fn is_der(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [0x30, 0x82, _, _, 0x02, 0x01, ..] | [0x30, 0x82, _, _, 0x30, 0x82, ..]
    )
}
