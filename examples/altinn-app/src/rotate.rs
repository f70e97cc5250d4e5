//! `POST /rotate`, with emulators only: what an operator does when a key is rotated, step by step, beside a setting that changes.

use std::sync::Arc;

use altinn_emulators::Emulators;
use altinn_emulators::maskinporten_emulator::ClientKey;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use config_azure_keyvault::Watch;
use serde_json::{Value, json};

const SCOPES: [&str; 2] = [
    "altinn:serviceowner/instances.read",
    "altinn:serviceowner/instances.write",
];

#[derive(Clone)]
struct Operator {
    emulators: Arc<Emulators>,
    watch: Watch,
}

pub(crate) fn router(emulators: Arc<Emulators>, watch: Watch) -> Router {
    Router::new()
        .route("/rotate", post(rotate))
        .with_state(Operator { emulators, watch })
}

async fn rotate(State(operator): State<Operator>) -> Result<Json<Value>, (StatusCode, String)> {
    let failed = |error: &dyn std::error::Error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string());
    let new = tokio::task::spawn_blocking(ClientKey::generate)
        .await
        .map_err(|error| failed(&error))?;
    let maskinporten = &operator.emulators.maskinporten;
    let client = maskinporten.client();
    let register = |keys: Vec<ClientKey>| {
        let registered = maskinporten.set_keys(client.client_id(), keys);
        registered.ok_or_else(|| (StatusCode::CONFLICT, "the client is gone".to_owned()))
    };

    // Registered beside the old one first, then put into the vault.
    let rotated = register(vec![client.key().clone(), new.clone()])?;
    let vault = operator.emulators.vault.default_vault();
    let before = vault.value("MaskinportenSettings--Scope");
    let scope = SCOPES[usize::from(before.as_deref() != Some(SCOPES[1]))];
    vault.set("MaskinportenSettings--EncodedJwk", rotated.encoded_jwk());
    vault.set("MaskinportenSettings--Scope", scope);
    // The next poll would see it; whoever is in a hurry has it read at once.
    let change = operator.watch.refresh().await.map_err(|error| failed(&error))?;
    // The old one is taken away when every instance has the new one.
    register(vec![new])?;
    Ok(Json(json!({ "changed": change.to_string() })))
}
