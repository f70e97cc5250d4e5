//! A signed-in client of one vault, on one transport that vault and credential share.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use azure_core::credentials::TokenCredential;
use azure_core::http::ClientOptions;
use azure_security_keyvault_secrets::{SecretClient, SecretClientOptions};
use url::Url;

use super::limits::Limits;
use super::policies::{ReadPages, TellRefusals};
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Stage};
use crate::failure::deepest;
use crate::sign_in::SignIn;
use crate::transport::Transport;

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
    /// The HTTP client that vault and credential share. It never panics, where the SDK's own does without CA roots.
    pub(crate) fn client(&self, limits: &Limits) -> Result<reqwest::Client, Error> {
        if let Some(client) = &self.client {
            return Ok(client.clone());
        }
        let error = |cause: String, remedy: &str| {
            Error::new(ErrorKind::InvalidSetting, Stage::Settings, cause).with_remedy(remedy)
        };
        let mut roots = Vec::new();
        for pem in &self.roots {
            let read = reqwest::Certificate::from_pem_bundle(pem).map_err(|cause| {
                error(
                    format!("`ca_pem` is no PEM certificate: {}", deepest(&cause)),
                    "give the CA's certificate in PEM",
                )
            })?;
            if read.is_empty() {
                return Err(error(
                    "`ca_pem` holds no certificate".to_owned(),
                    "give the CA's certificate in PEM",
                ));
            }
            roots.extend(read);
        }
        let mut builder = reqwest::Client::builder()
            .connect_timeout(limits.connect)
            .redirect(reqwest::redirect::Policy::none())
            .tcp_keepalive(Duration::from_secs(30));
        if !roots.is_empty() {
            builder = builder.tls_certs_merge(roots);
        }
        #[cfg(feature = "http2")]
        {
            builder = builder
                .http2_keep_alive_interval(Duration::from_secs(15))
                .http2_keep_alive_timeout(Duration::from_secs(5));
        }
        builder.build().map_err(|cause| {
            error(
                format!(
                    "no HTTPS client can be built: {}",
                    deepest(&cause).trim_start_matches("unexpected error: ")
                ),
                "install the CA certificates of the system (ca-certificates), point SSL_CERT_FILE at them, or give roots with `ca_pem`",
            )
            .with_source(cause)
        })
    }
}

/// The vault's client, signed in by one credential.
pub(crate) struct Session {
    pub(crate) vault: Url,
    pub(crate) client: SecretClient,
    pub(crate) transport: Transport,
    pub(crate) credential: Arc<dyn SignIn>,
    /// Fetch the token while the first request is on its way?
    pub(crate) prefetch: bool,
    pub(crate) clock: Clock,
}

impl Session {
    pub(crate) fn new(
        vault: Url,
        transport: Transport,
        credential: Arc<impl SignIn + 'static>,
        prefetch: bool,
        http: &HttpSettings,
        clock: Clock,
    ) -> Result<Self, Error> {
        let credential: Arc<dyn SignIn> = credential;
        let mut options = SecretClientOptions {
            client_options: ClientOptions {
                transport: Some(transport.for_sdk()),
                retry: transport.retry(),
                per_call_policies: vec![Arc::new(ReadPages)],
                per_try_policies: vec![Arc::new(TellRefusals(Arc::clone(&credential)))],
                ..Default::default()
            },
            verify_challenge_resource: Some(!http.skip_challenge_check),
            ..Default::default()
        };
        if let Some(api_version) = &http.api_version {
            options.api_version.clone_from(api_version);
        }
        let client = SecretClient::new(
            vault.as_str(),
            Arc::clone(&credential) as Arc<dyn TokenCredential>,
            Some(options),
        )
        .map_err(|cause| {
            Error::new(
                ErrorKind::InvalidSetting,
                Stage::Settings,
                format!("no client can be built: {}", deepest(&cause)),
            )
        })?;
        Ok(Self {
            vault,
            client,
            transport,
            credential,
            prefetch,
            clock,
        })
    }

    /// How the vault is named in errors and origins: its URL without the trailing slash.
    pub(crate) fn name(&self) -> &str {
        self.vault.as_str().trim_end_matches('/')
    }

    pub(crate) fn host(&self) -> &str {
        self.vault.host_str().unwrap_or_default()
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("vault", &self.name())
            .finish_non_exhaustive()
    }
}
