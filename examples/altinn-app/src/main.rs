//! The guide's app as a small service: typed settings from the vault, requests in the app owner's name, a health endpoint.
//!
//! `cargo run -p altinn-app` runs it against emulators in the same process. With `AZURE_KEYVAULT_URL` and `APP_ENVIRONMENT` it runs
//! against the real services. `appsettings.json` is read from the working directory or, when cargo runs it, next to the manifest.
//!
//! `GET /instances` hands out what the app owner may see, and asks nobody who they are: it shows a token at work and no more. In a
//! real app put its own authentication and authorisation before such a route, or do not have it at all. It listens on this
//! machine only.

mod routes;
mod settings;
mod world;

use std::time::Instant;

use config_azure_keyvault::HostEnvironment;
use routes::App;
use settings::AppSettings;
use world::World;

#[tokio::main]
async fn main() -> std::process::ExitCode {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_writer(std::io::stderr)
        .init();
    match run().await {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = %error, "the app cannot start");
            std::process::ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let world = World::choose().await?;
    let environment = HostEnvironment::current();
    let config = world.amend(settings::load(world.vault(), &environment).await?)?;
    let configured = Instant::now();

    let settings = AppSettings::from_config(&config)?;
    let maskinporten = world.maskinporten(&config)?;
    let app = App {
        instances_url: settings.instances_url,
        client: maskinporten.http_client(),
        maskinporten,
        configured,
    };

    let listener = tokio::net::TcpListener::bind(settings.listen).await?;
    tracing::info!(address = %listener.local_addr()?, %environment, "listening: GET /instances, GET /health");
    axum::serve(listener, routes::router(app))
        .with_graceful_shutdown(ended())
        .await?;
    Ok(())
}

/// Waits for Ctrl-C or, where there is one, SIGTERM.
async fn ended() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminated.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
