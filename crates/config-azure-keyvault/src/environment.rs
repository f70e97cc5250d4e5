//! Which environment are we in? .NET's question, with .NET's answer.

use std::convert::Infallible;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

use crate::variables::Variables;

/// The variables that name the environment, in the order .NET has looked at them since version 7, behind our own.
const NAMES: [&str; 3] = ["APP_ENVIRONMENT", "DOTNET_ENVIRONMENT", "ASPNETCORE_ENVIRONMENT"];

fn named(variables: &Variables) -> Option<(&'static str, String)> {
    NAMES
        .iter()
        .find_map(|&name| Some((name, variables.get(name).filter(|value| !value.is_empty())?)))
}

const DEVELOPMENT: &str = "Development";
const PRODUCTION: &str = "Production";

/// The environment that the service runs in: `Development`, `Production`, or any other name.
///
/// Names compare without regard to case and are not trimmed, as in .NET (`IHostEnvironment`). A name that is not
/// known is not Development: whatever is unclear is treated as a deployment.
///
/// ```
/// use config_azure_keyvault::HostEnvironment;
///
/// let environment = HostEnvironment::from("development");
/// assert!(environment.is_development());
/// assert_eq!(environment.to_string(), "development");
/// assert!(!HostEnvironment::from("Devlopment").is_development());
/// ```
#[derive(Clone)]
pub struct HostEnvironment(Arc<str>);

impl HostEnvironment {
    /// The environment that the process says it is in: the first of `APP_ENVIRONMENT`, `DOTNET_ENVIRONMENT` and
    /// `ASPNETCORE_ENVIRONMENT` that is not empty, else `Production`.
    #[must_use]
    pub fn current() -> Self {
        Self::of(&Variables::default())
    }

    /// The variable of the process that names its environment; `None` where none does, and it is `Production` for that.
    ///
    /// ```
    /// use config_azure_keyvault::HostEnvironment;
    ///
    /// let named_by = HostEnvironment::named_by().unwrap_or("no variable");
    /// println!("{} says that this is {}", named_by, HostEnvironment::current());
    /// ```
    #[must_use]
    pub fn named_by() -> Option<&'static str> {
        Self::variable(&Variables::default())
    }

    pub(crate) fn of(variables: &Variables) -> Self {
        named(variables).map_or_else(Self::production, |(_, value)| Self::from(value))
    }

    /// The variable that names the environment, if one does.
    pub(crate) fn variable(variables: &Variables) -> Option<&'static str> {
        named(variables).map(|(name, _)| name)
    }

    /// `Development`.
    #[must_use]
    pub fn development() -> Self {
        Self::from(DEVELOPMENT)
    }

    /// `Production`.
    #[must_use]
    pub fn production() -> Self {
        Self::from(PRODUCTION)
    }

    /// The name as it was given.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Is this Development, where a local file stands in for the vault?
    #[must_use]
    pub fn is_development(&self) -> bool {
        self.is(DEVELOPMENT)
    }

    /// Is this Production?
    #[must_use]
    pub fn is_production(&self) -> bool {
        self.is(PRODUCTION)
    }

    /// Is this the environment of that name, without regard to case?
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        // Unicode folding, as .NET's OrdinalIgnoreCase does it, not only ASCII's.
        self.0.eq_ignore_ascii_case(name) || self.0.to_uppercase() == name.to_uppercase()
    }
}

impl From<&str> for HostEnvironment {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl From<String> for HostEnvironment {
    fn from(name: String) -> Self {
        Self(name.into())
    }
}

/// Any name is an environment.
impl FromStr for HostEnvironment {
    type Err = Infallible;

    fn from_str(name: &str) -> Result<Self, Infallible> {
        Ok(Self::from(name))
    }
}

impl AsRef<str> for HostEnvironment {
    fn as_ref(&self) -> &str {
        self.name()
    }
}

impl fmt::Display for HostEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for HostEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HostEnvironment({:?})", &*self.0)
    }
}

impl PartialEq for HostEnvironment {
    fn eq(&self, other: &Self) -> bool {
        self.is(&other.0)
    }
}

impl Eq for HostEnvironment {}

/// As it compares: without regard to case.
impl Hash for HostEnvironment {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_uppercase().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> HostEnvironment {
        HostEnvironment::of(&Variables::given(
            variables.iter().map(|(k, v)| ((*k).into(), (*v).into())),
        ))
    }

    #[test]
    fn what_is_equal_hashes_alike() {
        let environments = [
            "Staging", "STAGING", "Straße", "STRASSE", "straSSe", "Ålesund", "åLESUND", "Other",
        ];
        let set: std::collections::HashSet<HostEnvironment> = environments.map(HostEnvironment::from).into();
        assert_eq!(set.len(), 4);
        let parsed: HostEnvironment = "staging".parse().expect("any name is one");
        assert!(set.contains(&parsed));
        assert_eq!(parsed.as_ref(), "staging");
    }

    /// .NET since 7 lets DOTNET_ENVIRONMENT win over ASPNETCORE_ENVIRONMENT (WebApplicationBuilder).
    #[test]
    fn the_first_that_is_not_empty_names_the_environment() {
        let all = [
            ("APP_ENVIRONMENT", "A"),
            ("DOTNET_ENVIRONMENT", "B"),
            ("ASPNETCORE_ENVIRONMENT", "C"),
        ];
        assert_eq!(of(&all).name(), "A");
        assert_eq!(of(&all[1..]).name(), "B");
        assert_eq!(of(&all[2..]).name(), "C");
        assert_eq!(of(&[]).name(), "Production");
        assert_eq!(of(&[("APP_ENVIRONMENT", ""), all[2]]).name(), "C");
        // Blank is not empty, and names are not trimmed: this is not Development.
        assert_eq!(of(&[("APP_ENVIRONMENT", " ")]).name(), " ");
        assert!(!of(&[("APP_ENVIRONMENT", "Development ")]).is_development());
        assert!(of(&[("APP_ENVIRONMENT", "DEVELOPMENT")]).is_development());
    }
}
