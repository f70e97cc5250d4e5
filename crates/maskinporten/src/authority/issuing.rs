//! Who issues the tokens, with what is said in place of what the authority says itself.

use url::Url;

use super::environment::{Endpoints, Environment, endpoint};
use crate::error::{Error, ErrorKind, Stage};
use crate::quoted;
use crate::slip::{self, Slip};
use crate::transport::Plain;

/// An environment, and its issuer and token endpoint where they are others than it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Issuing {
    pub(crate) environment: Environment,
    /// What goes into `aud`, to the letter.
    pub(crate) issuer: Option<String>,
    /// Where tokens are asked for.
    pub(crate) token_endpoint: Option<String>,
    pub(crate) plain: Plain,
}

impl From<Environment> for Issuing {
    fn from(environment: Environment) -> Self {
        Self {
            environment,
            issuer: None,
            token_endpoint: None,
            plain: Plain::default(),
        }
    }
}

impl Issuing {
    /// What is known without asking anybody.
    pub(crate) fn constants(&self) -> Option<Endpoints> {
        let known = self.environment.constants();
        let (issuer, token_endpoint) = match known {
            Some(known) => (Some(known.issuer), Some(known.token_endpoint)),
            None => (None, None),
        };
        Some(Endpoints {
            issuer: self.issuer.clone().or(issuer)?,
            token_endpoint: self.token_endpoint.clone().or(token_endpoint)?,
        })
    }

    /// What is asked first: the metadata's host, or the token endpoint.
    pub(crate) fn address(&self) -> String {
        match self.constants() {
            Some(known) => known.token_endpoint,
            None => self.environment.address(),
        }
    }

    /// An address that did not come from a section is held to the same rule.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let wrong = |name: &str, problem: String| {
            Error::new(ErrorKind::Settings, Stage::Settings, format!("`{name}`: {problem}"))
        };
        // An environment that stands for these two only is checked as well.
        self.environment.check(self.plain)?;
        if let Some(issuer) = &self.issuer {
            named(issuer).map_err(|problem| wrong("Issuer", problem))?;
        }
        if let Some(text) = &self.token_endpoint {
            asked(text, self.plain).map_err(|problem| wrong("TokenEndpoint", problem))?;
        }
        Ok(())
    }
}

/// The name of an issuer (RFC 8414, section 2): never asked, so what it begins with is its own business.
pub(crate) fn named(issuer: &str) -> Result<(), String> {
    const AS_IT_IS: &str = "set it as the authority's metadata has it";
    match slip::of(issuer) {
        Some(slip @ Slip::Secret(_)) => return Err(format!("{slip}; {AS_IT_IS}")),
        Some(slip) => return Err(slip.to_string()),
        None => {}
    }
    match Url::parse(issuer) {
        Ok(url) if quoted::names_user(&url) => Err(format!("is an address with a user or a password; {AS_IT_IS}")),
        Ok(url) if url.has_host() && (url.query().is_some() || url.fragment().is_some()) => {
            Err(format!("must have neither query nor fragment; {AS_IT_IS}"))
        }
        Ok(_) => Ok(()),
        Err(_) => Err(format!("is no URL; {AS_IT_IS}")),
    }
}

/// A token endpoint.
pub(crate) fn asked(text: &str, plain: Plain) -> Result<(), String> {
    match slip::of(text) {
        Some(slip @ Slip::Secret(_)) => Err(format!("{slip}; set it to the URL where tokens are asked for")),
        Some(slip) => Err(slip.to_string()),
        None => endpoint(text, plain).map(drop),
    }
}
