//! Settings out of the variables that NAIS gives an app.

use super::MaskinportenSettings;
use super::place::{ALLOW_INSECURE_HTTP, CLIENT_ID, CLIENT_JWK, ISSUER, Place, SCOPES, TOKEN_ENDPOINT, WELL_KNOWN_URL};
use super::raw::Raw;
use super::read;
use crate::error::Error;
use crate::problem::SettingProblem;

/// Of its sidecar, texas; it may be set for an app as well.
const ENABLED: &str = "MASKINPORTEN_ENABLED";

impl MaskinportenSettings {
    /// Settings out of the variables that NAIS gives an app whose manifest enables Maskinporten: `MASKINPORTEN_CLIENT_ID`,
    /// `MASKINPORTEN_CLIENT_JWK` and `MASKINPORTEN_SCOPES`, and who issues the tokens by `MASKINPORTEN_ISSUER` and
    /// `MASKINPORTEN_TOKEN_ENDPOINT`, where nobody has to be asked, or by `MASKINPORTEN_WELL_KNOWN_URL` and its metadata.
    ///
    /// NAIS has no variable for what stands in for Maskinporten in docker-compose, over plain HTTP: ours is
    /// `MASKINPORTEN_ALLOW_INSECURE_HTTP`, which is as [`allow_insecure_http`](Self::allow_insecure_http).
    ///
    /// `variables` tells the value of a name: the process's, or a test's.
    ///
    /// ```
    /// use maskinporten::{Error, MaskinportenClient, MaskinportenSettings};
    ///
    /// fn client() -> Result<MaskinportenClient, Error> {
    ///     let settings = MaskinportenSettings::from_nais(|name| std::env::var(name).ok())?;
    ///     MaskinportenClient::from_settings(settings.exchange_to_altinn_token(true)) // what NAIS does not say
    /// }
    ///
    /// # let emulator = maskinporten_emulator::MaskinportenEmulator::start_blocking()?;
    /// # let jwk = emulator.client().encoded_jwk();
    /// let variables = std::collections::HashMap::from([
    ///     ("MASKINPORTEN_CLIENT_ID", "0ab1"),
    ///     ("MASKINPORTEN_CLIENT_JWK", jwk.as_str()),
    ///     ("MASKINPORTEN_WELL_KNOWN_URL", "https://test.maskinporten.no/.well-known/oauth-authorization-server"),
    /// ]);
    /// let settings = MaskinportenSettings::from_nais(|name| variables.get(name).map(ToString::to_string))?;
    /// assert_eq!(*settings.environment(), maskinporten::Environment::Test);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Settings`](crate::ErrorKind::Settings) with every problem at once, by the names of the variables, also where
    /// `MASKINPORTEN_ENABLED` says `false`; [`ErrorKind::Key`](crate::ErrorKind::Key) if the key is all that is wrong.
    pub fn from_nais(variables: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let enabled = variables(ENABLED).unwrap_or_default();
        if matches!(enabled.trim().to_ascii_lowercase().as_str(), "false" | "0") {
            let problem = format!("`{ENABLED}`: is `false`; enable `maskinporten` in the app's manifest");
            return Err(read::failed(vec![SettingProblem::new(None, &problem)]));
        }
        let raw = Raw {
            client_id: variables(CLIENT_ID),
            encoded_jwk: variables(CLIENT_JWK).map(Into::into),
            scope: variables(SCOPES),
            authority: variables(WELL_KNOWN_URL),
            issuer: variables(ISSUER),
            token_endpoint: variables(TOKEN_ENDPOINT),
            allow_insecure_http: variables(ALLOW_INSECURE_HTTP),
            ..Raw::default()
        };
        read::judged(raw, &Place::Nais).inspect(Self::tell)
    }
}
