//! A signed-in client of one vault, on a transport of its own.

use std::fmt;
use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_core::http::ClientOptions;
use azure_security_keyvault_secrets::{SecretClient, SecretClientOptions};
use tokio::sync::Mutex;
use url::Url;

use super::http::HttpSettings;
use super::policies::{ReadPages, SignAnew};
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Stage};
use crate::failure::deepest;
use crate::sign_in::SignIn;
use crate::transport::Transport;

/// The vault's client, signed in by one credential.
pub(crate) struct Session {
    pub(crate) vault: Url,
    pub(crate) client: SecretClient,
    pub(crate) transport: Transport,
    pub(crate) credential: Arc<dyn SignIn>,
    /// Fetch the token while the first request is on its way?
    pub(crate) prefetch: bool,
    pub(crate) clock: Clock,
    /// Has a request gone through? Held while the first one is under way: the SDK learns from it whom to sign in to, and a second one
    /// beside it would be challenged as well.
    pub(crate) primed: Mutex<bool>,
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
                per_try_policies: vec![Arc::new(SignAnew(Arc::clone(&credential)))],
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
            primed: Mutex::default(),
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
