//! What settings say, for whoever shows or checks them. No secret among it.

use super::{KeySetting, MaskinportenSettings};
use crate::authority::Environment;
use crate::transport::Plain;

impl MaskinportenSettings {
    /// What looks wrong but stops nothing.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The section that they were read from.
    #[must_use]
    pub fn section(&self) -> Option<&str> {
        self.place.section()
    }

    /// The client's id.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Who issues the tokens.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.issuing.environment
    }

    /// The issuer that is set in place of the environment's own.
    #[must_use]
    pub fn configured_issuer(&self) -> Option<&str> {
        self.issuing.issuer.as_deref()
    }

    /// The token endpoint that is set in place of the environment's own.
    #[must_use]
    pub fn configured_token_endpoint(&self) -> Option<&str> {
        self.issuing.token_endpoint.as_deref()
    }

    /// Where the key is set, such as `MaskinportenSettings.EncodedJwk`; never the key itself.
    #[must_use]
    pub fn key_setting(&self) -> Option<&str> {
        self.key.as_ref().and_then(KeySetting::name)
    }

    /// Where the second key is set.
    #[must_use]
    pub fn second_key_setting(&self) -> Option<&str> {
        self.second.as_ref().and_then(KeySetting::name)
    }

    /// The scopes of a request that names none, as they are set.
    #[must_use]
    pub fn default_scope(&self) -> Option<&str> {
        self.scopes.as_deref()
    }

    /// The `resource` of a request that has none.
    #[must_use]
    pub fn default_resource(&self) -> Option<&str> {
        self.resource.as_deref()
    }

    /// The `consumer_org` of a request that has none.
    #[must_use]
    pub fn default_consumer_org(&self) -> Option<&str> {
        self.consumer_org.as_deref()
    }

    /// Whether tokens are exchanged for Altinn's.
    #[must_use]
    pub fn exchanges_to_altinn_token(&self) -> bool {
        self.exchange
    }

    /// Altinn's environment or a platform's address, where one is set.
    #[must_use]
    pub fn configured_exchange_environment(&self) -> Option<&str> {
        self.exchange_environment.as_deref()
    }

    /// Whether tokens are exchanged as Altinn's test organisation `ttd`.
    #[must_use]
    pub fn uses_altinn_test_org(&self) -> bool {
        self.use_altinn_test_org
    }

    /// Whether a caller's own `Authorization` header is replaced.
    #[must_use]
    pub fn overwrites_authorization_header(&self) -> bool {
        self.overwrite_authorization_header
    }

    /// Whether assertions are logged, without their signature.
    #[must_use]
    pub fn logs_debug(&self) -> bool {
        self.debug_logging
    }

    /// Whether hosts other than this machine may be asked without TLS.
    #[must_use]
    pub fn allows_insecure_http(&self) -> bool {
        self.issuing.plain == Plain::Anywhere
    }
}
