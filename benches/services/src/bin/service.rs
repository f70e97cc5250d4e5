//! A service that loads its settings.

use std::process::ExitCode;

use start_services::Start;

#[tokio::main]
async fn main() -> ExitCode {
    let start = Start::now();
    let loaded = start_services::load().await;
    start.end(loaded.map(|(_, settings)| settings.secrets()))
}
