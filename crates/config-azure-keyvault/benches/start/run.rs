//! One run of one program: from its start to its end.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use serde::Deserialize;
use serde_json::json;
use wait4::Wait4 as _;

use crate::cells::Cell;
use crate::maskinporten::Maskinporten;
use crate::programs::Program;
use crate::vault::Vault;

/// What one run took. Times are in milliseconds.
#[derive(Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) wall: f64,
    /// By the program's own clock.
    pub(crate) load: f64,
    pub(crate) cpu: f64,
    /// In bytes.
    pub(crate) peak: u64,
    pub(crate) requests: usize,
    pub(crate) connections: usize,
}

/// The line that a program prints.
#[derive(Deserialize)]
struct Told {
    secrets: usize,
    load_ms: f64,
}

/// What the programs of one cell are told.
pub(crate) struct Surroundings {
    secrets: usize,
    variables: Vec<(&'static str, String)>,
    /// A pipe would have to be emptied meanwhile.
    stderr: PathBuf,
}

impl Surroundings {
    pub(crate) fn new(folder: &Path, cell: &Cell, vault: &Vault, maskinporten: Option<&Maskinporten>) -> Self {
        let mut settings = json!({
            "InstancesUrl": "https://api.example.no/instances",
            "Hosts": ["one.example.no", "two.example.no"],
            "Database": { "Host": "database.example.no", "Port": 5432, "Pooled": true },
        });
        let mut ca = vault.place.ca_pem.clone();
        if let Some(maskinporten) = maskinporten {
            settings["MaskinportenSettings"] = maskinporten.section.clone();
            ca.push_str(&maskinporten.ca_pem);
        }
        let file = |name, text: &str| {
            let path = folder.join(name);
            std::fs::write(&path, text).expect("the folder can be written to");
            path.to_str().expect("a path that can be handed on").to_owned()
        };
        let ca = file("ca.pem", &ca);
        let place = &vault.place;
        Self {
            secrets: cell.secrets,
            variables: vec![
                ("AZURE_KEYVAULT_URL", place.url.clone()),
                ("AZURE_TENANT_ID", place.tenant.clone()),
                ("AZURE_CLIENT_ID", place.client_id.clone()),
                ("AZURE_CLIENT_SECRET", place.client_secret.clone()),
                ("AZURE_AUTHORITY_HOST", place.authority.clone()),
                ("START_APPSETTINGS", file("appsettings.json", &settings.to_string())),
                ("START_SECRETS", cell.secrets.to_string()),
                ("START_TOKEN", place.access_token.clone()),
                // Node looks at it before its first line.
                ("NODE_EXTRA_CA_CERTS", ca.clone()),
                ("START_CA", ca),
            ],
            stderr: folder.join("stderr.txt"),
        }
    }

    pub(crate) fn run(&self, program: &Program, vault: &mut Vault) -> Result<Sample, String> {
        let stderr = File::create(&self.stderr).map_err(|error| format!("{}: {error}", self.stderr.display()))?;
        let mut command = Command::new(&program.command[0]);
        command
            .args(&program.command[1..])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr);
        for name in strange() {
            command.env_remove(name);
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        // From here on it counts.
        vault.counts();

        let started = Instant::now();
        let mut process = command.spawn().map_err(|error| error.to_string())?;
        let mut stdout = String::new();
        let read = process.stdout.take().expect("it is piped").read_to_string(&mut stdout);
        let ended = process.wait4().map_err(|error| error.to_string())?;
        let wall = started.elapsed();

        let counts = vault.counts();
        if !ended.status.success() {
            let why = std::fs::read_to_string(&self.stderr).unwrap_or_default();
            return Err(format!("{}: {}", ended.status, why.trim_end()));
        }
        read.map_err(|error| error.to_string())?;
        let told: Told = serde_json::from_str(stdout.trim())
            .map_err(|error| format!("what it printed is not one line of ours: {error}"))?;
        if told.secrets != self.secrets {
            return Err(format!("{} secrets, where there are {}", told.secrets, self.secrets));
        }
        Ok(Sample {
            wall: wall.as_secs_f64() * 1000.0,
            load: told.load_ms,
            cpu: (ended.rusage.utime + ended.rusage.stime).as_secs_f64() * 1000.0,
            peak: ended.rusage.maxrss,
            requests: counts.requests,
            connections: counts.connections,
        })
    }
}

/// Variables of whoever runs the bench that would make another service of this one: where vaults, proxies and certificates are, what
/// somebody set for a runtime, and what cargo has set for the bench alone.
fn strange() -> impl Iterator<Item = std::ffi::OsString> {
    let parts = [
        "AZURE_",
        "IDENTITY_",
        "MSI_",
        "SSL_CERT_",
        "DOTNET_",
        "ASPNETCORE_",
        "APP_ENVIRONMENT",
        "CARGO",
        "RUST",
        "LD_LIBRARY_PATH",
        "TOKIO_",
        "GOGC",
        "GODEBUG",
        "GOMAXPROCS",
        "GOMEMLIMIT",
        "NODE_",
        "PYTHON",
        "JAVA_TOOL_OPTIONS",
        "JDK_JAVA_OPTIONS",
    ];
    std::env::vars_os().map(|(name, _)| name).filter(move |name| {
        let name = name.to_string_lossy().to_uppercase();
        parts.iter().any(|part| name.starts_with(part)) || name.ends_with("_PROXY")
    })
}
