//! Where the exchange is.

use std::fmt;
use std::str::FromStr;

use url::Url;

use crate::error::{Error, ErrorKind, Stage};
use crate::transport;

/// An environment of the Altinn platform. Each takes the tokens of one Maskinporten environment.
///
/// ```
/// use maskinporten::AltinnEnvironment;
///
/// let environment: AltinnEnvironment = "tt02".parse()?; // as in `TokenExchangeEnvironment`
/// assert_eq!(environment.base(), "https://platform.tt02.altinn.no");
///
/// let local: AltinnEnvironment = "https://platform.local.test".parse()?; // a platform of your own
/// assert_eq!(local.base(), "https://platform.local.test");
/// # Ok::<(), maskinporten::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AltinnEnvironment {
    /// `prod`: `https://platform.altinn.no`.
    Prod,
    /// `tt02`, the test environment that is open to all: `https://platform.tt02.altinn.no`.
    Tt02,
    /// `at21`, one of Altinn's own: `https://platform.at21.altinn.cloud`.
    At21,
    /// `at22`.
    At22,
    /// `at23`.
    At23,
    /// `at24`.
    At24,
    /// `yt01`, for performance tests: `https://platform.yt01.altinn.cloud`.
    Yt01,
    /// A platform at another address: an emulator, a local test platform.
    Custom(Url),
}

impl AltinnEnvironment {
    const NAMED: [Self; 7] = [
        Self::Prod,
        Self::Tt02,
        Self::At21,
        Self::At22,
        Self::At23,
        Self::At24,
        Self::Yt01,
    ];

    /// The platform's address.
    #[must_use]
    pub fn base(&self) -> &str {
        match self {
            Self::Prod => "https://platform.altinn.no",
            Self::Tt02 => "https://platform.tt02.altinn.no",
            Self::At21 => "https://platform.at21.altinn.cloud",
            Self::At22 => "https://platform.at22.altinn.cloud",
            Self::At23 => "https://platform.at23.altinn.cloud",
            Self::At24 => "https://platform.at24.altinn.cloud",
            Self::Yt01 => "https://platform.yt01.altinn.cloud",
            Self::Custom(url) => url.as_str().trim_end_matches('/'),
        }
    }

    /// Where a Maskinporten token is exchanged. `test_org` makes Digdir's own organisation the test organisation `ttd`.
    pub(crate) fn endpoint(&self, test_org: bool) -> String {
        let query = if test_org { "?test=true" } else { "" };
        format!("{}/authentication/api/v1/exchange/maskinporten{query}", self.base())
    }

    /// An address that was not read from a text is held to the same rule.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self {
            Self::Custom(url) => transport::is_endpoint(url)
                .map_err(|problem| transport::no_endpoint("the Altinn platform", url, problem)),
            _ => Ok(()),
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Prod => "prod",
            Self::Tt02 => "tt02",
            Self::At21 => "at21",
            Self::At22 => "at22",
            Self::At23 => "at23",
            Self::At24 => "at24",
            Self::Yt01 => "yt01",
            Self::Custom(url) => url.as_str(),
        }
    }
}

/// Reads `TokenExchangeEnvironment`: a name, in any case, or the address of a platform.
impl FromStr for AltinnEnvironment {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        if let Some(known) = Self::NAMED.iter().find(|known| known.name().eq_ignore_ascii_case(text)) {
            return Ok(known.clone());
        }
        let unknown = || {
            Error::new(
                ErrorKind::Settings,
                Stage::Settings,
                format!("there is no Altinn environment {text:?}"),
            )
            .with_remedy("write prod, tt02, at21, at22, at23, at24, yt01, or the https address of a platform")
        };
        let url = Url::parse(text).map_err(|_| unknown())?;
        // The token goes there.
        match transport::is_endpoint(&url) {
            Ok(()) => Ok(Self::Custom(url)),
            Err(_) => Err(unknown()),
        }
    }
}

impl fmt::Display for AltinnEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
