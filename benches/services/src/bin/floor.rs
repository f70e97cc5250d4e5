//! What cannot be beaten where the list is needed: connect, TLS, the challenge, each page and one get, one after the other, by a bare
//! client with a ready token.

use std::process::ExitCode;

use reqwest::StatusCode;
use serde_json::Value;
use start_services::{Failure, Start, variable};

#[tokio::main]
async fn main() -> ExitCode {
    let start = Start::now();
    start.end(run().await)
}

async fn run() -> Result<usize, Failure> {
    let http = start_services::http_client()?;
    let list = format!("{}/secrets?api-version=7.4", variable("AZURE_KEYVAULT_URL")?);
    let challenged = http.get(&list).send().await?;
    if challenged.status() != StatusCode::UNAUTHORIZED {
        return Err(format!("{} where a challenge was expected", challenged.status()).into());
    }
    challenged.bytes().await?;

    let token = variable("START_TOKEN")?;
    let get = async |url: String| {
        let reply = http.get(url).bearer_auth(&token).send().await?.error_for_status()?;
        Ok::<Value, Failure>(serde_json::from_slice(&reply.bytes().await?)?)
    };
    let mut next = Some(list);
    let mut last = None;
    let mut secrets = 0;
    while let Some(url) = next {
        let page = get(url).await?;
        let listed = page["value"].as_array().map(Vec::as_slice).unwrap_or_default();
        secrets += listed.len();
        last = listed
            .first()
            .and_then(|item| item["id"].as_str().map(str::to_owned))
            .or(last);
        next = page["nextLink"].as_str().map(str::to_owned);
    }
    if let Some(id) = last {
        get(format!("{id}?api-version=7.4")).await?;
    }
    Ok(secrets)
}
