//! A service that loads its settings, and gets a token of Maskinporten with them.

use std::process::ExitCode;

use maskinporten::{MaskinportenClient, MaskinportenSettings};
use start_services::{Failure, Start};

#[tokio::main]
async fn main() -> ExitCode {
    let start = Start::now();
    start.end(run().await)
}

async fn run() -> Result<usize, Failure> {
    let (config, settings) = start_services::load().await?;
    let maskinporten = MaskinportenSettings::from_config(&config, "MaskinportenSettings")?;
    let client = MaskinportenClient::builder(maskinporten)
        .ca_pem(start_services::ca_pem()?)
        .build()?;
    client.check().await?;
    Ok(settings.secrets())
}
