//! The end of the guide: a request that authenticates itself.

use config::Config;
use maskinporten::{MaskinportenClient, MaskinportenRequest, MaskinportenSettings};
use reqwest_middleware::ClientWithMiddleware;
use serde::Deserialize;

use crate::world::World;

/// What the protected API read in our token.
#[derive(Deserialize)]
pub(crate) struct Seen {
    pub(crate) consumer: String,
    pub(crate) scope: String,
    pub(crate) expires_in_s: u64,
    pub(crate) exchanged: bool,
}

/// The API's two answers and what they cost.
pub(crate) struct Request {
    pub(crate) maskinporten: Seen,
    pub(crate) altinn: Seen,
    pub(crate) token_requests: u64,
    pub(crate) exchange_requests: u64,
}

/// Calls the protected API with a client that fetches, exchanges and attaches tokens by itself.
pub(crate) async fn call(config: &Config, world: &World) -> Result<Request, Box<dyn std::error::Error>> {
    let emulator = world.maskinporten();
    // The files say `test`, which is out in the world; here it is an emulator.
    let config = Config::builder()
        .add_source(config.clone())
        .set_override("MaskinportenSettings.Environment", emulator.issuer())?
        .set_override(
            "MaskinportenSettings.TokenExchangeEnvironment",
            emulator.exchange_base(),
        )?
        .build()?;

    let settings = MaskinportenSettings::from_config(&config, "MaskinportenSettings")?;
    let maskinporten = MaskinportenClient::builder(settings)
        .http_client(emulator.http_client())
        .token_http_client(emulator.http_client())
        .build()?;
    let client = maskinporten.http_client();

    // `ExhangeToAltinnToken` is on, so Altinn's token is what goes out; the first request asks for Maskinporten's own.
    let own = ask(&client, &emulator.api_url(), MaskinportenRequest::new().exchange(false)).await?;
    let altinn = ask(&client, &emulator.api_url(), MaskinportenRequest::new()).await?;
    let stats = maskinporten.stats();
    Ok(Request {
        maskinporten: own,
        altinn,
        token_requests: stats.token_requests,
        exchange_requests: stats.exchange_requests,
    })
}

async fn ask(
    client: &ClientWithMiddleware,
    url: &str,
    wish: MaskinportenRequest,
) -> Result<Seen, Box<dyn std::error::Error>> {
    let reply = client.get(url).with_extension(wish).send().await?.error_for_status()?;
    Ok(reply.json().await?)
}
