//! The emulator as a program: one JSON line says where everything is, then it serves until a signal ends it.

mod keys;
mod seed;

use std::process::ExitCode;

use clap::Parser;
use emulator_kit::program::{self, Arguments};
use maskinporten_emulator::MaskinportenEmulator;
use serde_json::json;

use crate::seed::Seed;

/// A local Maskinporten, Altinn exchange and protected API.
///
/// Once it is ready it prints one JSON line on stdout. SIGINT and SIGTERM end it.
#[derive(Parser)]
#[command(name = "maskinporten-emulator", version)]
struct Options {
    #[command(flatten)]
    common: Arguments,
}

fn main() -> ExitCode {
    let options = Options::parse();
    program::run("maskinporten-emulator", &options.common, Seed::parse, |seed, files| {
        let builder = MaskinportenEmulator::builder()
            .port(options.common.port)
            .round_trip(options.common.round_trip());
        let emulator = seed.start(builder)?;
        let line = json!({
            "issuer": emulator.issuer(),
            "token_endpoint": emulator.token_endpoint(),
            "metadata": emulator.metadata_url(),
            "jwks": emulator.jwks_url(),
            "exchange": emulator.exchange_url(),
            "api": emulator.api_url(),
            "self_service": emulator.self_service_url(),
            "ca": files.write("ca.pem", emulator.ca_pem())?,
            "clients": keys::write(files, &emulator.clients())?,
        });
        Ok((emulator, line))
    })
}
