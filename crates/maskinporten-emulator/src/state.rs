//! What every part of a running emulator shares.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use emulator_kit::{FaultBook, Journal, SigningKey};
use time::OffsetDateTime;

use crate::client::Registry;
use crate::lock::lock;
use crate::record::{RecordedRequest, RequestKind};

/// Unix seconds.
pub(crate) type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// How many retired signing keys are still published, so that tokens signed with them stay valid.
const RETIRED_KEYS: usize = 2;

pub(crate) struct Shared {
    pub(crate) port: u16,
    pub(crate) default_client: String,
    /// Values of `aud` that are taken besides the emulator's own.
    pub(crate) audiences: Vec<String>,
    /// What `exp - iat` of an assertion may be.
    pub(crate) max_assertion_lifetime: Duration,
    pub(crate) clock: Option<Clock>,
    /// How long a change by the self-service API takes to reach the token endpoint.
    pub(crate) propagation: Mutex<Duration>,
    pub(crate) registry: Mutex<Registry>,
    pub(crate) tokens: Mutex<Tokens>,
    pub(crate) journal: Journal<RecordedRequest>,
    pub(crate) faults: FaultBook<RequestKind>,
}

/// What is known of tokens.
pub(crate) struct Tokens {
    pub(crate) lifetime: Duration,
    pub(crate) altinn_lifetime: Duration,
    /// The newest first.
    pub(crate) keys: Vec<Arc<SigningKey>>,
    pub(crate) altinn_key: Arc<SigningKey>,
    /// Assertions that were used, by client and `jti`.
    pub(crate) used: HashSet<(String, String)>,
    /// Access tokens that the API accepts, by `jti` or, for Altinn's, `sid`.
    pub(crate) issued: HashSet<String>,
}

impl Tokens {
    pub(crate) fn rotate(&mut self) {
        self.keys.insert(0, Arc::new(SigningKey::generate()));
        self.keys.truncate(1 + RETIRED_KEYS);
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

impl Shared {
    pub(crate) fn now(&self) -> i64 {
        match &self.clock {
            Some(clock) => clock(),
            None => OffsetDateTime::now_utc().unix_timestamp(),
        }
    }

    pub(crate) fn base(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// With the slash, as Maskinporten's own (Skyporten's has none).
    pub(crate) fn issuer(&self) -> String {
        format!("{}/", self.base())
    }

    pub(crate) fn token_endpoint(&self) -> String {
        format!("{}{}", self.base(), paths::TOKEN)
    }

    pub(crate) fn altinn_issuer(&self) -> String {
        format!("{}{}", self.base(), paths::ALTINN_ISSUER)
    }

    pub(crate) fn signing_keys(&self) -> Vec<Arc<SigningKey>> {
        lock(&self.tokens).keys.clone()
    }

    pub(crate) fn propagation(&self) -> Duration {
        *lock(&self.propagation)
    }

    pub(crate) fn altinn_key(&self) -> Arc<SigningKey> {
        Arc::clone(&lock(&self.tokens).altinn_key)
    }
}

/// Where everything is.
pub(crate) mod paths {
    pub(crate) const TOKEN: &str = "/token";
    pub(crate) const JWKS: &str = "/jwk";
    pub(crate) const METADATA: &str = "/.well-known/oauth-authorization-server";
    pub(crate) const OPENID: &str = "/.well-known/openid-configuration";
    pub(crate) const API: &str = "/api";
    /// A provider follows.
    pub(crate) const EXCHANGES: &str = "/authentication/api/v1/exchange/";
    pub(crate) const EXCHANGE: &str = "/authentication/api/v1/exchange/maskinporten";
    pub(crate) const ALTINN_ISSUER: &str = "/authentication/api/v1/openid/";
    pub(crate) const ALTINN_OPENID: &str = "/authentication/api/v1/openid/.well-known/openid-configuration";
    /// What Altinn's metadata names and this emulator does not serve: how people sign in.
    pub(crate) const ALTINN_AUTHORIZE: &str = "/authentication/api/v1/authorize/";
    pub(crate) const ALTINN_TOKEN: &str = "/authentication/api/v1/token/";
    pub(crate) const ALTINN_END_SESSION: &str = "/authentication/api/v1/openid/logout/";
    pub(crate) const ALTINN_JWKS: &str = "/authentication/api/v1/openid/.well-known/openid-configuration/jwks";
}
