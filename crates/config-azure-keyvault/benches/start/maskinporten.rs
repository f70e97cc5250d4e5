//! Maskinporten: its emulator's program, for this crate knows nothing of it, not even in its tests.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::cells::Cell;

/// One that runs until it is dropped.
pub(crate) struct Maskinporten {
    process: Child,
    pub(crate) ca_pem: String,
    /// The section of the service's file.
    pub(crate) section: Value,
    /// The secrets of the guide.
    pub(crate) secrets: BTreeMap<String, String>,
}

impl Maskinporten {
    pub(crate) fn start(program: &Path, cell: &Cell) -> Result<Self, String> {
        let mut process = Command::new(program)
            .arg("--quiet")
            .arg("--round-trip-ms")
            .arg(cell.round_trip().as_millis().to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let mut line = String::new();
        let stdout = process.stdout.take().ok_or("it is piped")?;
        let read = BufReader::new(stdout).read_line(&mut line);
        read.map_err(|error| format!("maskinporten-emulator: {error}"))?;
        let told: Value = serde_json::from_str(&line).map_err(|error| format!("maskinporten-emulator: {error}"))?;

        let client = &told["clients"][0];
        let file = |path: &Value| {
            let path = path.as_str().unwrap_or_default();
            std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
        };
        let client_id = client["client_id"].as_str().unwrap_or_default().to_owned();
        Ok(Self {
            ca_pem: file(&told["ca"])?,
            // Both are said, as the library knows both of the real environments: no metadata is asked for.
            section: json!({
                "Issuer": told["issuer"],
                "TokenEndpoint": told["token_endpoint"],
                "Scope": client["scopes"][0],
            }),
            secrets: BTreeMap::from([
                ("MaskinportenSettings--ClientId".to_owned(), client_id),
                ("MaskinportenSettings--EncodedJwk".to_owned(), file(&client["key"])?),
            ]),
            process,
        })
    }
}

impl Drop for Maskinporten {
    fn drop(&mut self) {
        // Asked to end it takes its files with it; what is killed leaves them.
        let asked = Command::new("kill").arg(self.process.id().to_string()).status();
        if !asked.is_ok_and(|status| status.success()) {
            drop(self.process.kill());
        }
        drop(self.process.wait());
    }
}
