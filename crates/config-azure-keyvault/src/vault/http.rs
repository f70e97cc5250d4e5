//! The HTTP clients of vaults and credentials.

use std::fmt;
use std::time::Duration;

use url::Url;

use super::limits::Limits;
use crate::error::{Error, ErrorKind, Stage};
use crate::failure::deepest;
use crate::obstacle::Obstacle;
use crate::transport::{Proxies, Spares, Wire, is_near};
use crate::variables::Variables;

/// What can be set of HTTP.
#[derive(Clone, Default)]
pub(crate) struct HttpSettings {
    /// A client of the caller's own, used as it is.
    pub(crate) client: Option<reqwest::Client>,
    /// Extra roots beside the system's, PEM.
    pub(crate) roots: Vec<Vec<u8>>,
    pub(crate) skip_challenge_check: bool,
    pub(crate) api_version: Option<String>,
}

impl fmt::Debug for HttpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpSettings")
            .field("client", &self.client.is_some())
            .field("roots", &self.roots.len())
            .field("skip_challenge_check", &self.skip_challenge_check)
            .field("api_version", &self.api_version)
            .finish()
    }
}

impl HttpSettings {
    /// What carries the requests of credentials in this runtime, and of vaults where the client is the caller's. It never panics, where
    /// the SDK's own client does without CA roots.
    pub(crate) fn wire(&self, limits: &Limits, variables: &Variables) -> Result<Wire, Error> {
        if let Some(client) = &self.client {
            // The client reads the process's own, whatever is injected here.
            let proxies = [variables, &Variables::default()].map(Proxies::read);
            return Ok(Wire::given(client.clone(), &proxies, limits.connect));
        }
        let proxies = Proxies::read(variables);
        let client = built(proxies.tell(self.builder(limits)?))?;
        let near = match proxies.are_none() {
            true => client.clone(),
            false => built(self.builder(limits)?.no_proxy())?,
        };
        Ok(Wire::own(client, near, proxies, Spares::default()))
    }

    /// What carries the requests of this vault, and of nobody else: its connections are opened before they are needed. `None` where the
    /// client is the caller's.
    pub(crate) fn wire_of(&self, vault: &Url, limits: &Limits, variables: &Variables) -> Result<Option<Wire>, Error> {
        if self.client.is_some() {
            return Ok(None);
        }
        let proxies = Proxies::read(variables);
        let builder = || {
            let builder = self.builder(limits)?;
            Ok::<_, Error>(match is_near(vault) {
                true => builder.no_proxy(),
                false => proxies.tell(builder),
            })
        };
        let spares = Spares::default();
        let client = built(builder()?.connector_layer(spares.taking(builder()?, vault)))?;
        Ok(Some(Wire::own(client.clone(), client, proxies, spares)))
    }

    fn builder(&self, limits: &Limits) -> Result<reqwest::ClientBuilder, Error> {
        let builder = reqwest::Client::builder()
            .connect_timeout(limits.connect)
            .redirect(reqwest::redirect::Policy::none())
            .tcp_keepalive(Duration::from_secs(30));
        #[cfg(feature = "http2")]
        let builder = builder
            .http2_keep_alive_interval(Duration::from_secs(15))
            .http2_keep_alive_timeout(Duration::from_secs(5));
        Ok(process_tls::trusting(builder, self.certificates()?))
    }

    fn certificates(&self) -> Result<Vec<reqwest::Certificate>, Error> {
        let unusable = |cause: String| error(cause, "give the CA's certificate in PEM");
        let mut all = Vec::new();
        for pem in &self.roots {
            // As Windows' editors write it.
            let pem = pem.strip_prefix(BOM).unwrap_or(pem);
            let read = reqwest::Certificate::from_pem_bundle(pem)
                .map_err(|cause| unusable(format!("`ca_pem` is no PEM certificate: {}", deepest(&cause))))?;
            if read.is_empty() {
                return Err(unusable("`ca_pem` holds no certificate".to_owned()));
            }
            all.extend(read);
        }
        Ok(all)
    }
}

const BOM: &[u8] = "\u{feff}".as_bytes();

fn built(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, Error> {
    builder.build().map_err(|cause| {
        error(
            format!(
                "no HTTPS client can be built: {}",
                deepest(&cause).trim_start_matches("unexpected error: ")
            ),
            "install the CA certificates of the system (ca-certificates), point SSL_CERT_FILE at them, or give roots with `ca_pem`",
        )
        .with_obstacle(Some(Obstacle::Certificate))
        .with_source(cause)
    })
}

fn error(cause: String, remedy: &str) -> Error {
    Error::new(ErrorKind::InvalidSetting, Stage::Settings, cause).with_remedy(remedy)
}
