//! Settings in code, one by one.

use std::path::PathBuf;

use secrecy::SecretString;

use super::{KeySetting, MaskinportenSettings};
use crate::given::{self, OptionalText};
use crate::key::{FileKey, KeyOptions, SettingsKey};
use crate::transport::Plain;

impl MaskinportenSettings {
    /// The private key, in any spelling that [`SigningKey::read`](crate::SigningKey::read) takes.
    #[must_use]
    pub fn key(mut self, text: impl Into<SecretString>, options: KeyOptions) -> Self {
        self.signing_key = None;
        self.key = Some(KeySetting::Text(SettingsKey {
            setting: "key".to_owned(),
            text: text.into(),
            options,
        }));
        self
    }

    /// A file that holds the private key.
    #[must_use]
    pub fn key_file(mut self, path: impl Into<PathBuf>, options: KeyOptions) -> Self {
        self.signing_key = None;
        self.key = Some(KeySetting::File(FileKey::new(path, options)));
        self
    }

    /// Another key that is registered with the client. It is used while Maskinporten does not know the first, or says that it has
    /// expired, for 15 minutes from when it is first needed, which is told at WARN; then the first one's error comes through. It
    /// stands in for the settings' own key, and for none of a [`KeySource`](crate::KeySource) that the client is given.
    #[must_use]
    pub fn second_key(mut self, text: impl Into<SecretString>, options: KeyOptions) -> Self {
        self.second = Some(KeySetting::Text(SettingsKey {
            setting: "second_key".to_owned(),
            text: text.into(),
            options,
        }));
        self
    }

    /// The issuer's name (`aud`), to the letter, where it is another than the environment or its metadata says: that of a mock under
    /// another name. Metadata of this issuer is then as good as that of the authority that is asked.
    #[must_use]
    pub fn issuer(mut self, issuer: impl OptionalText) -> Self {
        set(&mut self.issuing.issuer, issuer);
        self
    }

    /// Where tokens are asked for, where it is not where the environment or its metadata says: a gateway. The issuer stays.
    #[must_use]
    pub fn token_endpoint(mut self, url: impl OptionalText) -> Self {
        set(&mut self.issuing.token_endpoint, url);
        self
    }

    /// Lets authority, token endpoint, exchange and APIs be asked over plain HTTP on other hosts than this one: for tests in a network
    /// of their own, such as docker-compose. What goes there can be read, and used, by whoever is on the way; it is told at WARN when a
    /// client is built.
    #[must_use]
    pub fn allow_insecure_http(mut self, allowed: bool) -> Self {
        self.issuing.plain = match allowed {
            true => Plain::Anywhere,
            false => Plain::ThisMachine,
        };
        self
    }

    /// The scopes of a request that names none, separated by spaces.
    #[must_use]
    pub fn scope(mut self, scopes: impl OptionalText) -> Self {
        set(&mut self.scopes, scopes);
        self
    }

    /// The `resource` of a request that has none.
    #[must_use]
    pub fn resource(mut self, resource: impl OptionalText) -> Self {
        set(&mut self.resource, resource);
        self
    }

    /// The `consumer_org` of a request that has none.
    #[must_use]
    pub fn consumer_org(mut self, organisation: impl OptionalText) -> Self {
        set(&mut self.consumer_org, organisation);
        self
    }

    /// Exchange tokens for Altinn's.
    #[must_use]
    pub fn exchange_to_altinn_token(mut self, exchange: bool) -> Self {
        self.exchange = exchange;
        self
    }

    /// Altinn's environment, where it is not the one that goes with Maskinporten's: `tt02`, `at22`, `yt01`, or a platform's address.
    #[must_use]
    pub fn token_exchange_environment(mut self, environment: impl OptionalText) -> Self {
        set(&mut self.exchange_environment, environment);
        self
    }

    /// Exchange as Altinn's test organisation `ttd`.
    #[must_use]
    pub fn use_altinn_test_org(mut self, test_org: bool) -> Self {
        self.use_altinn_test_org = test_org;
        self
    }

    /// Replace a caller's own `Authorization` header; by default it stays.
    #[must_use]
    pub fn overwrite_authorization_header(mut self, overwrite: bool) -> Self {
        self.overwrite_authorization_header = overwrite;
        self
    }

    /// Log each assertion's header and claims, without its signature.
    #[must_use]
    pub fn debug_logging(mut self, debug: bool) -> Self {
        self.debug_logging = debug;
        self
    }
}

/// `None` leaves what is there; what is blank takes it away.
fn set(place: &mut Option<String>, text: impl OptionalText) {
    if let Some(text) = given::text(text) {
        *place = given::filled(text);
    }
}
