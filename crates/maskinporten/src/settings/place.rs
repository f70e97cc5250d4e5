//! Where settings were read: what an error calls them.

// The variables of NAIS.
pub(super) const CLIENT_ID: &str = "MASKINPORTEN_CLIENT_ID";
pub(super) const CLIENT_JWK: &str = "MASKINPORTEN_CLIENT_JWK";
pub(super) const SCOPES: &str = "MASKINPORTEN_SCOPES";
pub(super) const WELL_KNOWN_URL: &str = "MASKINPORTEN_WELL_KNOWN_URL";
pub(super) const ISSUER: &str = "MASKINPORTEN_ISSUER";
/// Of ours: NAIS has none for it.
pub(super) const ALLOW_INSECURE_HTTP: &str = "MASKINPORTEN_ALLOW_INSECURE_HTTP";
pub(super) const TOKEN_ENDPOINT: &str = "MASKINPORTEN_TOKEN_ENDPOINT";

/// Whoever reads the error looks there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// They were made in code.
    Code,
    /// A section of the configuration.
    Section(String),
    /// The variables that NAIS gives an app.
    Nais,
}

impl Place {
    /// What a setting is called there.
    pub(crate) fn path(&self, name: &str) -> String {
        match self {
            Self::Code => name.to_owned(),
            Self::Section(section) => format!("{section}.{name}"),
            Self::Nais => variable(name).to_owned(),
        }
    }

    pub(super) fn section(&self) -> Option<&str> {
        match self {
            Self::Section(section) => Some(section),
            Self::Code | Self::Nais => None,
        }
    }
}

fn variable(name: &str) -> &str {
    match name {
        "ClientId" => CLIENT_ID,
        "EncodedJwk" => CLIENT_JWK,
        "Scope" => SCOPES,
        "Environment" | "Authority" => WELL_KNOWN_URL,
        "Issuer" => ISSUER,
        "TokenEndpoint" => TOKEN_ENDPOINT,
        "AllowInsecureHttp" => ALLOW_INSECURE_HTTP,
        // What NAIS has no variable for is set in code.
        other => other,
    }
}
