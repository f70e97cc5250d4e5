//! Registered clients: what is told of them, and what a caller gets.

mod registry;

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::key::ClientKey;

pub(crate) use registry::Registry;

/// The organisation of the default client: the Norwegian Digitalisation Agency (`digdir`).
pub(crate) const DEFAULT_ORG: &str = "991825827";

/// A client to register: an integration in Maskinporten's self-service.
///
/// ```
/// use std::time::Duration;
///
/// use maskinporten_emulator::{ClientSpec, MaskinportenEmulator};
///
/// let emulator = MaskinportenEmulator::start_blocking()?;
/// let supplier = ClientSpec::new("supplier")
///     .org("974760673")
///     .scopes(["my:scope.read", "my:scope.write"])
///     .token_lifetime(Duration::from_secs(600));
/// let supplier = emulator.register(supplier);
/// assert_eq!(supplier.org(), "974760673");
/// emulator.delegate("my:scope.read", "991825827"); // so that it may ask on behalf of that one
/// # Ok::<(), maskinporten_emulator::EmulatorError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct ClientSpec {
    pub(crate) client_id: String,
    pub(crate) org: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) keys: Vec<ClientKey>,
    pub(crate) token_lifetime: Option<Duration>,
    pub(crate) on_behalf_of: Vec<(String, String)>,
}

impl ClientSpec {
    /// A client of that id, of the organisation 991825827, without a scope. Without a key it gets a new one.
    pub fn new(client_id: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            org: DEFAULT_ORG.to_owned(),
            scopes: Vec::new(),
            keys: Vec::new(),
            token_lifetime: None,
            on_behalf_of: Vec::new(),
        }
    }

    /// What it may ask for: these too.
    pub fn scopes<S: AsRef<str>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes
            .extend(scopes.into_iter().map(|scope| scope.as_ref().to_owned()));
        self
    }

    /// The organisation that it belongs to: nine digits.
    pub fn org(mut self, org: impl Into<String>) -> Self {
        self.org = org.into();
        self
    }

    /// A key that it may sign with: this one too, up to five.
    ///
    /// A client whose keys all have certificates has registered none: it sends `x5c`, and any other must send `kid`
    /// (<https://docs.digdir.no/docs/Maskinporten/maskinporten_protocol_jwtgrant>).
    pub fn key(mut self, key: ClientKey) -> Self {
        self.keys.push(key);
        self
    }

    /// How long its tokens live (`access_token_lifetime`), in whole seconds.
    pub fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.token_lifetime = Some(lifetime);
        self
    }

    /// A value of the deprecated claim `iss_onbehalfof` that it may use, and the organisation that it stands for.
    pub fn on_behalf_of(mut self, id: impl Into<String>, org: impl Into<String>) -> Self {
        self.on_behalf_of.push((id.into(), org.into()));
        self
    }

    /// Whether its keys are registered with Maskinporten, as opposed to named in each assertion's `x5c`.
    pub(crate) fn has_registered_key(&self) -> bool {
        self.keys.iter().any(|key| key.leaf().is_none())
    }

    pub(crate) fn client(&self) -> Client {
        Client {
            client_id: self.client_id.clone(),
            org: self.org.clone(),
            scopes: self.scopes.clone(),
            // Registering sees to it that there is one.
            key: self.keys[self.keys.len() - 1].clone(),
        }
    }
}

/// A registered client, with the newest of its keys.
///
/// What an app under test is configured with:
///
/// ```
/// use maskinporten_emulator::MaskinportenEmulator;
///
/// let emulator = MaskinportenEmulator::start_blocking()?;
/// let client = emulator.client();
/// let settings = format!(
///     r#"{{ "MaskinportenSettings": {{ "Environment": "{}", "ClientId": "{}", "EncodedJwk": "{}" }} }}"#,
///     emulator.issuer(), client.client_id(), client.encoded_jwk(),
/// );
/// assert!(client.scopes().contains(&"altinn:serviceowner".to_owned()));
/// # assert!(settings.contains("localhost"));
/// # Ok::<(), maskinporten_emulator::EmulatorError>(())
/// ```
#[derive(Clone)]
pub struct Client {
    client_id: String,
    org: String,
    scopes: Vec<String>,
    key: ClientKey,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// What its assertions say in `iss`.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Its organisation: nine digits.
    #[must_use]
    pub fn org(&self) -> &str {
        &self.org
    }

    /// What it may ask for.
    #[must_use]
    pub fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// What it signs with.
    #[must_use]
    pub fn key(&self) -> &ClientKey {
        &self.key
    }

    /// Its private JWK in JSON; empty if the emulator only knows the public half.
    #[must_use]
    pub fn jwk_json(&self) -> String {
        self.key.jwk_json().unwrap_or_default()
    }

    /// Its private JWK as the setting `EncodedJwk` holds it: base64 (standard, padded) of the JSON.
    #[must_use]
    pub fn encoded_jwk(&self) -> String {
        STANDARD.encode(self.jwk_json())
    }
}
