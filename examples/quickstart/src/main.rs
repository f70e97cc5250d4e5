//! The guide in one run: two secrets travel from a vault over HTTPS into typed settings, and a request authenticates itself
//! with them; in Development a file stands in for the vault.
//!
//! `cargo run -p quickstart` needs nothing: the services are emulators inside this process.

#![allow(clippy::print_stderr)]

mod request;
mod settings;
mod story;
mod world;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use config::{Config, ConfigError, File, Value, ValueKind};
use config_azure_keyvault::{AzureKeyVault, BindConfig as _, HostEnvironment, LoadReport};
use request::{Request, Seen};
use serde_json::{Map, json};
use settings::AppSettings;
use world::World;

/// Loads settings from Azure Key Vault as a service in Production, then from a file as one in Development.
#[derive(Parser)]
struct Arguments {
    /// Print one JSON object for machines.
    #[arg(long)]
    json: bool,
    /// Load this vault, signed in by what the environment says, instead of the embedded one.
    #[arg(long, value_name = "URL")]
    vault: Option<String>,
    /// Accept a challenge whose resource the vault's host is not under: for an emulator elsewhere.
    #[arg(long, requires = "vault")]
    no_verify_challenge: bool,
}

/// The files of an environment, the more special one last.
fn files(environment: &HostEnvironment) -> [PathBuf; 2] {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    [
        here.join("appsettings.json"),
        here.join(format!("appsettings.{environment}.json")),
    ]
}

/// This is all that a service writes: its files, then the vault over them. Where the settings name the vault, the last source is
/// `.add_azure_key_vault()`; here the vault is an emulator, whose address and certificate are known to this process alone.
async fn load(environment: &HostEnvironment, vault: &AzureKeyVault) -> Result<Config, ConfigError> {
    let [common, special] = files(environment);
    Config::builder()
        .add_source(File::from(common))
        .add_source(File::from(special).required(false))
        .add_async_source(vault.clone())
        .build()
        .await
}

async fn half(
    environment: HostEnvironment,
    vault: &AzureKeyVault,
    world: Option<&World>,
) -> Result<Half, Box<dyn std::error::Error>> {
    let vault = vault
        .clone()
        .environment(environment.clone())
        .working_directory(env!("CARGO_MANIFEST_DIR"));
    let config = load(&environment, &vault).await?;
    let app: AppSettings = config.bind()?;
    let mut settings = Vec::new();
    walk(&config.cache, "", &mut settings);
    settings.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(Half {
        config,
        typed: app.summary(),
        settings,
        report: vault.report().ok_or("the vault was not asked")?,
        emulator_requests: world.map(World::take_requests),
    })
}

/// Every setting with its origin; a value is only looked at for being blank.
fn walk(value: &Value, key: &str, settings: &mut Vec<Setting>) {
    match &value.kind {
        ValueKind::Table(table) => {
            for (name, value) in table {
                let key = if key.is_empty() {
                    name.clone()
                } else {
                    format!("{key}.{name}")
                };
                walk(value, &key, settings);
            }
        }
        ValueKind::Array(array) => {
            for (n, value) in array.iter().enumerate() {
                walk(value, &format!("{key}[{n}]"), settings);
            }
        }
        kind => settings.push(Setting {
            key: key.to_owned(),
            origin: value
                .origin()
                .map(|origin| file_name(origin).to_owned())
                .unwrap_or_default(),
            blank: matches!(kind, ValueKind::Nil) || matches!(kind, ValueKind::String(text) if text.trim().is_empty()),
        }),
    }
}

/// A file's name without its folder; a vault's origin as it is.
fn file_name(origin: &str) -> &str {
    if origin.starts_with("https://") {
        return origin;
    }
    Path::new(origin)
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or(origin)
}

fn object(half: &Half) -> Map<String, serde_json::Value> {
    let report = &half.report;
    let settings: Vec<_> = half
        .settings
        .iter()
        .map(|setting| json!({ "key": setting.key, "origin": setting.origin }))
        .collect();
    let skipped: Vec<_> = report
        .skipped
        .iter()
        .map(|skipped| json!({ "name": skipped.name, "reason": skipped.reason.to_string() }))
        .collect();
    let object = json!({
        "environment": report.environment.name(),
        "settings": settings,
        "report": {
            "loaded": report.loaded.len(),
            "skipped": skipped,
            "requests": report.requests,
            "elapsed_ms": report.elapsed.as_millis() as u64,
        },
        "emulator_requests": half.emulator_requests,
    });
    match object {
        serde_json::Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// One half of the story: what was loaded, and how.
struct Half {
    config: Config,
    settings: Vec<Setting>,
    /// What the typed settings say of themselves.
    typed: String,
    report: LoadReport,
    /// `None` where the vault is not ours to ask.
    emulator_requests: Option<usize>,
}

struct Setting {
    key: String,
    origin: String,
    blank: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quickstart: {error}");
            if error.to_string().contains("verify_challenge_resource") {
                eprintln!("quickstart: here that is --no-verify-challenge");
            }
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let world = if arguments.vault.is_none() {
        Some(World::start().await?)
    } else {
        None
    };
    let source = match (&world, &arguments.vault) {
        (Some(world), _) => world.source(),
        (None, url) => AzureKeyVault::new(url.as_deref().unwrap_or_default())
            .verify_challenge_resource(!arguments.no_verify_challenge),
    };
    let mut out = std::io::stdout();
    if !arguments.json {
        let here = if world.is_some() {
            " Here the vault is an emulator in this process."
        } else {
            ""
        };
        writeln!(
            out,
            "One line lays a Key Vault over a service's files: .add_azure_key_vault().{here}"
        )?;
    }
    let production = half(HostEnvironment::production(), &source, world.as_ref()).await?;
    if !arguments.json {
        write!(out, "{}", story::tell(&production))?;
    }
    let request = match &world {
        Some(world) => Some(request::call(&production.config, world).await?),
        None => None,
    };
    let development = half(HostEnvironment::development(), &source, world.as_ref()).await?;
    if arguments.json {
        let told = json!({
            "production": object(&production),
            "development": object(&development),
            "request": request.as_ref().map(request_object),
        });
        writeln!(out, "{told}")?;
    } else {
        write!(out, "{}", story::tell(&development))?;
        writeln!(
            out,
            "\n   The same code, and no request was made: in Development secrets.json stands in for the vault."
        )?;
        if let Some(request) = &request {
            write!(out, "{}", story::tell_request(request))?;
        }
    }
    Ok(())
}

/// Of the request with Altinn's token, the last one, and of both what they cost.
fn request_object(request: &Request) -> serde_json::Value {
    let Seen {
        consumer,
        scope,
        expires_in_s,
        exchanged,
    } = &request.altinn;
    json!({
        "consumer": consumer,
        "scope": scope,
        "expires_in_s": expires_in_s,
        "exchanged": exchanged,
        "token_requests": request.token_requests,
        "exchange_requests": request.exchange_requests,
    })
}
