//! The clients' keys, as files that only their owner reads.

use std::io;

use emulator_kit::program::Files;
use maskinporten_emulator::Client;
use serde_json::{Value, json};

/// Writes what is known of each client's key, and says where.
pub(crate) fn write(files: &Files, clients: &[Client]) -> io::Result<Vec<Value>> {
    // Ids are anything; numbers are file names everywhere.
    clients
        .iter()
        .enumerate()
        .map(|(index, client)| {
            let key = client.key();
            let mut shown = json!({
                "client_id": client.client_id(),
                "org": client.org(),
                "scopes": client.scopes(),
                "kid": key.kid(),
            });
            let mut put = |member: &str, suffix: &str, text: &str| {
                shown[member] = json!(files.write(&format!("client-{index}{suffix}"), text)?);
                io::Result::Ok(())
            };
            if let (Some(jwk), Some(pem)) = (key.jwk_json(), key.private_key_pem()) {
                put("key", ".jwk.json", &jwk)?;
                put("key_pem", ".key.pem", &pem)?;
            }
            let certificate = key.certificate_pem();
            if !certificate.is_empty() {
                put("certificate_pem", ".certificate.pem", &certificate)?;
            }
            Ok(shown)
        })
        .collect()
}
