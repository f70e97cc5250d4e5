//! A stack of `tower` services whose requests carry a token: the layer around whatever sends them, here reqwest.
//!
//! `cargo run -p maskinporten --features tower --example tower` has Maskinporten and the API in its own process. Against servers of
//! yours: `… --example tower -- https://issuer https://api`, with an RSA key (JWK, PEM) in `KEY` and the client's id in `CLIENT_ID`.

#![allow(clippy::disallowed_methods, clippy::print_stdout)]

use http::{Request, Response};
use maskinporten::{
    Environment, Error, KeyOptions, MaskinportenClient, MaskinportenLayer, MaskinportenRequest, MaskinportenSettings,
    reqwest,
};
use maskinporten_emulator::MaskinportenEmulator;
use tower::{BoxError, Service, ServiceBuilder, ServiceExt as _};

const READ: &str = "altinn:serviceowner/instances.read";
const WRITE: &str = "altinn:serviceowner/instances.write";

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [issuer, api] = &arguments[..] else {
        let emulator = MaskinportenEmulator::start().await?;
        let key = emulator.client().encoded_jwk();
        let settings = settings(&emulator.issuer(), emulator.client().client_id(), key)?;
        // It trusts the emulator, and reaches nothing else.
        return run(settings, emulator.http_client(), &emulator.api_url()).await;
    };
    let said = |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set"));
    run(
        settings(issuer, &said("CLIENT_ID")?, said("KEY")?)?,
        reqwest::Client::new(),
        api,
    )
    .await
}

fn settings(issuer: &str, client_id: &str, key: String) -> Result<MaskinportenSettings, Error> {
    let settings = MaskinportenSettings::new(client_id, Environment::parse(issuer)?);
    Ok(settings.key(key, KeyOptions::new()).scope(READ))
}

async fn run(settings: MaskinportenSettings, http: reqwest::Client, api: &str) -> Result<(), BoxError> {
    let maskinporten = MaskinportenClient::builder(settings)
        .token_http_client(http.clone())
        .plain_http_to_loopback(true) // for a server on this machine
        .build()?;

    // Bodies that are texts can be sent again, after a 401.
    let layer = MaskinportenLayer::new(maskinporten.clone()).replay(|body: &String| Some(body.clone()));
    // Requests of another kind, through the same client: one cache, one set of settings.
    let writing = layer.clone().wanting(MaskinportenRequest::new().scopes([WRITE]));
    let mut reads = ServiceBuilder::new().layer(layer).service(sender(http.clone()));
    let mut writes = ServiceBuilder::new().layer(writing).service(sender(http));

    println!("reading: {}", call(&mut reads, api).await?);
    println!("writing: {}", call(&mut writes, api).await?);
    println!("reading: {}", call(&mut reads, api).await?);
    let stats = maskinporten.stats();
    println!("{} requests for tokens, {} tokens", stats.token_requests, stats.tokens);
    Ok(())
}

/// What sends a request: any client that is a service will do.
fn sender(
    http: reqwest::Client,
) -> impl Service<Request<String>, Response = Response<reqwest::Body>, Error = BoxError, Future: Send> + Clone + Send + 'static
{
    tower::service_fn(move |request: Request<String>| {
        let http = http.clone();
        async move { Ok(http.execute(request.try_into()?).await?.into()) }
    })
}

async fn call<S>(service: &mut S, api: &str) -> Result<http::StatusCode, BoxError>
where
    S: Service<Request<String>, Response = Response<reqwest::Body>, Error = BoxError>,
{
    let request = Request::get(api).body(String::new())?;
    let response = service.ready().await?.call(request).await?;
    match response.status() {
        status if status.is_success() => Ok(status),
        status => Err(format!("the API answered {status}").into()),
    }
}
