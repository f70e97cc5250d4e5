//! RSA keys as JSON Web Keys (RFC 7518, section 6.3).

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::KeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use emulator_kit::thumbprint;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use serde_json::{Map, Value, json};

use super::{Inner, KeyError, Private, der};

/// The members of a private key, in the order of `RSAPrivateKey`.
const MEMBERS: [&str; 8] = ["n", "e", "d", "p", "q", "dp", "dq", "qi"];

/// The private JWK of a key in DER.
pub(super) fn private(kid: &str, pkcs1: &[u8]) -> Value {
    let mut jwk = Map::new();
    jwk.insert("kty".to_owned(), json!("RSA"));
    let integers = der::integers(pkcs1).unwrap_or_default();
    for (member, integer) in MEMBERS.into_iter().zip(integers.into_iter().skip(1)) {
        jwk.insert(member.to_owned(), json!(URL_SAFE_NO_PAD.encode(integer)));
    }
    jwk.insert("kid".to_owned(), json!(kid));
    jwk.insert("alg".to_owned(), json!("RS256"));
    jwk.insert("use".to_owned(), json!("sig"));
    Value::Object(jwk)
}

pub(super) fn read(json: &str) -> Result<Inner, KeyError> {
    let jwk: Value = serde_json::from_str(json).map_err(|_| KeyError::NotJson)?;
    let members = jwk.as_object().ok_or(KeyError::NotJson)?;
    let text = |member: &str| members.get(member).and_then(Value::as_str);
    if text("kty") != Some("RSA") {
        return Err(KeyError::NotRsa);
    }
    let algorithm = match text("alg") {
        None | Some("RS256") => Algorithm::RS256,
        Some("RS384") => Algorithm::RS384,
        Some("RS512") => Algorithm::RS512,
        Some(_) => return Err(KeyError::NotRsa),
    };
    let integer = |member: &'static str| {
        let decoded = text(member).and_then(|value| URL_SAFE_NO_PAD.decode(value).ok());
        decoded.ok_or(KeyError::Member(member))
    };
    let mut inner = public(&integer("n")?, &integer("e")?)?;
    inner.algorithm = algorithm;
    inner.expires = members.get("exp").and_then(Value::as_i64);
    if let Some(kid) = text("kid") {
        kid.clone_into(&mut inner.kid);
    }
    inner.public_jwk["kid"] = json!(inner.kid);
    inner.public_jwk["alg"] = json!(text("alg").unwrap_or("RS256"));
    if members.contains_key("d") {
        let integers: Result<Vec<_>, _> = MEMBERS.into_iter().map(integer).collect();
        let integers = integers?;
        let mut all: Vec<&[u8]> = vec![&[]];
        all.extend(integers.iter().map(Vec::as_slice));
        let pkcs1 = der::sequence(&all);
        let pair = KeyPair::from_der(&pkcs1).map_err(|_| KeyError::Inconsistent)?;
        let pkcs8 = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).map_err(|_| KeyError::Inconsistent)?;
        inner.private = Some(Private {
            encoding: EncodingKey::from_rsa_der(&pkcs1),
            jwk,
            pkcs8: pkcs8.as_ref().to_vec(),
        });
    }
    Ok(inner)
}

/// A key that verifies and no more.
pub(super) fn public(modulus: &[u8], exponent: &[u8]) -> Result<Inner, KeyError> {
    let first = modulus.first().copied().unwrap_or(0);
    let bits = (modulus.len() * 8).saturating_sub(first.leading_zeros() as usize);
    if bits < 2048 {
        return Err(KeyError::TooShort);
    }
    let kid = thumbprint(modulus, exponent);
    Ok(Inner {
        algorithm: Algorithm::RS256,
        decoding: DecodingKey::from_rsa_raw_components(modulus, exponent),
        private: None,
        public_jwk: json!({
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid,
            "n": URL_SAFE_NO_PAD.encode(modulus), "e": URL_SAFE_NO_PAD.encode(exponent),
        }),
        kid,
        expires: None,
        certificates: Vec::new(),
    })
}
