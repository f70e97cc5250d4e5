//! What the tests share.

use maskinporten_emulator::{Builder, Client, ClientKey, MaskinportenEmulator};
use reqwest::header::HeaderMap;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

pub(crate) const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
pub(crate) const SCOPE: &str = "altinn:serviceowner/instances.read";

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) async fn of(response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        Self {
            status,
            headers,
            body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
        }
    }

    pub(crate) fn token(&self) -> &str {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body["access_token"].as_str().unwrap()
    }

    /// Status, `error`, the MP number (0 if none) and the description without its trace id, which must be there.
    pub(crate) fn refusal(&self) -> (u16, &str, u16, &str) {
        let description = self.body["error_description"]
            .as_str()
            .unwrap_or_else(|| panic!("{}", self.body));
        let (description, trace) = description.rsplit_once(" (trace_id: ").unwrap();
        let trace = trace.strip_suffix(')').unwrap();
        assert!(
            trace.len() == 32 && trace.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{trace}"
        );
        let number = self.body["error_uri"].as_str().map_or(0, |uri| {
            let number = uri.strip_prefix("https://test.maskinporten.no/errors/MP-").unwrap();
            assert_eq!(number.len(), 3);
            number.parse().unwrap()
        });
        (
            self.status.as_u16(),
            self.body["error"].as_str().unwrap(),
            number,
            description,
        )
    }
}

/// An emulator, its default client and a bare HTTP client.
pub(crate) struct Bench {
    pub(crate) emulator: MaskinportenEmulator,
    pub(crate) client: Client,
    pub(crate) http: reqwest::Client,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::of(MaskinportenEmulator::builder()).await
    }

    pub(crate) async fn of(builder: Builder) -> Self {
        let emulator = builder.start().await.unwrap();
        Self {
            client: emulator.client(),
            http: emulator.http_client(),
            emulator,
        }
    }

    /// The claims of a good assertion, `jti` included.
    pub(crate) fn claims(&self) -> Value {
        let now = now();
        json!({
            "aud": self.emulator.issuer(),
            "iss": self.client.client_id(),
            "scope": SCOPE,
            "iat": now,
            "exp": now + 100,
            "jti": unique(),
        })
    }

    /// Good claims, with these in place of theirs; null takes one away.
    pub(crate) fn claims_with(&self, changes: Value) -> Value {
        let mut claims = self.claims();
        for (name, value) in changes.as_object().unwrap() {
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        claims
    }

    /// Sends an assertion.
    pub(crate) async fn send(&self, assertion: &str) -> Answer {
        let form = [("grant_type", JWT_BEARER), ("assertion", assertion)];
        let request = self.http.post(self.emulator.token_endpoint()).form(&form);
        Answer::of(request.send().await.unwrap()).await
    }

    /// Asks with these claims, signed by the default client.
    pub(crate) async fn ask(&self, claims: Value) -> Answer {
        self.send(&self.client.key().sign(&claims).unwrap()).await
    }

    /// Asks with good claims and these changes.
    pub(crate) async fn ask_with(&self, changes: Value) -> Answer {
        self.ask(self.claims_with(changes)).await
    }

    /// Asks with good claims under any header and key.
    pub(crate) async fn ask_under(&self, header: Value, key: &ClientKey) -> Answer {
        self.send(&key.sign_with(&header, &self.claims()).unwrap()).await
    }

    pub(crate) async fn token(&self) -> String {
        self.ask(self.claims()).await.token().to_owned()
    }

    pub(crate) async fn api(&self, token: &str) -> Answer {
        let request = self.http.get(self.emulator.api_url()).bearer_auth(token);
        Answer::of(request.send().await.unwrap()).await
    }

    pub(crate) async fn get(&self, url: &str) -> Answer {
        Answer::of(self.http.get(url).send().await.unwrap()).await
    }

    pub(crate) async fn exchange(&self, token: &str) -> Answer {
        let request = self.http.get(self.emulator.exchange_url()).bearer_auth(token);
        Answer::of(request.send().await.unwrap()).await
    }
}

pub(crate) fn now() -> i64 {
    time::OffsetDateTime::now_utc().unix_timestamp()
}

pub(crate) fn unique() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// The claims of a token, unverified.
pub(crate) fn claims_of(token: &str) -> Value {
    jsonwebtoken::dangerous::insecure_decode_claims(token).unwrap()
}
