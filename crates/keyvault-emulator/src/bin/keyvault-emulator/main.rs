//! The emulator as a program: one JSON line says where everything is, then it serves until a signal ends it.

mod seed;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use keyvault_emulator::KeyVaultEmulator;
use keyvault_emulator::server::ended_by_signal;
use serde_json::json;
use tracing_subscriber::EnvFilter;

use crate::seed::Seed;

/// A local Azure Key Vault (secrets), Entra ID token endpoint and managed identity endpoint.
///
/// Once it is ready it prints one JSON line on stdout. SIGINT and SIGTERM end it.
#[derive(Parser)]
#[command(name = "keyvault-emulator", version)]
struct Arguments {
    /// The port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The port of the managed identity endpoint (plain HTTP); 0 takes a free one
    #[arg(long, default_value_t = 0)]
    identity_port: u16,
    /// What the vaults hold at first, and who may sign in
    #[arg(long, value_name = "FILE.json")]
    seed: Option<PathBuf>,
    /// How far away the vault is, in milliseconds of a round trip
    #[arg(long, value_name = "MS", default_value_t = 0)]
    round_trip_ms: u64,
    /// How many items a page of a list has at most
    #[arg(long, value_name = "N", default_value_t = 25, value_parser = clap::value_parser!(u16).range(1..=25))]
    page_size: u16,
    /// No logs on stderr
    #[arg(long)]
    quiet: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if !arguments.quiet {
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("keyvault_emulator=debug"));
        tracing_subscriber::fmt()
            .with_writer(io::stderr)
            .with_env_filter(filter)
            .init();
    }
    let seed = match arguments.seed.as_deref().map(Seed::read).transpose() {
        Ok(seed) => seed.unwrap_or_default(),
        Err(problem) => return fail(2, &problem),
    };
    match run(&arguments, &seed) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(1, &error.to_string()),
    }
}

fn fail(code: u8, problem: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "keyvault-emulator: {problem}");
    ExitCode::from(code)
}

fn run(arguments: &Arguments, seed: &Seed) -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // From here on a signal ends the program properly, even before anybody could read the line.
    let ended = {
        let _guard = runtime.enter();
        ended_by_signal()?
    };
    let builder = KeyVaultEmulator::builder()
        .port(arguments.port)
        .identity_port(arguments.identity_port)
        .page_size(arguments.page_size.into())
        .round_trip(Duration::from_millis(arguments.round_trip_ms));
    let emulator = seed.apply(builder).start_blocking()?;
    seed.fill(&emulator);

    let folder = tempfile::Builder::new().prefix("keyvault-emulator-").tempdir()?;
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, emulator.ca_pem())?;
    let line = json!({
        "url": emulator.url(),
        "ca": ca,
        "authority": emulator.authority(),
        "tenant": emulator.tenant(),
        "client_id": emulator.client_id(),
        "client_secret": emulator.client_secret(),
        "identity_endpoint": emulator.identity_endpoint(),
        "identity_header": emulator.identity_header(),
    });
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()?;
    runtime.block_on(ended);
    drop(emulator);
    folder.close()?;
    Ok(())
}
