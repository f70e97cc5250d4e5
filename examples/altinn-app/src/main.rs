//! The guide's app as a small service: typed settings from the vault, requests in the app owner's name, a health endpoint.
//!
//! `cargo run -p altinn-app -- --emulated` runs it against emulators in the same process. Without that word it runs against the real
//! services: the vault of `kvSetting`, of an Altinn pod's mounted file or of `AZURE_KEYVAULT_URL`; in Development (`APP_ENVIRONMENT`)
//! `secrets.json` stands in for the vault. `appsettings.json` is read from the working directory or, when cargo runs it, next to the
//! manifest. `RUST_LOG` says what is logged.
//!
//! `GET /health` says that the process lives, `GET /ready` whether its configuration and its token are good. Both stay true while it
//! runs: what changes in the vault or in a file is read, and a rotated key is used without a restart. `POST /rotate`, with emulators,
//! rotates key and scope.
//!
//! `GET /instances` hands out what the app owner may see, and asks nobody who they are: it shows a token at work and no more. In a
//! real app put its own authentication and authorisation before such a route, or do not have it at all. It listens on this
//! machine only.

mod rotate;
mod routes;
mod settings;
mod world;

use std::sync::Arc;

use config_azure_keyvault::HostEnvironment;
use routes::App;
use settings::AppSettings;
use tracing_subscriber::EnvFilter;
use world::World;

/// The guide's app as a small service.
#[derive(clap::Parser)]
struct Options {
    /// Run against emulators in this process, and no real service.
    #[arg(long)]
    emulated: bool,
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    let options = <Options as clap::Parser>::parse();
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")))
        .with_writer(std::io::stderr)
        .init();
    match run(&options).await {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = %error, "the app cannot start");
            std::process::ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Result<(), Box<dyn std::error::Error>> {
    let world = World::choose(options.emulated).await?;
    let environment = HostEnvironment::current();
    let watch = settings::watch(&world.vault(), world.addresses()?, &environment).await?;

    let settings = watch.bind::<AppSettings>()?;
    let maskinporten = world.maskinporten(&watch)?;
    let listen = settings.current().listen;
    let mut router = routes::router(App {
        client: maskinporten.http_client(),
        maskinporten,
        settings,
    });
    if let World::Emulated(emulators) = &world {
        router = router.merge(rotate::router(Arc::clone(emulators), watch));
    }

    let listener = tokio::net::TcpListener::bind(listen)
        .await
        .map_err(|error| format!("cannot listen on {listen} (the setting `Listen`): {error}"))?;
    tracing::info!(address = %listener.local_addr()?, %environment, "listening: GET /instances, GET /health, GET /ready");
    axum::serve(listener, router).with_graceful_shutdown(ended()).await?;
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
