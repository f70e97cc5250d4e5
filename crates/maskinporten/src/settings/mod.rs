//! Settings: those of the .NET libraries, under their names, so that an app moves over without touching its files or its vault.

mod absent;
mod app_secrets;
mod getters;
mod mixed;
mod nais;
mod place;
mod raw;
mod read;
mod setters;
mod spelling;
mod start;

use std::fmt;
use std::sync::Arc;

use secrecy::ExposeSecret as _;

use crate::authority::{Environment, Issuing};
use crate::error::{Error, ErrorKind, Stage};
use crate::key::{FileKey, KeySource, Keys, SettingsKey, SigningKey};
use crate::request::TokenRequest;
use crate::slip::{self, Slip};
pub use app_secrets::AppSecrets;
use place::Place;

/// Settings of one client.
///
/// | setting | meaning |
/// |---|---|
/// | `ClientId` | the client's id: `iss` of the assertion |
/// | `Scope` | the scopes of a request that names none, separated by spaces |
/// | `Environment` | `prod` or `test`, `skyporten`, `skyporten-test`, or an authority's URL |
/// | `Authority` | an authority's URL, instead of `Environment` |
/// | `Issuer` | the issuer's name (`aud`), where it is not what `Environment` or the authority's metadata says |
/// | `TokenEndpoint` | where tokens are asked for, where it is not what `Environment` or the authority's metadata says: a gateway's. With `Issuer` beside it neither `Environment` nor metadata is needed |
/// | `AllowInsecureHttp` | authority, token endpoint, exchange and APIs may be asked over plain `http` on other hosts than this one, as in docker-compose; told at WARN |
/// | `Resource`, `ConsumerOrgNo` | the claims `resource` and `consumer_org` of a request that has none |
/// | `EncodedJwk`, `JwkBase64` | the private key in any spelling that [`SigningKey::read`] takes |
/// | `Jwk`, `Jwks` | the same as a section |
/// | `EncodedX509` | a certificate and its key, PKCS#12 in base64 |
/// | `CertificatePkcs12Path` | the same as a file |
/// | `CertificatePkcs12Password` | the password of either, if it has one |
/// | `Kid` | the `kid` that the key or the certificate is registered under: instead of the JWK's own, or of sending the certificate itself (`x5c`) |
/// | `SecondEncodedJwk` | another key that is registered with the client, with its own `kid`, in the same spellings: used while Maskinporten does not know the first, for 15 minutes at most; told at WARN |
/// | `ExhangeToAltinnToken` (so spelt), `ExchangeToAltinnToken` | exchange tokens for Altinn's |
/// | `TokenExchangeEnvironment` | `prod`, `tt02` (also as `test`, `ver1` and `ver2`), `at21` to `at24`, `yt01`, or the address of a platform or of its exchange; by default the one that goes with `Environment` |
/// | `UseAltinnTestOrg` | exchange as `ttd`, where the organisation is `digdir` |
/// | `OverwriteAuthorizationHeader` | replace a caller's own `Authorization` header |
/// | `EnableDebugLogging`, `EnableDebugLog` | log each assertion without its signature |
///
/// White space around a value is none of it, in a section as in code, and what is blank is not set. An address may be that of the
/// authority or the platform, or of one of its endpoints. A placeholder, quotes, a reference that nobody resolved and what cannot be seen
/// are errors that name the setting, before anything is sent.
///
/// A setter of a text takes an `Option` of one as well: `None` leaves what is there, and a blank text takes it away.
///
/// Its `Debug` shows no secret.
///
/// In code, where they are not in a configuration ([`from_config`](Self::from_config)):
///
/// ```
/// use maskinporten::{Environment, KeyOptions, MaskinportenSettings};
///
/// let settings = MaskinportenSettings::new("0ab1", Environment::Test)
///     .scope("altinn:serviceowner/instances.read")
///     .exchange_to_altinn_token(true)
///     .key_file("/mnt/secrets/key.pem", KeyOptions::new().kid("2026-1"));
/// assert_eq!(settings.client_id(), "0ab1");
/// ```
#[derive(Clone)]
pub struct MaskinportenSettings {
    pub(crate) client_id: String,
    pub(crate) issuing: Issuing,
    pub(crate) scopes: Option<String>,
    pub(crate) resource: Option<String>,
    pub(crate) consumer_org: Option<String>,
    pub(crate) key: Option<KeySetting>,
    /// The key, where it was read together with the settings.
    signing_key: Option<SigningKey>,
    /// A key to use while the first is not known.
    second: Option<KeySetting>,
    pub(crate) exchange: bool,
    pub(crate) exchange_environment: Option<String>,
    pub(crate) use_altinn_test_org: bool,
    pub(crate) overwrite_authorization_header: bool,
    pub(crate) debug_logging: bool,
    /// Where they were read, for what an error says.
    pub(crate) place: Place,
    warnings: Vec<String>,
}

/// The key, as the settings name it.
#[derive(Debug, Clone)]
pub(crate) enum KeySetting {
    Text(SettingsKey),
    File(FileKey),
}

impl KeySetting {
    fn read(&self) -> Result<SigningKey, Error> {
        match self {
            Self::Text(key) => key.read(),
            Self::File(key) => key.read(),
        }
    }

    /// Where it is set.
    fn name(&self) -> Option<&str> {
        match self {
            Self::Text(key) => Some(&key.setting),
            Self::File(key) => key.setting(),
        }
    }

    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => one.is(other),
            (Self::File(one), Self::File(other)) => one.is(other),
            _ => false,
        }
    }
}

impl MaskinportenSettings {
    /// Settings in code: the client, and who issues its tokens. A key is added with [`key`](Self::key) or given as a
    /// [`KeySource`](crate::KeySource) to the client.
    pub fn new(client_id: impl Into<String>, environment: Environment) -> Self {
        Self {
            client_id: client_id.into().trim().to_owned(),
            issuing: environment.into(),
            scopes: None,
            resource: None,
            consumer_org: None,
            key: None,
            signing_key: None,
            second: None,
            exchange: false,
            exchange_environment: None,
            use_altinn_test_org: false,
            overwrite_authorization_header: false,
            debug_logging: false,
            place: Place::Code,
            warnings: Vec::new(),
        }
    }

    /// The request that the settings describe: what serves where a caller says nothing.
    #[must_use]
    pub fn token_request(&self) -> TokenRequest {
        let mut request = TokenRequest::new(&self.scopes);
        if let Some(resource) = &self.resource {
            request = request.resource(resource);
        }
        if let Some(organisation) = &self.consumer_org {
            request = request.consumer_org(organisation);
        }
        request
    }

    /// The key of the settings: as it was read with them, or read and checked now.
    ///
    /// # Errors
    /// [`ErrorKind::Key`] with what is wrong with it; [`ErrorKind::Settings`] if there is none.
    pub fn signing_key(&self) -> Result<SigningKey, Error> {
        if let Some(key) = &self.signing_key {
            return Ok(key.clone());
        }
        match &self.key {
            Some(key) => key.read(),
            None => Err(
                Error::new(ErrorKind::Settings, Stage::Settings, "there is no signing key").with_remedy(
                    "set `EncodedJwk`, `JwkBase64`, `EncodedX509` or `CertificatePkcs12Path`, or give the client a key source",
                ),
            ),
        }
    }

    /// The keys are said in the same words.
    pub(crate) fn has_keys_of(&self, before: &Self) -> bool {
        is_same(self.key.as_ref(), before.key.as_ref()) && is_same(self.second.as_ref(), before.second.as_ref())
    }

    /// What an error about missing scopes names, where it is not code.
    pub(crate) fn scope_setting(&self) -> Option<String> {
        (self.place != Place::Code).then(|| self.place.path("Scope"))
    }

    /// What is not as in `before`, by name. Where nothing is named, they are the same.
    pub(crate) fn changes(&self, before: &Self) -> Vec<&'static str> {
        let changed = [
            ("ClientId", self.client_id != before.client_id),
            ("Environment", self.issuing.environment != before.issuing.environment),
            ("Issuer", self.issuing.issuer != before.issuing.issuer),
            (
                "TokenEndpoint",
                self.issuing.token_endpoint != before.issuing.token_endpoint,
            ),
            ("AllowInsecureHttp", self.issuing.plain != before.issuing.plain),
            ("Scope", self.scopes != before.scopes),
            ("Resource", self.resource != before.resource),
            ("ConsumerOrgNo", self.consumer_org != before.consumer_org),
            ("the key", !is_same(self.key.as_ref(), before.key.as_ref())),
            ("the second key", !is_same(self.second.as_ref(), before.second.as_ref())),
            ("ExchangeToAltinnToken", self.exchange != before.exchange),
            (
                "TokenExchangeEnvironment",
                self.exchange_environment != before.exchange_environment,
            ),
            (
                "UseAltinnTestOrg",
                self.use_altinn_test_org != before.use_altinn_test_org,
            ),
            (
                "OverwriteAuthorizationHeader",
                self.overwrite_authorization_header != before.overwrite_authorization_header,
            ),
            ("EnableDebugLogging", self.debug_logging != before.debug_logging),
        ];
        let names = changed.into_iter().filter(|(_, changed)| *changed);
        names.map(|(name, _)| name).collect()
    }

    /// What a section is refused for as well, and no constructor could refuse.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let problem = match slip::of(&self.client_id) {
            Some(slip @ Slip::Secret(_)) => {
                format!("{slip}; set it to the client's id, and give the key apart from it")
            }
            Some(slip) => slip.to_string(),
            None if self.client_id.is_empty() => "is blank; set it to the client's id, as it is registered".to_owned(),
            None => return self.issuing.check(),
        };
        let cause = format!("`ClientId`: {problem}");
        Err(Error::new(ErrorKind::Settings, Stage::Settings, cause))
    }

    /// The keys of a client with these settings: its own source's, loaded when first asked for, or the settings' own, checked.
    pub(crate) fn keys(&self, source: Option<Arc<dyn KeySource>>) -> Result<Keys, Error> {
        if let Some(source) = source {
            return Ok(Keys::new(source, None));
        }
        let first = self.signing_key()?;
        let source: Arc<dyn KeySource> = match &self.key {
            Some(KeySetting::Text(key)) => Arc::new(key.clone()),
            Some(KeySetting::File(key)) => Arc::new(key.clone()),
            None => Arc::new(first.clone()),
        };
        let second = self.second.as_ref().map(KeySetting::read).transpose()?;
        let keys = Keys::new(source, Some(first)).named(self.key.as_ref().and_then(KeySetting::name));
        Ok(keys.with_second(second))
    }
}

fn is_same(one: Option<&KeySetting>, other: Option<&KeySetting>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.is(other),
        (one, other) => one.is_none() && other.is_none(),
    }
}

impl fmt::Debug for MaskinportenSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = match &self.key {
            Some(KeySetting::Text(key)) if !key.text.expose_secret().is_empty() => Some(key.setting.as_str()),
            Some(KeySetting::File(_)) => Some("file"),
            _ => None,
        };
        // Not checked yet: an address may hold a password.
        f.debug_struct("MaskinportenSettings")
            .field("client_id", &slip::shown(&self.client_id))
            .field("environment", &self.issuing.environment)
            .field("issuer", &self.issuing.issuer.as_deref().map(slip::shown))
            .field(
                "token_endpoint",
                &self.issuing.token_endpoint.as_deref().map(slip::shown),
            )
            .field("allow_insecure_http", &self.allows_insecure_http())
            .field("token_request", &self.token_request())
            .field("key", &key)
            .field("second_key", &self.second_key_setting())
            .field("exchange", &self.exchange)
            .field(
                "exchange_environment",
                &self.exchange_environment.as_deref().map(slip::shown),
            )
            .field("use_altinn_test_org", &self.use_altinn_test_org)
            .field("overwrite_authorization_header", &self.overwrite_authorization_header)
            .field("debug_logging", &self.debug_logging)
            .field("warnings", &self.warnings)
            .finish()
    }
}
