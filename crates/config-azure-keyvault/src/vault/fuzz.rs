//! Replies of any kind, without a vault.

use std::sync::Arc;

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::http::headers::{Headers, WWW_AUTHENTICATE};
use azure_core::http::{AsyncRawResponse, ClientOptions, HttpClient, Request, StatusCode, Transport};
use azure_core::time::{Duration, OffsetDateTime};
use azure_security_keyvault_secrets::{SecretClient, SecretClientOptions};
use url::Url;

use super::page::{Got, Item, Page};
use super::refusal::{of_failure, translate};
use crate::error::{Error, ErrorKind, Stage};
use crate::failure::{Answer, Failure};
use crate::names::is_secret_name;

const VAULT: &str = "https://name.vault.azure.net/";
const HOST: &str = "name.vault.azure.net";

pub(crate) fn page(body: &[u8]) -> Result<(), Error> {
    let from = Url::parse(VAULT).map_err(|_| no_reply())?;
    let page = Page::read(body, &from).map_err(|failure| of_failure(&failure, Stage::List, HOST))?;
    if let Some(link) = &page.next_link {
        let next = from.join(link).map_err(|_| no_reply())?;
        assert_eq!(next.origin(), from.origin(), "it leads elsewhere");
    }
    for item in page.items {
        if let Item::Secret(secret) = item {
            assert!(is_secret_name(&secret.name), "no secret has that name");
            secret.updated_unix();
        }
    }
    Ok(())
}

pub(crate) fn secret(body: &[u8]) -> Result<(), Error> {
    let got = Got::read(body).map_err(|failure| of_failure(&failure, Stage::Get, HOST))?;
    got.version();
    got.properties("name".to_owned()).updated_unix();
    Ok(())
}

fn no_reply() -> Error {
    Error::new(ErrorKind::InvalidResponse, Stage::List, "no URL")
}

pub(crate) fn refused(answer: Answer) -> Error {
    of_failure(&Failure::Answer(answer), Stage::Get, HOST)
}

/// What the SDK makes of a challenge, and we of that.
pub(crate) fn challenged(header: &str) -> Option<Error> {
    let options = SecretClientOptions {
        client_options: ClientOptions {
            transport: Some(Transport::new(Arc::new(Challenging(header.to_owned())))),
            ..Default::default()
        },
        ..Default::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .ok()?;
    let client = SecretClient::new(VAULT, Arc::new(Anybody), Some(options)).ok()?;
    let got = runtime.block_on(client.get_secret("name", None));
    Some(translate(&got.err()?, Stage::Get, HOST))
}

/// Whoever has no token is told this.
#[derive(Debug)]
struct Challenging(String);

#[async_trait::async_trait]
impl HttpClient for Challenging {
    async fn execute_request(&self, _: &Request) -> azure_core::Result<AsyncRawResponse> {
        let mut headers = Headers::new();
        headers.insert(WWW_AUTHENTICATE, self.0.clone());
        Ok(AsyncRawResponse::from_bytes(
            StatusCode::Unauthorized,
            headers,
            Vec::new(),
        ))
    }
}

#[derive(Debug)]
struct Anybody;

#[async_trait::async_trait]
impl TokenCredential for Anybody {
    async fn get_token(&self, _: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        Ok(AccessToken::new("a", OffsetDateTime::now_utc() + Duration::hours(1)))
    }
}
