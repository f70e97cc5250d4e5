//! A bare client: a token, an api-version, a JSON body, and nothing that hides what came back.

use keyvault_emulator::{Builder, KeyVaultEmulator};
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;

pub(crate) const VERSION: &str = "api-version=2025-07-01";
pub(crate) const RESOURCE: &str = "https://vault.azure.net";

/// An emulator and a signed-in client of its default vault.
pub(crate) struct Bench {
    pub(crate) emulator: KeyVaultEmulator,
    pub(crate) http: reqwest::Client,
    pub(crate) token: String,
}

/// What came back, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) async fn of(response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).unwrap()
        };
        Self { status, headers, body }
    }

    /// Status, code and inner code: what a client decides by.
    pub(crate) fn error(&self) -> (u16, &str, &str) {
        let error = &self.body["error"];
        let inner = error["innererror"]["code"].as_str().unwrap_or_default();
        (self.status.as_u16(), error["code"].as_str().unwrap_or_default(), inner)
    }

    pub(crate) fn message(&self) -> &str {
        self.body["error"]["message"].as_str().unwrap_or_default()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let items = self.body["value"].as_array().unwrap();
        items.iter().map(|item| name_of(item).to_owned()).collect()
    }
}

pub(crate) fn name_of(item: &Value) -> &str {
    item["id"].as_str().unwrap().split('/').nth(4).unwrap()
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::of(KeyVaultEmulator::builder()).await
    }

    pub(crate) async fn of(builder: Builder) -> Self {
        let emulator = builder.start().await.unwrap();
        let http = emulator.http_client();
        let token = emulator.access_token(RESOURCE);
        Self { emulator, http, token }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        let separator = if path.contains('?') { '&' } else { '?' };
        format!("{}{path}{separator}{VERSION}", self.emulator.url())
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let mut request = self.http.request(method, self.url(path)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        Answer::of(request.send().await.unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub(crate) async fn put(&self, name: &str, body: Value) -> Answer {
        self.call(Method::PUT, &format!("/secrets/{name}"), Some(body)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Option<Value>) -> Answer {
        self.call(Method::POST, path, body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, None).await
    }

    /// The token endpoint, with the parameters as they are.
    pub(crate) async fn token(&self, tenant: &str, form: &[(&str, &str)]) -> Answer {
        let url = format!("{}/{tenant}/oauth2/v2.0/token", self.emulator.authority());
        Answer::of(self.http.post(url).form(form).send().await.unwrap()).await
    }
}
