//! What the app answers.

use std::error::Error;
use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use config_azure_keyvault::Bound;
use maskinporten::MaskinportenClient;
use reqwest_middleware::ClientWithMiddleware;
use serde_json::{Value, json};

use crate::settings::AppSettings;

/// What every request needs.
pub(crate) struct App {
    /// As they are now. Holding them keeps the watch going.
    pub(crate) settings: Bound<AppSettings>,
    pub(crate) maskinporten: MaskinportenClient,
    /// Authenticates itself, as the app owner.
    pub(crate) client: ClientWithMiddleware,
}

pub(crate) fn router(app: App) -> Router {
    Router::new()
        .route("/instances", get(instances))
        .route("/health", get(health))
        .route("/ready", get(ready))
        .with_state(Arc::new(app))
}

/// What the protected API says, asked in the app owner's name.
///
/// Whoever reaches this route gets the app owner's data. A real app checks first who asks and what they may see: the token says
/// who the app is, and nothing of its caller.
async fn instances(State(app): State<Arc<App>>) -> Result<Json<Value>, (StatusCode, Json<Value>)> {
    let settings = app.settings.current();
    let refused = |error: &dyn Error| {
        // The reason is for the log; whoever asked learns that it was not their fault.
        tracing::error!(error = chain(error), url = %settings.instances_url, "the instances cannot be had");
        (
            StatusCode::BAD_GATEWAY,
            Json(json!({ "error": "the instances cannot be had" })),
        )
    };
    let reply = app
        .client
        .get(&settings.instances_url)
        .send()
        .await
        .map_err(|error| refused(&error))?;
    let reply = reply.error_for_status().map_err(|error| refused(&error))?;
    reply.json().await.map(Json).map_err(|error| refused(&error))
}

/// An error with what it came from, on one line: "connection refused" is at the end of it.
fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        // Some errors tell their cause themselves.
        if !line.ends_with(&words) {
            line.push_str(": ");
            line.push_str(&words);
        }
        next = cause.source();
    }
    line
}

/// That the process lives. Ages, and no values. No request is made: this is about us, not about them.
async fn health(State(app): State<Arc<App>>) -> Json<Value> {
    let stats = app.maskinporten.stats();
    Json(json!({
        "status": "ok",
        "configuration_age_s": app.settings.status().age.as_secs(),
        "token_age_s": stats.token_age.map(|age| age.as_secs()),
        "token_requests": stats.token_requests,
        "exchange_requests": stats.exchange_requests,
        "token_failures": stats.failures,
    }))
}

/// Whether requests can be served: by what the configuration says of itself, and by the token that requests carry, Altinn's where it is
/// exchanged. One that is still good is not asked for again.
async fn ready(State(app): State<Arc<App>>) -> (StatusCode, Json<Value>) {
    let checked = app.maskinporten.check().await;
    let (configuration, client) = (app.settings.health(), app.maskinporten.health());
    let ready = configuration.state.is_ready() && checked.is_ok();
    // What is wrong, be it ready or not, is for the log.
    let reasons = [
        configuration.reason,
        checked.err().map(|error| error.to_string()).or(client.reason),
    ];
    let reasons: Vec<String> = reasons.into_iter().flatten().collect();
    if !reasons.is_empty() {
        tracing::warn!(ready, error = reasons.join("; "), "not as it should be");
    }
    let status = match ready {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, Json(json!({ "ready": ready })))
}
