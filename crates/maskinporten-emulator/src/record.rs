//! What the emulator saw.

use std::time::Instant;

use emulator_kit::Journal;
use serde_json::Value;

/// What a request asks for.
///
/// ```
/// use maskinporten_emulator::{Fault, MaskinportenEmulator, RequestKind};
///
/// let emulator = MaskinportenEmulator::start_blocking()?;
/// emulator.inject(Fault::hang().for_kind(RequestKind::Metadata)); // the token endpoint still answers
/// let asked = emulator.requests().iter().filter(|request| request.kind == RequestKind::Token).count();
/// assert_eq!(asked, 0);
/// # Ok::<(), maskinporten_emulator::EmulatorError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestKind {
    /// `/token`
    Token,
    /// `/.well-known/oauth-authorization-server`, and its sibling `openid-configuration`.
    Metadata,
    /// `/jwk`
    Jwks,
    /// `/authentication/api/v1/exchange/{provider}`
    Exchange,
    /// The metadata and the keys of the Altinn tokens' issuer.
    AltinnKeys,
    /// `/api` and everything below it.
    Api,
    /// `/clients/{client_id}/jwks` of the self-service API.
    SelfService,
    /// None of the above.
    Unknown,
}

/// One request as it arrived, and how it was answered. It holds no token, no body, and of an assertion no signature.
///
/// What was asked for, and by which assertion:
///
/// ```
/// use maskinporten_emulator::{MaskinportenEmulator, RequestKind};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let emulator = MaskinportenEmulator::start().await?;
/// let form = [
///     ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
///     ("assertion", &emulator.assertion(&emulator.client(), "nobody:has.this")),
/// ];
/// emulator.http_client().post(emulator.token_endpoint()).form(&form).send().await?;
///
/// let request = &emulator.requests()[0];
/// assert_eq!((request.kind, request.status), (RequestKind::Token, 400));
/// assert_eq!(request.scope.as_deref(), Some("nobody:has.this"));
/// let claims = request.claims.as_ref().expect("of an assertion");
/// assert_eq!(claims["aud"], emulator.issuer());
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
    /// What it asks for.
    pub kind: RequestKind,
    /// Whether it carried any bearer token at all, valid or not.
    pub has_token: bool,
    /// Of an assertion: `iss`, which is the client's id. Believed unseen.
    pub client_id: Option<String>,
    /// Of an assertion: `scope`. Believed unseen.
    pub scope: Option<String>,
    /// Of an assertion: `jti`. Believed unseen.
    pub jti: Option<String>,
    /// Of an assertion: its header (`kid`, `x5c`, `alg`), an object. Believed unseen.
    pub header: Option<Value>,
    /// Of an assertion: all of its claims, an object. Believed unseen; without the signature nobody gets a token for them.
    pub claims: Option<Value>,
    /// The status that was sent; 0 if none was (yet): hung, or reset.
    pub status: u16,
    /// `HTTP/1.1` or `HTTP/2.0`.
    pub http_version: String,
    /// When it arrived.
    pub at: Instant,
}

/// How often the emulator was asked what, whatever the answer was.
///
/// ```
/// use maskinporten_emulator::MaskinportenEmulator;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let emulator = MaskinportenEmulator::start().await?;
/// let http = emulator.http_client();
/// http.get(emulator.metadata_url()).send().await?;
/// http.get(emulator.api_url()).send().await?; // 401
///
/// let counts = emulator.counts();
/// assert_eq!((counts.metadata_requests, counts.api_requests, counts.token_requests), (1, 1, 0));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Requests to `/token`.
    pub token_requests: usize,
    /// Requests to the Altinn exchange.
    pub exchange_requests: usize,
    /// Requests for Maskinporten's metadata.
    pub metadata_requests: usize,
    /// Requests for Maskinporten's keys.
    pub jwks_requests: usize,
    /// Requests to the protected API.
    pub api_requests: usize,
    /// Requests to the self-service API.
    pub self_service_requests: usize,
    /// TCP connections accepted.
    pub connections: usize,
}

impl Counts {
    pub(crate) fn of(journal: &Journal<RecordedRequest>) -> Self {
        let mut counts = Self {
            connections: journal.connections(),
            ..Self::default()
        };
        journal.each(|request| match request.kind {
            RequestKind::Token => counts.token_requests += 1,
            RequestKind::Exchange => counts.exchange_requests += 1,
            RequestKind::Metadata => counts.metadata_requests += 1,
            RequestKind::Jwks => counts.jwks_requests += 1,
            RequestKind::Api => counts.api_requests += 1,
            RequestKind::SelfService => counts.self_service_requests += 1,
            RequestKind::AltinnKeys | RequestKind::Unknown => {}
        });
        counts
    }
}
