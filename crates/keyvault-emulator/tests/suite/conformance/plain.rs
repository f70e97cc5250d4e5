//! The list over plain HTTP: what the REST specification says to send, and what came back as it is.

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::ask::{Ask, Client, Operation, Pages, Seen, Token};

pub(super) struct Plain {
    http: reqwest::Client,
    vault: String,
    token: String,
}

impl Plain {
    pub(super) fn new(http: reqwest::Client, vault: &str, token: &str) -> Self {
        Self {
            http,
            vault: vault.to_owned(),
            token: token.to_owned(),
        }
    }

    async fn send(&self, method: &Method, url: &str, ask: &Ask) -> (u16, HeaderMap, Value) {
        let mut request = self.http.request(method.clone(), url);
        request = match ask.token {
            Token::Good => request.bearer_auth(&self.token),
            Token::Nonsense => request.bearer_auth("nonsense"),
            Token::None => request,
        };
        for (name, value) in &ask.headers {
            request = request.header(name, value);
        }
        request = match &ask.body {
            Some(body) => request.json(body),
            // The service wants to know that nothing comes.
            None if method == Method::POST || method == Method::PUT => request.header("content-length", "0"),
            None => request,
        };
        let response = match request.send().await {
            Ok(response) => response,
            // A difference like any other: whoever asks a real vault has to tidy up afterwards.
            Err(error) => return (0, HeaderMap::new(), Value::String(format!("{error:?}"))),
        };
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap_or_else(|error| format!("{error:?}"));
        // An answer that is no JSON is a difference too, and to be seen.
        let body = match text.as_str() {
            "" => Value::Null,
            text => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())),
        };
        (status, headers, body)
    }
}

impl Client for Plain {
    async fn ask(&self, ask: &Ask) -> Seen {
        let (method, path) = route(ask);
        let (status, headers, mut body) = self.send(&method, &format!("{}{path}", self.vault), ask).await;
        if ask.all && status == 200 {
            let mut pages = Pages::default();
            let mut next = pages.add(&body);
            while let Some(link) = next {
                next = pages.add(&self.send(&method, &link, ask).await.2);
            }
            body = pages.json();
        }
        Seen {
            status,
            headers: Some(headers),
            body,
        }
    }
}

/// Method and path, query included, as the specification has them.
fn route(ask: &Ask) -> (Method, String) {
    let name = ask.name();
    let version = ask
        .version
        .as_ref()
        .map(|version| format!("/{version}"))
        .unwrap_or_default();
    let (method, path) = match ask.operation {
        Operation::Set => (Method::PUT, format!("/secrets/{name}")),
        Operation::Get => (Method::GET, format!("/secrets/{name}{version}")),
        Operation::Update => (Method::PATCH, format!("/secrets/{name}{version}")),
        Operation::Delete => (Method::DELETE, format!("/secrets/{name}")),
        Operation::List => (Method::GET, "/secrets".to_owned()),
        Operation::ListVersions => (Method::GET, format!("/secrets/{name}/versions")),
        Operation::ListDeleted => (Method::GET, "/deletedsecrets".to_owned()),
        Operation::GetDeleted => (Method::GET, format!("/deletedsecrets/{name}")),
        Operation::Recover => (Method::POST, format!("/deletedsecrets/{name}/recover")),
        Operation::Purge => (Method::DELETE, format!("/deletedsecrets/{name}")),
        Operation::Backup => (Method::POST, format!("/secrets/{name}/backup")),
        Operation::Restore => (Method::POST, "/secrets/restore".to_owned()),
        Operation::Request => {
            let method = ask.method.as_deref().unwrap().parse().unwrap();
            return (method, ask.path.clone().unwrap());
        }
    };
    let most = ask
        .maxresults
        .as_ref()
        .map(|most| format!("&maxresults={most}"))
        .unwrap_or_default();
    (method, format!("{path}?api-version={}{most}", ask.api_version()))
}
