//! Authority metadata (RFC 8414), with OpenID Connect's address as the second choice.

#[cfg(test)]
pub(crate) mod fuzz;

use std::time::Duration;

use serde::Deserialize;
use tokio::time::Instant;
use tracing::Span;
use url::Url;

use super::environment::{Endpoints, endpoint};
use super::issuing::Issuing;
use super::pasted;
use crate::error::{Error, ErrorKind, Retry, Stage};
use crate::quoted::{self, Secrets};
use crate::telemetry;
use crate::transport::{self, Clients};

const LIMIT: Duration = Duration::from_secs(10);
const MOST: usize = 256 * 1024;

#[derive(Deserialize)]
struct Document {
    issuer: Option<String>,
    token_endpoint: Option<String>,
}

fn failed(url: &str, cause: impl AsRef<str>) -> Error {
    Error::new(ErrorKind::Metadata, Stage::Metadata, cause).with(|inner| inner.endpoint = Some(url.to_owned()))
}

/// Of the authority as it is written; where nothing is there, of the one whose endpoint it may be.
pub(super) async fn fetch(http: &Clients, authority: &Url, issuing: &Issuing) -> Result<Endpoints, Error> {
    let (written, shorter) = pasted::meant(authority);
    let missing = match at(http, &written, issuing).await {
        Ok(endpoints) => return Ok(endpoints),
        Err(error) => error,
    };
    match shorter.filter(|_| is_nothing(&missing)) {
        None => Err(missing),
        Some(shorter) => match at(http, &shorter, issuing).await {
            Ok(endpoints) => {
                tracing::info!(
                    authority = %quoted::address(written.as_str()),
                    issuer = %quoted::address(&endpoints.issuer),
                    "the authority's address is that of a token endpoint: the metadata of its issuer is used"
                );
                Ok(endpoints)
            }
            Err(error) if is_nothing(&error) => Err(missing),
            Err(error) => Err(error),
        },
    }
}

/// Nobody answers for such an authority, and nothing says that somebody would at another time.
fn is_nothing(error: &Error) -> bool {
    error.retry() == Retry::Never && error.status().is_some_and(|status| (400..500).contains(&status))
}

/// At one of its addresses.
async fn at(http: &Clients, authority: &Url, issuing: &Issuing) -> Result<Endpoints, Error> {
    let mut first = None;
    for url in addresses(authority) {
        match sent(http, &url, authority, issuing).await {
            Ok(endpoints) => return Ok(endpoints),
            Err(Attempt::Final(error)) => return Err(error),
            // The first address is the one that should have worked, unless a later one says more than that it is not there.
            Err(Attempt::Elsewhere(error)) => {
                let says_more = |first: &Error| first.status() == Some(404) && error.status() != Some(404);
                if first.as_ref().is_none_or(says_more) {
                    first = Some(error);
                }
            }
        }
    }
    Err(first.unwrap_or_else(|| failed(authority.as_str(), "the authority has no metadata")))
}

/// Section 3.1 puts the well-known part before the authority's path; many put it behind, as OpenID Connect does.
fn addresses(authority: &Url) -> Vec<String> {
    const OAUTH: &str = "/.well-known/oauth-authorization-server";
    const OPENID: &str = "/.well-known/openid-configuration";
    let origin = authority.origin().ascii_serialization();
    let path = authority.path().trim_end_matches('/');
    let mut all = vec![format!("{origin}{OAUTH}{path}")];
    if !path.is_empty() {
        all.push(format!("{origin}{path}{OAUTH}"));
    }
    all.push(format!("{origin}{path}{OPENID}"));
    all
}

enum Attempt {
    Final(Error),
    Elsewhere(Error),
}

async fn sent(http: &Clients, url: &str, authority: &Url, issuing: &Issuing) -> Result<Endpoints, Attempt> {
    let mut elsewhere = false;
    let span = telemetry::request("GET", url);
    let asked = telemetry::sent(&span, async {
        one(http, url, &span)
            .await
            .and_then(|document| read(&document, url, authority, issuing).map_err(Attempt::Elsewhere))
            .map_err(|attempt| match attempt {
                Attempt::Final(error) => error,
                Attempt::Elsewhere(error) => {
                    elsewhere = true;
                    error
                }
            })
    });
    asked.await.map_err(|error| match elsewhere {
        true => Attempt::Elsewhere(error),
        false => Attempt::Final(error),
    })
}

async fn one(http: &Clients, url: &str, span: &Span) -> Result<Document, Attempt> {
    let client = http.client(url, Stage::Metadata).map_err(Attempt::Final)?;
    let unreachable = |error: reqwest::Error| {
        let unreached = http.unreached(url, Stage::Metadata, error, LIMIT, &Secrets::none());
        unreached.with(|inner| {
            inner.kind = ErrorKind::Metadata;
            inner.endpoint = Some(url.to_owned());
        })
    };
    let asked = Instant::now();
    let mut sent = get(&client, url).await;
    // Its runtime stood still meanwhile: the limit was over before anybody looked.
    if sent.as_ref().is_err_and(reqwest::Error::is_timeout) && asked.elapsed() > LIMIT + Duration::from_secs(1) {
        sent = get(&client, url).await;
    }
    let response = sent.map_err(|error| Attempt::Final(unreachable(error)))?;
    let status = response.status();
    telemetry::answered(span, status);
    if !status.is_success() {
        let error = failed(url, "the metadata cannot be had").with(|inner| inner.status = Some(status.as_u16()));
        return Err(match status.is_server_error() || status.as_u16() == 429 {
            true => Attempt::Final(error.with(|inner| inner.retry = Retry::After(None))),
            false => Attempt::Elsewhere(error.with_remedy("check the authority's URL")),
        });
    }
    let body = match transport::body(response, MOST).await {
        Ok(Some(body)) => body,
        Ok(None) => return Err(Attempt::Elsewhere(failed(url, "the reply is too long for metadata"))),
        Err(error) => return Err(Attempt::Final(unreachable(error))),
    };
    serde_json::from_slice(&body).map_err(|_| Attempt::Elsewhere(failed(url, "the reply is not the JSON of metadata")))
}

async fn get(client: &reqwest::Client, url: &str) -> Result<reqwest::Response, reqwest::Error> {
    let request = client.get(url).header("accept", "application/json");
    request.timeout(LIMIT).send().await
}

/// What the settings say goes before what the metadata says.
fn read(document: &Document, url: &str, authority: &Url, issuing: &Issuing) -> Result<Endpoints, Error> {
    let filled = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let expected = issuing.issuer.as_deref();
    match filled(&document.issuer) {
        Some(issuer) => of_this_authority(&issuer, url, authority, expected)?,
        None if expected.is_none() => return Err(failed(url, "the metadata names no `issuer`")),
        None => {}
    }
    let token_endpoint = match &issuing.token_endpoint {
        Some(told) => told.clone(),
        None => {
            let named = filled(&document.token_endpoint)
                .ok_or_else(|| failed(url, "the metadata names no `token_endpoint`"))?;
            let target = endpoint(&named, issuing.plain)
                .map_err(|problem| failed(url, format!("the metadata's `token_endpoint` {problem}")))?;
            if authority.scheme() == "https" && target.scheme() != "https" {
                let error = failed(url, "the metadata's `token_endpoint` is not https");
                return Err(error.with_remedy("set `TokenEndpoint` to the address that is meant"));
            }
            named
        }
    };
    let issuer = expected.map(str::to_owned).or_else(|| filled(&document.issuer));
    Ok(Endpoints {
        issuer: issuer.unwrap_or_default(),
        token_endpoint,
    })
}

/// RFC 8414, section 3.3; whether the address ends with a slash is not held against anybody. One that is known under another name than
/// it is asked by is told in the settings.
fn of_this_authority(issuer: &str, url: &str, authority: &Url, expected: Option<&str>) -> Result<(), Error> {
    let same = Url::parse(issuer).is_ok_and(|issuer| {
        issuer.origin() == authority.origin()
            && issuer.path().trim_end_matches('/') == authority.path().trim_end_matches('/')
            && issuer.query().is_none()
            && !quoted::names_user(&issuer)
    });
    let is_told = |expected: &str| expected.trim_end_matches('/') == issuer.trim_end_matches('/');
    if same || expected.is_some_and(is_told) {
        return Ok(());
    }
    let issuer = Secrets::none().cut(&quoted::address(issuer));
    let (told, remedy) = match expected {
        Some(_) => (
            " and the one that is set",
            "set `Issuer` as the metadata has it, if that is the one that is meant",
        ),
        None => (
            "",
            "set the authority to its issuer's URL, or `Issuer` to its name if it is asked under another",
        ),
    };
    let cause = format!("the metadata is of another issuer, `{issuer}`, than the authority `{authority}`{told}");
    Err(failed(url, cause).with_remedy(remedy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_keeps_the_authoritys_path() {
        let of = |url: &str| addresses(&Url::parse(url).expect("a URL"));
        for url in ["https://a.example", "https://a.example/"] {
            assert_eq!(
                of(url),
                [
                    "https://a.example/.well-known/oauth-authorization-server",
                    "https://a.example/.well-known/openid-configuration",
                ]
            );
        }
        for url in ["https://a.example:8443/one/two", "https://a.example:8443/one/two/"] {
            assert_eq!(
                of(url),
                [
                    "https://a.example:8443/.well-known/oauth-authorization-server/one/two",
                    "https://a.example:8443/one/two/.well-known/oauth-authorization-server",
                    "https://a.example:8443/one/two/.well-known/openid-configuration",
                ]
            );
        }
    }
}
