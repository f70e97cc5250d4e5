//! The HTTP client of the requests that carry tokens.

use std::fmt;
use std::sync::{Arc, OnceLock};

use url::Url;

use super::clients::{Additions, CONNECT_LIMIT, build};
use super::is_local;
use crate::error::Error;

/// One that was made here has a twin without proxies, for this machine and its links: a token that may go there in the clear goes
/// nowhere else. A cheap clone.
#[derive(Clone)]
pub(crate) struct ApiClient {
    http: reqwest::Client,
    twin: Option<Twin>,
}

#[derive(Clone)]
struct Twin {
    additions: Additions,
    http: Arc<OnceLock<reqwest::Client>>,
}

impl ApiClient {
    pub(crate) fn made(additions: Additions) -> Result<Self, Error> {
        Ok(Self {
            http: build(configured(&additions))?,
            twin: Some(Twin {
                additions,
                http: Arc::default(),
            }),
        })
    }

    /// A caller's own is the caller's, with its proxies.
    pub(crate) fn given(http: reqwest::Client) -> Self {
        Self { http, twin: None }
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// The client for an address that no proxy is asked for.
    pub(crate) fn without_proxy(&self, url: &Url) -> Result<Option<reqwest::Client>, Error> {
        let Some(twin) = self.twin.as_ref().filter(|_| is_local(url)) else {
            return Ok(None);
        };
        if let Some(http) = twin.http.get() {
            return Ok(Some(http.clone()));
        }
        let http = build(configured(&twin.additions).no_proxy())?;
        Ok(Some(twin.http.get_or_init(|| http).clone()))
    }
}

fn configured(additions: &Additions) -> reqwest::ClientBuilder {
    additions.to(reqwest::Client::builder().connect_timeout(CONNECT_LIMIT))
}

impl fmt::Debug for ApiClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiClient")
    }
}
