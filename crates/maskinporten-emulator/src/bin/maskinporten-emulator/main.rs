//! The emulator as a program: one JSON line says where everything is, then it serves until a signal ends it.

mod files;
mod seed;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use keyvault_emulator::server::ended_by_signal;
use maskinporten_emulator::MaskinportenEmulator;
use serde_json::json;
use tracing_subscriber::EnvFilter;

use crate::seed::Seed;

/// A local Maskinporten, Altinn exchange and protected API.
///
/// Once it is ready it prints one JSON line on stdout. SIGINT and SIGTERM end it.
#[derive(Parser)]
#[command(name = "maskinporten-emulator", version)]
struct Arguments {
    /// The port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Which clients there are, and what they may do
    #[arg(long, value_name = "FILE.json")]
    seed: Option<PathBuf>,
    /// How far away it is, in milliseconds of a round trip
    #[arg(long, value_name = "MS", default_value_t = 0)]
    round_trip_ms: u64,
    /// No logs on stderr
    #[arg(long)]
    quiet: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if !arguments.quiet {
        let filter =
            EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("maskinporten_emulator=debug"));
        tracing_subscriber::fmt()
            .with_writer(io::stderr)
            .with_env_filter(filter)
            .init();
    }
    let seed = match arguments.seed.as_deref().map(Seed::read).transpose() {
        Ok(seed) => seed.unwrap_or_default(),
        Err(problem) => return fail(2, &problem),
    };
    match run(&arguments, seed) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(1, &error.to_string()),
    }
}

fn fail(code: u8, problem: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "maskinporten-emulator: {problem}");
    ExitCode::from(code)
}

fn run(arguments: &Arguments, seed: Seed) -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // From here on a signal ends the program properly, even before anybody could read the line.
    let ended = {
        let _guard = runtime.enter();
        ended_by_signal()?
    };
    let builder = MaskinportenEmulator::builder()
        .port(arguments.port)
        .round_trip(Duration::from_millis(arguments.round_trip_ms));
    let emulator = seed.start(builder)?;

    let folder = tempfile::Builder::new().prefix("maskinporten-emulator-").tempdir()?;
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, emulator.ca_pem())?;
    let line = json!({
        "issuer": emulator.issuer(),
        "token_endpoint": emulator.token_endpoint(),
        "metadata": emulator.metadata_url(),
        "jwks": emulator.jwks_url(),
        "exchange": emulator.exchange_url(),
        "api": emulator.api_url(),
        "ca": ca,
        "clients": files::write(folder.path(), &emulator.clients())?,
    });
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()?;
    runtime.block_on(ended);
    drop(emulator);
    folder.close()?;
    Ok(())
}
