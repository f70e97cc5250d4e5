//! The clients' keys, as files that only their owner reads.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use maskinporten_emulator::Client;
use serde_json::{Value, json};

/// Writes what is known of each client's key, and says where.
pub(crate) fn write(folder: &Path, clients: &[Client]) -> io::Result<Vec<Value>> {
    // Ids are anything; numbers are file names everywhere.
    clients
        .iter()
        .enumerate()
        .map(|(index, client)| {
            let at = |what: &str| folder.join(format!("client-{index}{what}"));
            let key = client.key();
            let mut shown = json!({
                "client_id": client.client_id(),
                "org": client.org(),
                "scopes": client.scopes(),
                "kid": key.kid(),
            });
            let mut put = |member: &str, path: PathBuf, text: &str| {
                secret(&path, text)?;
                shown[member] = json!(path);
                io::Result::Ok(())
            };
            if let (Some(jwk), Some(pem)) = (key.jwk_json(), key.private_key_pem()) {
                put("key", at(".jwk.json"), &jwk)?;
                put("key_pem", at(".key.pem"), &pem)?;
            }
            let certificate = key.certificate_pem();
            if !certificate.is_empty() {
                put("certificate_pem", at(".certificate.pem"), &certificate)?;
            }
            Ok(shown)
        })
        .collect()
}

fn secret(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)?.write_all(text.as_bytes())
}
