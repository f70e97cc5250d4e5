//! An app of the guide in a folder of its own, against emulators; and the program, run in it.
//!
//! Whatever the program writes is searched for what must not be there, in every test.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::SystemTime;

use altinn_emulators::Emulators;
use altinn_emulators::keyvault_emulator::{KeyVaultEmulator, SignIn};
use altinn_emulators::maskinporten_emulator::MaskinportenEmulator;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A value that nobody may ever see.
pub(crate) const MARKER: &str = "m4rk3r-never-to-be-seen";

/// The app, its folder and the services around it.
pub(crate) struct World {
    pub(crate) emulators: Emulators,
    pub(crate) dir: TempDir,
    pub(crate) variables: BTreeMap<String, String>,
}

/// What the program did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl World {
    /// As it should be: the vault has the client's id and key, the files have the rest.
    pub(crate) fn new() -> Self {
        Self::of(KeyVaultEmulator::builder(), MaskinportenEmulator::builder())
    }

    pub(crate) fn of(
        vault: altinn_emulators::keyvault_emulator::Builder,
        maskinporten: altinn_emulators::maskinporten_emulator::Builder,
    ) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let emulators = runtime
            .block_on(Emulators::start_with(vault, maskinporten))
            .expect("emulators");
        emulators.vault.default_vault().set("Database--Password", MARKER);
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join("ca.pem"), emulators.ca_pem()).expect("a file");
        let mut variables: BTreeMap<String, String> = emulators
            .vault
            .variables(SignIn::ClientSecret)
            .expect("variables")
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        variables.insert("SSL_CERT_FILE".to_owned(), path(dir.path(), "ca.pem"));
        let world = Self {
            emulators,
            dir,
            variables,
        };
        world.write("appsettings.json", &world.appsettings());
        world
    }

    /// What the app's file says.
    pub(crate) fn appsettings(&self) -> Value {
        let maskinporten = &self.emulators.maskinporten;
        json!({
            "Database": { "Host": "db.internal" },
            "MaskinportenSettings": {
                "Environment": maskinporten.issuer(),
                "ClientId": "",
                "Scope": maskinporten.client().scopes().join(" "),
                "EncodedJwk": "",
                "TokenExchangeEnvironment": maskinporten.exchange_base(),
            },
        })
    }

    pub(crate) fn write(&self, name: &str, content: &Value) {
        std::fs::write(self.dir.path().join(name), content.to_string()).expect("a file");
    }

    /// The program, ready to run in the app's folder with nothing of this process's environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_maskinporten"));
        command
            .args(arguments)
            .current_dir(self.dir.path())
            .env_clear()
            .envs(&self.variables)
            .stdin(Stdio::null());
        command
    }

    /// Runs it for a vault that is an emulator's.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let mut all = arguments.to_vec();
        all.push("--no-verify-challenge");
        self.finished(&self.command(&all).output().expect("it runs"), arguments)
    }

    /// Checks what it wrote: nothing of a secret, but for what `token` is asked for.
    pub(crate) fn finished(&self, output: &Output, arguments: &[&str]) -> Ran {
        let ran = Ran {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        };
        // A public key is base64 of anything: its members are looked at instead.
        let is_token = match arguments.first() {
            Some(&"keygen") => is_public(&ran.stdout),
            first => first == Some(&"token"),
        };
        for secret in self.secrets() {
            assert!(!ran.stderr.contains(&secret), "a secret on stderr: {}", ran.stderr);
            assert!(!ran.stdout.contains(&secret), "a secret on stdout: {}", ran.stdout);
        }
        // How a token, an assertion or a key in base64 begins.
        assert!(!ran.stderr.contains("eyJ"), "a token on stderr: {}", ran.stderr);
        assert!(
            is_token || !ran.stdout.contains("eyJ"),
            "a token on stdout: {}",
            ran.stdout
        );
        ran
    }

    /// Waits for what another process is about to do.
    pub(crate) fn until(&self, happened: impl Fn() -> bool) {
        let patience = std::time::Duration::from_millis(5);
        // Half a minute.
        for _ in 0..6_000 {
            if happened() {
                return;
            }
            std::thread::sleep(patience);
        }
        panic!("it did not happen");
    }

    /// All that was seeded and must not be seen: the vault's values, the client's secret, each private part of each key.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let vault = self.emulators.vault.default_vault();
        let mut secrets: Vec<String> = vault
            .names()
            .iter()
            .filter(|name| !name.ends_with("ClientId"))
            .filter_map(|name| vault.value(name))
            .collect();
        // What holds keys, alone or in an object.
        let object = |value: &String| serde_json::from_str::<BTreeMap<String, String>>(value).unwrap_or_default();
        let held: Vec<String> = secrets.iter().flat_map(|value| object(value).into_values()).collect();
        let keys: Vec<String> = secrets.iter().chain(&held).filter_map(|value| decoded(value)).collect();
        secrets.push(self.emulators.vault.client_secret().to_owned());
        let clients = self.emulators.maskinporten.clients().into_iter();
        for jwk in clients.map(|client| client.jwk_json()).chain(keys) {
            secrets.extend(private_parts(&jwk));
        }
        secrets.retain(|secret| secret.len() > 7);
        secrets
    }
}

impl Ran {
    /// It went well.
    #[track_caller]
    pub(crate) fn well(self) -> Self {
        assert_eq!(self.status, 0, "{}{}", self.stdout, self.stderr);
        self
    }

    /// It failed, and said why in one line.
    #[track_caller]
    pub(crate) fn error(&self) -> &str {
        assert_ne!(self.status, 0, "{}{}", self.stdout, self.stderr);
        let errors: Vec<&str> = self
            .stderr
            .lines()
            .filter_map(|line| line.strip_prefix("error: "))
            .collect();
        assert_eq!(errors.len(), 1, "one line that says why: {}", self.stderr);
        errors[0]
    }
}

/// A key set of public members and nothing else, or nothing.
fn is_public(stdout: &str) -> bool {
    let set: Value = serde_json::from_str(stdout).unwrap_or_default();
    let keys = set["keys"].as_array().cloned().unwrap_or_default();
    let public = ["kty", "use", "kid", "alg", "n", "e"];
    let mut members = keys.iter().filter_map(Value::as_object).flat_map(|key| key.keys());
    !keys.is_empty() && members.all(|member| public.contains(&member.as_str()))
}

/// What base64 says, if it is that of a text.
pub(crate) fn decoded(text: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok()
}

/// The private members of a JWK.
pub(crate) fn private_parts(jwk: &str) -> Vec<String> {
    let jwk: Value = serde_json::from_str(jwk).unwrap_or_default();
    let private = ["d", "p", "q", "dp", "dq", "qi"].iter();
    private
        .filter_map(|part| jwk[*part].as_str().map(str::to_owned))
        .collect()
}

/// Unix seconds.
pub(crate) fn now() -> i64 {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    i64::try_from(since.as_secs()).expect("a time")
}

fn path(dir: &Path, name: &str) -> String {
    dir.join(name).to_string_lossy().into_owned()
}
