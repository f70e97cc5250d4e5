//! What is on disk for clients that read files.

use std::io;
use std::sync::Mutex;

use emulator_kit::program::Files;

use crate::lock::lock;

/// Files in a folder of the emulator's own.
#[derive(Debug)]
pub(crate) struct OnDisk {
    files: Files,
    pub(crate) ca: String,
    /// Written when it is first asked for; clients that keep it for more than a day start a new emulator.
    token: Mutex<Option<String>>,
}

impl OnDisk {
    pub(crate) fn new(ca_pem: &str) -> io::Result<Self> {
        let files = Files::new("keyvault-emulator")?;
        let ca = files.write("ca.pem", ca_pem)?.to_string_lossy().into_owned();
        Ok(Self {
            files,
            ca,
            token: Mutex::default(),
        })
    }

    pub(crate) fn token(&self, make: impl FnOnce() -> String) -> io::Result<String> {
        let mut token = lock(&self.token);
        if let Some(path) = &*token {
            return Ok(path.clone());
        }
        let path = self.files.write("federated-token", &make())?;
        Ok(token.insert(path.to_string_lossy().into_owned()).clone())
    }
}
