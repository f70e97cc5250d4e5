//! Ory Hydra, which `.ci/hydra/run` starts: a client that it knows, and the key that it trusts.

use config::{Config, File, FileFormat};
use maskinporten::{MaskinportenClient, MaskinportenClientBuilder, MaskinportenSettings, Token};
use maskinporten_emulator::ClientKey;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use serde_json::{Value, json};

use crate::world::SCOPE;

/// What the client authenticates itself with beside the assertion, which Maskinporten asks nobody for and Hydra everybody.
const PASSWORD: &str = "a-password-for-hydra";

/// Hydra with a client of this test's own.
pub(crate) struct Hydra {
    public: String,
    admin: String,
    http: reqwest::Client,
    pub(crate) client_id: String,
    pub(crate) key: ClientKey,
}

impl Hydra {
    /// Registers a client and has its key trusted.
    pub(crate) async fn known() -> Self {
        let mut hydra = Self {
            public: variable("HYDRA_PUBLIC"),
            admin: variable("HYDRA_ADMIN"),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            client_id: String::new(),
            key: ClientKey::generate(),
        };
        let client = json!({
            "client_secret": PASSWORD,
            "grant_types": ["urn:ietf:params:oauth:grant-type:jwt-bearer"],
            "token_endpoint_auth_method": "client_secret_basic",
        });
        let client = hydra.administer("/admin/clients", &client).await;
        hydra.client_id = client["client_id"].as_str().unwrap().to_owned();
        let trust = json!({
            "issuer": hydra.client_id,
            // Maskinporten's assertions name no subject.
            "allow_any_subject": true,
            "scope": [SCOPE],
            "jwk": hydra.key.public_jwk(),
            "expires_at": "2100-01-01T00:00:00Z",
        });
        hydra.administer("/admin/trust/grants/jwt-bearer/issuers", &trust).await;
        hydra
    }

    async fn administer(&self, path: &str, body: &Value) -> Value {
        let reply = self.http.post(format!("{}{path}", self.admin)).json(body).send().await;
        let reply = reply.unwrap();
        assert!(reply.status().is_success(), "{path}: {}", reply.text().await.unwrap());
        reply.json().await.unwrap()
    }

    /// Its token endpoint, and the only `aud` that it takes.
    pub(crate) fn token_endpoint(&self) -> String {
        format!("{}/oauth2/token", self.public)
    }

    /// A client that asks at this address.
    pub(crate) fn client_at(&self, endpoint: &str) -> MaskinportenClientBuilder {
        self.client_with(json!({ "TokenEndpoint": endpoint }))
    }

    /// A client in whose section more is said, or something else.
    pub(crate) fn client_with(&self, more: Value) -> MaskinportenClientBuilder {
        let mut section = json!({
            "ClientId": self.client_id,
            "EncodedJwk": self.key.jwk_json(),
            "Scope": SCOPE,
            "Issuer": self.token_endpoint(),
            "TokenEndpoint": self.token_endpoint(),
            "AllowInsecureHttp": true,
        });
        let own = section.as_object_mut().unwrap();
        own.extend(more.as_object().unwrap().clone());
        let text = json!({ "M": section }).to_string();
        let config = Config::builder().add_source(File::from_str(&text, FileFormat::Json));
        let settings = MaskinportenSettings::from_config(&config.build().unwrap(), "M").unwrap();
        let headers = HeaderMap::from_iter([(AUTHORIZATION, self.password())]);
        MaskinportenClient::builder(settings).configure_http(move |http| http.default_headers(headers.clone()))
    }

    fn password(&self) -> HeaderValue {
        let request = self
            .http
            .get(&self.public)
            .basic_auth(&self.client_id, Some(PASSWORD))
            .build();
        request.unwrap().headers()[AUTHORIZATION].clone()
    }

    /// Sends an assertion without a client of ours: status, and what was said.
    pub(crate) async fn send(&self, assertion: &str) -> (u16, Value) {
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("assertion", assertion),
        ];
        let request = self.http.post(self.token_endpoint()).form(&form);
        let reply = request.header(AUTHORIZATION, self.password()).send().await.unwrap();
        (reply.status().as_u16(), reply.json().await.unwrap())
    }

    /// What it says of a token (RFC 7662).
    pub(crate) async fn introspect(&self, token: &Token) -> Value {
        let url = format!("{}/admin/oauth2/introspect", self.admin);
        let reply = self.http.post(url).form(&[("token", token.secret())]).send().await;
        reply.unwrap().json().await.unwrap()
    }
}

#[allow(clippy::disallowed_methods, reason = "the script that starts it says where it is")]
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is set by .ci/hydra/run"))
}
