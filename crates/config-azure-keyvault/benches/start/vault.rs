//! The vault: this program again, in the role of the emulator, so that neither its memory nor its work is the harness's.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use keyvault_emulator::{KeyVaultEmulator, Protocols, SecretSeed, Throttle};
use serde::{Deserialize, Serialize};

use crate::cells::{Cell, Http};

/// The argument that makes a vault of this program.
pub(crate) const ROLE: &str = "--emulator";

/// What the vault is to be; one line on its stdin.
#[derive(Serialize, Deserialize)]
struct Seed {
    secrets: usize,
    round_trip: u64,
    http1: bool,
    named: BTreeMap<String, String>,
}

/// What a client needs; one line on the vault's stdout.
#[derive(Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) url: String,
    pub(crate) ca_pem: String,
    pub(crate) tenant: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) authority: String,
    pub(crate) access_token: String,
}

/// What one load asked for.
#[derive(Serialize, Deserialize)]
pub(crate) struct Counts {
    pub(crate) requests: usize,
    pub(crate) connections: usize,
    pub(crate) challenges: usize,
    pub(crate) tokens: usize,
}

/// Serves until its stdin ends. A line asks for the counts since the last one.
pub(crate) fn serve() {
    let mut lines = std::io::stdin().lock().lines().map_while(Result::ok);
    let seed = lines.next().expect("a line says what the vault is to be");
    let seed: Seed = serde_json::from_str(&seed).expect("it is ours");
    let emulator = start(&seed);
    answer(&Place {
        url: emulator.url(),
        ca_pem: emulator.ca_pem().to_owned(),
        tenant: emulator.tenant().to_owned(),
        client_id: emulator.client_id().to_owned(),
        client_secret: emulator.client_secret().to_owned(),
        authority: emulator.authority(),
        access_token: emulator.access_token("https://vault.azure.net"),
    });
    for _ in lines {
        let counts = emulator.counts();
        emulator.clear_requests();
        answer(&Counts {
            requests: counts.requests,
            connections: counts.connections,
            challenges: counts.challenges,
            tokens: counts.token_requests,
        });
    }
}

fn start(seed: &Seed) -> KeyVaultEmulator {
    let emulator = KeyVaultEmulator::builder()
        .round_trip(std::time::Duration::from_millis(seed.round_trip))
        // As any server that has HTTP/2: who does not ask for it is served, too.
        .protocols(if seed.http1 { Protocols::Http1 } else { Protocols::Both })
        // Loads in a row would run into the vault's limit, which is not what is measured.
        .throttle(Throttle {
            limit: usize::MAX,
            ..Throttle::default()
        })
        .start_blocking()
        .expect("the emulator starts");
    let vault = emulator.default_vault();
    for (name, value) in &seed.named {
        vault.seed(SecretSeed::new(name.clone(), value));
    }
    for n in 0..seed.secrets - seed.named.len() {
        let name = format!("Section{}--Key{n}", n % 10);
        vault.seed(SecretSeed::new(name, "a value of some forty characters, or so"));
    }
    emulator
}

fn answer(line: &impl Serialize) {
    let mut stdout = std::io::stdout().lock();
    serde_json::to_writer(&mut stdout, line).expect("the harness reads it");
    writeln!(stdout).expect("the harness reads it");
}

/// A vault that runs until it is dropped.
pub(crate) struct Vault {
    process: Child,
    // Its end is the vault's.
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    pub(crate) place: Place,
}

impl Vault {
    /// `named` are secrets among the cell's, in place of as many others.
    pub(crate) fn start(cell: &Cell, named: BTreeMap<String, String>) -> Self {
        let mut process = Command::new(std::env::current_exe().expect("this program"))
            .arg(ROLE)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program starts again");
        let mut stdin = process.stdin.take().expect("it is piped");
        let mut stdout = BufReader::new(process.stdout.take().expect("it is piped"));
        let seed = Seed {
            secrets: cell.secrets,
            round_trip: cell.round_trip,
            http1: cell.http == Http::One,
            named,
        };
        let seed = serde_json::to_string(&seed).expect("it is plain");
        writeln!(stdin, "{seed}").expect("the vault reads it");
        Self {
            place: read(&mut stdout),
            process,
            stdin: Some(stdin),
            stdout,
        }
    }

    /// Since it was asked last.
    pub(crate) fn counts(&mut self) -> Counts {
        let stdin = self.stdin.as_mut().expect("it is there until the end");
        writeln!(stdin, "counts").expect("the vault reads it");
        read(&mut self.stdout)
    }
}

impl Drop for Vault {
    fn drop(&mut self) {
        drop(self.stdin.take());
        // It ends because its stdin did; how, is of no interest any more.
        drop(self.process.wait());
    }
}

fn read<T: for<'de> Deserialize<'de>>(stdout: &mut BufReader<ChildStdout>) -> T {
    let mut line = String::new();
    stdout.read_line(&mut line).expect("the vault answers");
    serde_json::from_str(&line).expect("the vault's answer, and no end of it")
}
