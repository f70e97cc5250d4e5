//! Which authority: the named ones as constants, any other by its address.

use std::fmt;
use std::str::FromStr;

use url::Url;

use super::pasted;
use crate::error::{Error, ErrorKind, Stage};
use crate::quoted;
use crate::slip::{self, Slip};
use crate::transport::{self, Plain};

/// Which authority issues the tokens.
///
/// An address with a user or a password in it is refused where it is used, and shown without.
///
/// ```
/// use maskinporten::{Environment, MaskinportenSettings};
///
/// let settings = MaskinportenSettings::new("0ab1", Environment::Test);
/// assert_eq!(Environment::parse("TEST")?, Environment::Test);
///
/// // Any other authority, by its address: its metadata says where tokens are.
/// assert!(matches!(Environment::parse("https://idp.example.no/")?, Environment::Other(_)));
/// assert!(Environment::parse("staging").is_err());
/// # Ok::<(), maskinporten::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Environment {
    /// `https://maskinporten.no/`.
    Prod,
    /// `https://test.maskinporten.no/`.
    Test,
    /// Skyporten's pilot, `https://sky.maskinporten.no`.
    SkyportenProd,
    /// Skyporten's pilot for tests, `https://test.sky.maskinporten.no`.
    SkyportenTest,
    /// Any other, by its base URL: issuer and token endpoint come from its metadata (RFC 8414).
    Other(Url),
    /// An issuer, verbatim, and its token endpoint, both known beforehand.
    Fixed {
        /// What goes into `aud`, to the letter.
        issuer: String,
        /// Where tokens are asked for.
        token_endpoint: Url,
    },
}

/// Where to ask for tokens, and in whose name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoints {
    pub(crate) issuer: String,
    pub(crate) token_endpoint: String,
}

impl Environment {
    /// Reads `prod` or `test` (in any case), `skyporten` or `skyporten-test`, or an authority's URL, which may be that of its metadata or
    /// of its token endpoint.
    ///
    /// # Errors
    /// [`ErrorKind::Settings`] for `ver1` and `ver2`, which were closed, for other names, and for a URL that is not https (http is
    /// taken for this machine; for another that is to be asked so all the same, there is [`Other`](Self::Other) and
    /// [`allow_insecure_http`](crate::MaskinportenSettings::allow_insecure_http)).
    pub fn parse(text: &str) -> Result<Self, Error> {
        Self::read(text, Plain::ThisMachine).map_err(|problem| {
            let cause = format!("the environment {problem}");
            Error::new(ErrorKind::Settings, Stage::Settings, cause)
        })
    }

    pub(crate) fn read(text: &str, plain: Plain) -> Result<Self, String> {
        let text = text.trim();
        match slip::of(text) {
            Some(slip @ Slip::Secret(_)) => return Err(format!("{slip}; use `prod`, `test` or an authority's URL")),
            Some(slip) => return Err(slip.to_string()),
            None => {}
        }
        match text.to_ascii_lowercase().as_str() {
            "prod" | "production" => return Ok(Self::Prod),
            "test" => return Ok(Self::Test),
            "skyporten" | "skyporten-prod" => return Ok(Self::SkyportenProd),
            "skyporten-test" => return Ok(Self::SkyportenTest),
            old @ ("ver1" | "ver2") => {
                return Err(format!(
                    "`{old}` was phased out by Digdir (ver2 on 10 June 2024); use `test`"
                ));
            }
            "tt02" => {
                return Err(
                    "is the name of an Altinn environment; the Maskinporten that goes with it is `test`".to_owned(),
                );
            }
            _ => {}
        }
        if !text.contains("://") {
            return Err("is neither `prod`, `test` nor an authority's URL, which begins with `https://`".to_owned());
        }
        let url = pasted::of_metadata(&endpoint(text, plain)?);
        let named = [Self::Prod, Self::Test, Self::SkyportenProd, Self::SkyportenTest];
        let (written, shorter) = pasted::meant(&url);
        let known = named.into_iter().find(|named| {
            let issuer = named.constants().map(|known| known.issuer);
            let is = |url: &Url| {
                issuer
                    .as_deref()
                    .is_some_and(|known| known.trim_end_matches('/') == url.as_str().trim_end_matches('/'))
            };
            is(&written) || shorter.as_ref().is_some_and(is)
        });
        match known {
            Some(known) => Ok(known),
            None if matches!(url.host_str(), Some("ver1.maskinporten.no" | "ver2.maskinporten.no")) => {
                Err("is an environment that Digdir phased out; use `test`".to_owned())
            }
            None => Ok(Self::Other(url)),
        }
    }

    /// What never changes is not asked for: metadata that is down must not stop a known environment.
    pub(crate) fn constants(&self) -> Option<Endpoints> {
        let known = |issuer: &str, token_endpoint: &str| {
            Some(Endpoints {
                issuer: issuer.to_owned(),
                token_endpoint: token_endpoint.to_owned(),
            })
        };
        match self {
            Self::Prod => known("https://maskinporten.no/", "https://maskinporten.no/token"),
            Self::Test => known("https://test.maskinporten.no/", "https://test.maskinporten.no/token"),
            // Skyporten's issuers have no slash at the end; with one they refuse the assertion (MP-110).
            Self::SkyportenProd => known("https://sky.maskinporten.no", "https://sky.maskinporten.no/token"),
            Self::SkyportenTest => known(
                "https://test.sky.maskinporten.no",
                "https://test.sky.maskinporten.no/token",
            ),
            Self::Fixed { issuer, token_endpoint } => known(issuer.trim(), token_endpoint.as_str()),
            Self::Other(_) => None,
        }
    }

    /// What is asked first: the metadata's host, or the token endpoint.
    pub(crate) fn address(&self) -> String {
        match self {
            Self::Other(url) => url.to_string(),
            known => known.constants().map(|known| known.token_endpoint).unwrap_or_default(),
        }
    }

    /// An address that did not come from [`parse`](Self::parse) is held to the same rule.
    pub(crate) fn check(&self, plain: Plain) -> Result<(), Error> {
        if let Self::Fixed { issuer, .. } = self {
            let problem = match slip::of(issuer) {
                Some(slip @ Slip::Secret(_)) => Some(format!("{slip}; set it as the authority's metadata has it")),
                Some(slip) => Some(slip.to_string()),
                None => issuer
                    .trim()
                    .is_empty()
                    .then(|| "is blank; set it as the authority's metadata has it".to_owned()),
            };
            if let Some(problem) = problem {
                let cause = format!("the issuer {problem}");
                return Err(Error::new(ErrorKind::Settings, Stage::Settings, cause));
            }
        }
        let (what, url) = match self {
            Self::Other(url) => ("the authority", url),
            Self::Fixed { token_endpoint, .. } => ("the token endpoint", token_endpoint),
            Self::Prod | Self::Test | Self::SkyportenProd | Self::SkyportenTest => return Ok(()),
        };
        transport::is_endpoint(url, plain).map_err(|problem| transport::no_endpoint(what, url, problem))?;
        match self {
            Self::Fixed { issuer, .. } if Url::parse(issuer).is_ok_and(|issuer| quoted::names_user(&issuer)) => {
                let cause = "the issuer is an address with a user or a password";
                Err(Error::new(ErrorKind::Settings, Stage::Settings, cause)
                    .with_remedy("give the issuer as the authority's metadata names it"))
            }
            _ => Ok(()),
        }
    }

    /// Production, test, or neither as far as anybody can tell.
    pub(crate) fn is_production(&self) -> Option<bool> {
        match self {
            Self::Prod | Self::SkyportenProd => Some(true),
            Self::Test | Self::SkyportenTest => Some(false),
            Self::Other(_) | Self::Fixed { .. } => None,
        }
    }
}

/// As [`Environment::parse`].
impl FromStr for Environment {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prod => f.write_str("prod"),
            Self::Test => f.write_str("test"),
            Self::SkyportenProd => f.write_str("skyporten"),
            Self::SkyportenTest => f.write_str("skyporten-test"),
            Self::Other(url) => f.write_str(&quoted::address(url.as_str())),
            Self::Fixed { issuer, .. } => f.write_str(&quoted::address(issuer)),
        }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prod => f.write_str("Prod"),
            Self::Test => f.write_str("Test"),
            Self::SkyportenProd => f.write_str("SkyportenProd"),
            Self::SkyportenTest => f.write_str("SkyportenTest"),
            Self::Other(url) => f.debug_tuple("Other").field(&quoted::address(url.as_str())).finish(),
            Self::Fixed { issuer, token_endpoint } => f
                .debug_struct("Fixed")
                .field("issuer", &quoted::address(issuer))
                .field("token_endpoint", &quoted::address(token_endpoint.as_str()))
                .finish(),
        }
    }
}

/// A URL that an assertion may be sent to.
pub(crate) fn endpoint(text: &str, plain: Plain) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|_| "is no URL".to_owned())?;
    transport::is_endpoint(&url, plain)?;
    Ok(url)
}
