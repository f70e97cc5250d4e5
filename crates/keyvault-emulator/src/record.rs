//! What the emulator saw.

use std::time::Instant;

use emulator_kit::Journal;
use serde_json::Value;

use crate::permissions::SecretPermission;

/// What a request asks for.
///
/// ```
/// use keyvault_emulator::{Fault, KeyVaultEmulator, RequestKind};
///
/// let emulator = KeyVaultEmulator::start_blocking()?;
/// emulator.inject(Fault::hang().for_kind(RequestKind::Token)); // Entra ID hangs, the vault does not
/// let gets = emulator.requests().iter().filter(|request| request.kind == RequestKind::Get).count();
/// assert_eq!(gets, 0);
/// assert!(RequestKind::Get.is_vault() && !RequestKind::Token.is_vault());
/// # Ok::<(), keyvault_emulator::EmulatorError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestKind {
    /// `GET /secrets`
    List,
    /// `GET /secrets/{name}[/{version}]`
    Get,
    /// `GET /secrets/{name}/versions`
    ListVersions,
    /// `PUT /secrets/{name}`
    Set,
    /// `PATCH /secrets/{name}/{version}`
    Update,
    /// `DELETE /secrets/{name}`
    Delete,
    /// `GET /deletedsecrets`
    ListDeleted,
    /// `GET /deletedsecrets/{name}`
    GetDeleted,
    /// `POST /deletedsecrets/{name}/recover`
    Recover,
    /// `DELETE /deletedsecrets/{name}`
    Purge,
    /// `POST /secrets/{name}/backup`
    Backup,
    /// `POST /secrets/restore`
    Restore,
    /// `POST /{tenant}/oauth2/v2.0/token`
    Token,
    /// `GET /{tenant}/v2.0/.well-known/openid-configuration`, with or without the version.
    OpenIdConfiguration,
    /// `GET /{tenant}/discovery/v2.0/keys`
    SigningKeys,
    /// `GET /common/discovery/instance`
    InstanceDiscovery,
    /// A managed identity's token, in either form.
    Identity,
    /// None of the above.
    Unknown,
}

impl RequestKind {
    /// Whether a vault serves it (and asks for a token first).
    #[must_use]
    pub const fn is_vault(self) -> bool {
        self.permission().is_some()
    }

    pub(crate) const fn permission(self) -> Option<SecretPermission> {
        Some(match self {
            Self::List | Self::ListVersions | Self::ListDeleted => SecretPermission::List,
            Self::Get | Self::GetDeleted => SecretPermission::Get,
            Self::Set | Self::Update => SecretPermission::Set,
            Self::Delete => SecretPermission::Delete,
            Self::Recover => SecretPermission::Recover,
            Self::Purge => SecretPermission::Purge,
            Self::Backup => SecretPermission::Backup,
            Self::Restore => SecretPermission::Restore,
            _ => return None,
        })
    }
}

/// One request as it arrived, and how it was answered. It holds no token and no value.
///
/// ```
/// use keyvault_emulator::{KeyVaultEmulator, RequestKind};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let emulator = KeyVaultEmulator::start().await?;
/// let url = format!("{}/secrets/Database--Password?api-version=7.5", emulator.url());
/// emulator.http_client().get(url).send().await?;
///
/// let request = &emulator.requests()[0];
/// assert_eq!((request.kind, request.status), (RequestKind::Get, 401));
/// assert_eq!(request.secret.as_deref(), Some("Database--Password"));
/// assert!(!request.has_token);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// Counts up from 1, in the order of arrival.
    pub id: u64,
    /// The connection it came on; counts up from 1.
    pub connection: u64,
    /// The HTTP method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query, without the question mark; empty if there is none.
    pub query: String,
    /// The host that was asked, with its port.
    pub host: String,
    /// The vault that was asked, if one was.
    pub vault: Option<String>,
    /// What it asks for.
    pub kind: RequestKind,
    /// The name of the secret, as the request spells it.
    pub secret: Option<String>,
    /// Whether it carried any bearer token at all, valid or not.
    pub has_token: bool,
    /// Whether it carried a token that the vault accepts.
    pub authorized: bool,
    /// What its body says, as an object: a form's parameters, a vault's JSON. Where something may be secret (a value, a backup,
    /// a client's secret or assertion, whatever is unknown) it says `[redacted]`. Nothing if there is no such body (yet).
    pub body: Option<Value>,
    /// The status that was sent; 0 if none was (yet): hung, or reset.
    pub status: u16,
    /// `HTTP/1.1` or `HTTP/2.0`.
    pub http_version: String,
    /// When it arrived.
    pub at: Instant,
}

/// How often the emulator was asked what.
///
/// ```
/// use keyvault_emulator::KeyVaultEmulator;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let emulator = KeyVaultEmulator::start().await?;
/// let url = format!("{}/secrets?api-version=7.5", emulator.url());
/// emulator.http_client().get(url).send().await?; // without a token
///
/// let counts = emulator.counts();
/// assert_eq!((counts.requests, counts.challenges), (1, 1));
/// assert_eq!((counts.lists, counts.token_requests), (0, 0)); // only one with a good token is a list
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Every request to a vault, challenges included.
    pub requests: usize,
    /// Pages of the list of secrets that were asked for with a valid token.
    pub lists: usize,
    /// Values that were asked for with a valid token.
    pub gets: usize,
    /// Requests to a vault without any token, answered with 401 and a challenge.
    pub challenges: usize,
    /// Requests to the token endpoint.
    pub token_requests: usize,
    /// Requests to the managed identity endpoint.
    pub identity_requests: usize,
    /// TCP connections accepted, the identity endpoint's included.
    pub connections: usize,
}

impl Counts {
    pub(crate) fn of(journal: &Journal<RecordedRequest>) -> Self {
        let mut counts = Self {
            connections: journal.connections(),
            ..Self::default()
        };
        journal.each(|request| {
            match request.kind {
                RequestKind::Token => counts.token_requests += 1,
                RequestKind::Identity => counts.identity_requests += 1,
                RequestKind::List if request.authorized => counts.lists += 1,
                RequestKind::Get if request.authorized => counts.gets += 1,
                _ => {}
            }
            if request.vault.is_some() {
                counts.requests += 1;
                counts.challenges += usize::from(!request.has_token);
            }
        });
        counts
    }
}
