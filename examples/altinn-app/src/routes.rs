//! What the app answers.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use maskinporten::MaskinportenClient;
use reqwest_middleware::ClientWithMiddleware;
use serde_json::{Value, json};

/// What every request needs.
pub(crate) struct App {
    pub(crate) instances_url: String,
    pub(crate) maskinporten: MaskinportenClient,
    /// Authenticates itself, as the app owner.
    pub(crate) client: ClientWithMiddleware,
    pub(crate) configured: Instant,
}

pub(crate) fn router(app: App) -> Router {
    Router::new()
        .route("/instances", get(instances))
        .route("/health", get(health))
        .with_state(Arc::new(app))
}

/// What the protected API says, asked in the app owner's name.
///
/// Whoever reaches this route gets the app owner's data. A real app checks first who asks and what they may see: the token says
/// who the app is, and nothing of its caller.
async fn instances(State(app): State<Arc<App>>) -> Result<Json<Value>, (StatusCode, Json<Value>)> {
    let refused = |error: &dyn std::error::Error| {
        // The reason is for the log; whoever asked learns that it was not their fault.
        tracing::error!(error = %error, url = %app.instances_url, "the instances cannot be had");
        (
            StatusCode::BAD_GATEWAY,
            Json(json!({ "error": "the instances cannot be had" })),
        )
    };
    let reply = app
        .client
        .get(&app.instances_url)
        .send()
        .await
        .map_err(|error| refused(&error))?;
    let reply = reply.error_for_status().map_err(|error| refused(&error))?;
    reply.json().await.map(Json).map_err(|error| refused(&error))
}

/// Ages, and no values. No request is made: this is about us, not about them.
async fn health(State(app): State<Arc<App>>) -> Json<Value> {
    let stats = app.maskinporten.stats();
    Json(json!({
        "status": "ok",
        "configuration_age_s": app.configured.elapsed().as_secs(),
        "token_age_s": stats.token_age.map(|age| age.as_secs()),
        "token_requests": stats.token_requests,
        "exchange_requests": stats.exchange_requests,
        "token_failures": stats.failures,
    }))
}
