//! What the services of the bench `start` share: how they are told what to load, and the one line that they print.

mod service;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Instant;

pub use service::{AppSettings, load};

/// Whatever went wrong, for a line on stderr.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A process from its first line to its last.
pub struct Start(Instant);

impl Start {
    /// The first line of `main`.
    pub fn now() -> Self {
        Self(Instant::now())
    }

    /// The last one: what was loaded is counted and told on stdout, what failed on stderr.
    pub fn end(self, loaded: Result<usize, Failure>) -> ExitCode {
        let took = self.0.elapsed().as_secs_f64() * 1000.0;
        match loaded.and_then(as_expected) {
            Ok(secrets) => {
                let line = format!("{{\"secrets\": {secrets}, \"load_ms\": {took:.3}}}\n");
                // Who does not read it, does not want it.
                drop(std::io::stdout().write_all(line.as_bytes()));
                ExitCode::SUCCESS
            }
            Err(error) => {
                drop(writeln!(std::io::stderr(), "{error}"));
                ExitCode::FAILURE
            }
        }
    }
}

fn as_expected(secrets: usize) -> Result<usize, Failure> {
    let expected: usize = variable("START_SECRETS")?.parse()?;
    match secrets == expected {
        true => Ok(secrets),
        false => Err(format!("{secrets} secrets were loaded, and there are {expected}").into()),
    }
}

/// A variable that the bench sets for each of its programs.
///
/// # Errors
///
/// It is not set.
pub fn variable(name: &str) -> Result<String, Failure> {
    std::env::var(name).map_err(|error| format!("{name}: {error}").into())
}

/// The certificates of the emulators, trusted beside the machine's roots.
///
/// # Errors
///
/// There is no such file.
pub fn ca_pem() -> Result<Vec<u8>, Failure> {
    let path = variable("START_CA")?;
    std::fs::read(&path).map_err(|error| format!("{path}: {error}").into())
}

/// A bare client that trusts the emulators beside the machine's roots.
///
/// # Errors
///
/// The certificates cannot be read, or the client cannot be made.
pub fn http_client() -> Result<reqwest::Client, Failure> {
    let beside = reqwest::Certificate::from_pem_bundle(&ca_pem()?)?;
    Ok(reqwest::Client::builder().tls_certs_merge(beside).build()?)
}
