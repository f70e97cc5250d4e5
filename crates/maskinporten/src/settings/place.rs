//! Where settings were read: what an error calls them.

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
        "ClientId" => super::nais::CLIENT_ID,
        "EncodedJwk" => super::nais::CLIENT_JWK,
        "Scope" => super::nais::SCOPES,
        "Environment" | "Authority" => super::nais::WELL_KNOWN_URL,
        "Issuer" => super::nais::ISSUER,
        "TokenEndpoint" => super::nais::TOKEN_ENDPOINT,
        // What NAIS has no variable for is set in code.
        other => other,
    }
}
