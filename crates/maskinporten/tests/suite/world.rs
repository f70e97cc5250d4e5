//! An emulator, and clients of it.

use std::sync::Arc;

use maskinporten::{
    AltinnEnvironment, Environment, KeyOptions, MaskinportenClient, MaskinportenClientBuilder, MaskinportenSettings,
    TokenRequest,
};
use maskinporten_emulator::MaskinportenEmulator;

pub(crate) const SCOPE: &str = "altinn:serviceowner/instances.read";
pub(crate) const OTHER_SCOPE: &str = "altinn:serviceowner/instances.write";

#[derive(Clone)]
pub(crate) struct World {
    pub(crate) emulator: Arc<MaskinportenEmulator>,
}

impl World {
    pub(crate) async fn start() -> Self {
        let emulator = MaskinportenEmulator::start().await.unwrap();
        Self {
            emulator: Arc::new(emulator),
        }
    }

    pub(crate) fn settings(&self) -> MaskinportenSettings {
        let client = self.emulator.client();
        let environment = Environment::parse(&self.emulator.issuer()).unwrap();
        MaskinportenSettings::new(client.client_id(), environment)
            .key(client.encoded_jwk(), KeyOptions::new())
            .scope(SCOPE)
    }

    pub(crate) fn builder(&self, settings: MaskinportenSettings) -> MaskinportenClientBuilder {
        let altinn: AltinnEnvironment = self.emulator.exchange_base().parse().unwrap();
        MaskinportenClient::builder(settings)
            .http_client(self.emulator.http_client())
            .token_http_client(self.emulator.http_client())
            .altinn(altinn)
    }

    /// For a client that makes its HTTP clients itself.
    pub(crate) fn making(&self, settings: MaskinportenSettings) -> MaskinportenClientBuilder {
        let altinn: AltinnEnvironment = self.emulator.exchange_base().parse().unwrap();
        let root = reqwest::Certificate::from_pem(self.emulator.ca_pem().as_bytes()).unwrap();
        MaskinportenClient::builder(settings)
            .configure_http(move |builder| builder.tls_certs_only([root.clone()]))
            .altinn(altinn)
    }

    /// A process of its own.
    pub(crate) fn client(&self) -> MaskinportenClient {
        self.builder(self.settings()).build().unwrap()
    }

    pub(crate) fn token_requests(&self) -> usize {
        self.emulator.counts().token_requests
    }
}

pub(crate) fn request() -> TokenRequest {
    TokenRequest::new([SCOPE])
}
