//! PEM (RFC 7468): a private key, and the certificates beside it.

use zeroize::Zeroizing;

use super::encoded::base64;
use super::material::Material;
use super::private;
use super::problem::Problem;

/// The private key of a PEM, and the certificates beside it.
pub(super) fn read(text: &str) -> Result<Material, Problem> {
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
            "RSA PRIVATE KEY" => key = Some(private::pkcs1(&der)?),
            "PRIVATE KEY" => key = Some(private::pkcs8(&der)?),
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
