//! The emulator as a program: one JSON line says where everything is, then it serves until a signal ends it.

mod seed;

use std::process::ExitCode;

use clap::Parser;
use emulator_kit::program::{self, Arguments};
use keyvault_emulator::KeyVaultEmulator;
use serde_json::json;

use crate::seed::Seed;

/// A local Azure Key Vault (secrets), Entra ID token endpoint and managed identity endpoint.
///
/// Once it is ready it prints one JSON line on stdout. SIGINT and SIGTERM end it.
#[derive(Parser)]
#[command(name = "keyvault-emulator", version)]
struct Options {
    #[command(flatten)]
    common: Arguments,
    /// The port of the managed identity endpoint (plain HTTP); 0 takes a free one
    #[arg(long, default_value_t = 0)]
    identity_port: u16,
    /// How many items a page of a list has at most
    #[arg(long, value_name = "N", default_value_t = 25, value_parser = clap::value_parser!(u16).range(1..=25))]
    page_size: u16,
}

fn main() -> ExitCode {
    let options = Options::parse();
    program::run("keyvault-emulator", &options.common, Seed::parse, |seed, files| {
        let builder = KeyVaultEmulator::builder()
            .port(options.common.port)
            .identity_port(options.identity_port)
            .page_size(options.page_size.into())
            .round_trip(options.common.round_trip());
        let emulator = seed.apply(builder).start_blocking()?;
        seed.fill(&emulator);
        let line = json!({
            "url": emulator.url(),
            "ca": files.write("ca.pem", emulator.ca_pem())?,
            "authority": emulator.authority(),
            "tenant": emulator.tenant(),
            "client_id": emulator.client_id(),
            "client_secret": emulator.client_secret(),
            "federated_token_file": files.write("federated-token", &emulator.federated_token())?,
            "identity_endpoint": emulator.identity_endpoint(),
            "identity_header": emulator.identity_header(),
        });
        Ok((emulator, line))
    })
}
