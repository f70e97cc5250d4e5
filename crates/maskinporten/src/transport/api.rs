//! The HTTP client of the requests that carry tokens.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::runtime::Handle;
use url::Url;

use super::clients::{Additions, CONNECT_LIMIT, build};
use super::is_local;
use crate::error::Error;
use crate::runtime::PerRuntime;

/// One that was made here is one for each runtime, as none waits for the connections that another drives. And it has a twin without
/// proxies, for this machine and its links: a token that may go there in the clear goes nowhere else. A cheap clone.
#[derive(Clone)]
pub(crate) struct ApiClient {
    /// What builds the requests; of one that was made here, the first runtime's.
    http: reqwest::Client,
    made: Option<Arc<Made>>,
}

struct Made {
    additions: Additions,
    /// The first who needs one takes it.
    spare: Mutex<Option<reqwest::Client>>,
    lines: PerRuntime<Arc<Line>>,
}

/// What one runtime has.
#[derive(Default)]
struct Line {
    outside: OnceLock<reqwest::Client>,
    local: OnceLock<reqwest::Client>,
}

impl ApiClient {
    pub(crate) fn made(additions: Additions) -> Result<Self, Error> {
        let http = build(configured(&additions))?;
        let made = Made {
            additions,
            spare: Mutex::new(Some(http.clone())),
            lines: PerRuntime::new(),
        };
        Ok(Self {
            http,
            made: Some(Arc::new(made)),
        })
    }

    /// A caller's own is the caller's, with its proxies and its connections.
    pub(crate) fn given(http: reqwest::Client) -> Self {
        Self { http, made: None }
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// The client for a request to this address in this runtime; `None` where it is the caller's own.
    pub(crate) fn of_this_runtime(&self, url: &Url) -> Result<Option<reqwest::Client>, Error> {
        let (Some(made), Ok(runtime)) = (&self.made, Handle::try_current()) else {
            return Ok(None);
        };
        made.lines.get(&runtime, Arc::default).client(made, url).map(Some)
    }
}

impl Line {
    fn client(&self, made: &Made, url: &Url) -> Result<reqwest::Client, Error> {
        let local = is_local(url);
        let place = if local { &self.local } else { &self.outside };
        if let Some(http) = place.get() {
            return Ok(http.clone());
        }
        let spare = || made.spare.lock().unwrap_or_else(PoisonError::into_inner).take();
        let http = match local {
            true => build(configured(&made.additions).no_proxy())?,
            false => spare().map_or_else(|| build(configured(&made.additions)), Ok)?,
        };
        Ok(place.get_or_init(|| http).clone())
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
