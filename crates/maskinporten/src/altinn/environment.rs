//! Where the exchange is.

use std::fmt;
use std::str::FromStr;

use url::{Position, Url};

use crate::error::{Error, ErrorKind, Stage};
use crate::transport::{self, Plain};
use crate::{quoted, slip};

/// What the exchange's address adds to the platform's.
const EXCHANGE: [&str; 5] = ["authentication", "api", "v1", "exchange", "maskinporten"];

/// An environment of the Altinn platform. Each takes the tokens of one Maskinporten environment.
///
/// An address with a user or a password in it is refused where it is used, and shown without.
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
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AltinnEnvironment {
    /// `prod`: `https://platform.altinn.no`.
    Prod,
    /// `tt02`, the test environment that is open to all, and the one that goes with Maskinporten's `test`:
    /// `https://platform.tt02.altinn.no`.
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
            Self::Custom(url) => platform(url),
        }
    }

    /// Where a Maskinporten token is exchanged. `test_org` makes Digdir's own organisation the test organisation `ttd`.
    pub(crate) fn endpoint(&self, test_org: bool) -> String {
        let query = if test_org { "?test=true" } else { "" };
        format!("{}/authentication/api/v1/exchange/maskinporten{query}", self.base())
    }

    /// An address that was not read from a text is held to the same rule.
    pub(crate) fn check(&self, plain: Plain) -> Result<(), Error> {
        match self {
            Self::Custom(url) => transport::is_endpoint(url, plain)
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

impl AltinnEnvironment {
    pub(crate) fn of_setting(text: &str, plain: Plain) -> Result<Self, Error> {
        Self::read(text, plain).map_err(|problem| {
            let cause = format!("the Altinn environment {problem}");
            Error::new(ErrorKind::Settings, Stage::Settings, cause)
                .with_remedy("write prod, tt02, at21, at22, at23, at24, yt01, or the https address of a platform")
        })
    }

    pub(crate) fn read(text: &str, plain: Plain) -> Result<Self, String> {
        let text = text.trim();
        if let Some(slip) = slip::of(text) {
            return Err(slip.to_string());
        }
        match text.to_ascii_lowercase().as_str() {
            "production" => return Ok(Self::Prod),
            // Names of Maskinporten's, which .NET takes here as the platform that goes with them.
            "test" | "ver1" | "ver2" => return Ok(Self::Tt02),
            _ => {}
        }
        if let Some(known) = Self::NAMED.iter().find(|known| known.name().eq_ignore_ascii_case(text)) {
            return Ok(known.clone());
        }
        let unknown = "is none of `prod`, `tt02`, `at21` to `at24` and `yt01`, nor the address of a platform";
        let Ok(url) = Url::parse(text) else {
            return Err(unknown.to_owned());
        };
        // The token goes there.
        transport::is_endpoint(&url, plain).map_err(|problem| match url.query() {
            _ if quoted::names_user(&url) => problem.to_owned(),
            Some("test=true") => "has a query; leave it out, and set `UseAltinnTestOrg` instead".to_owned(),
            _ => format!("{unknown}, which {problem}"),
        })?;
        let base = platform(&url);
        match Self::NAMED.iter().find(|known| known.base() == base) {
            Some(known) => Ok(known.clone()),
            None => Url::parse(base).map(Self::Custom).map_err(|_| unknown.to_owned()),
        }
    }
}

/// The platform's address, where the exchange's was given, or as much of it as other settings of the platform hold:
/// `…/authentication/api/v1`. One segment of it alone may be a path of a platform's own.
fn platform(url: &Url) -> &str {
    let path = url.path().trim_end_matches('/');
    let tails = (2..=EXCHANGE.len()).rev().map(|many| &EXCHANGE[..many]);
    let kept = tails.filter_map(|tail| before(path, tail)).next().unwrap_or(path);
    &url[..][..url[..Position::BeforePath].len() + kept.len()]
}

/// What stands before these segments at the end of a path.
fn before<'a>(path: &'a str, tail: &[&str]) -> Option<&'a str> {
    tail.iter().rev().try_fold(path, |path, segment| {
        let (before, last) = path.rsplit_once('/')?;
        last.eq_ignore_ascii_case(segment)
            .then_some(before.trim_end_matches('/'))
    })
}

/// Reads `TokenExchangeEnvironment`: a name, in any case, or the address of a platform, or of its exchange.
impl FromStr for AltinnEnvironment {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::of_setting(text, Plain::ThisMachine)
    }
}

impl fmt::Display for AltinnEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&quoted::address(self.name()))
    }
}

impl fmt::Debug for AltinnEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Custom(_) = self else {
            let mut name = self.name().to_owned();
            name[..1].make_ascii_uppercase();
            return f.write_str(&name);
        };
        f.debug_tuple("Custom").field(&self.to_string()).finish()
    }
}
