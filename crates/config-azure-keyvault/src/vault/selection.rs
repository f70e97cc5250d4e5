//! Which secrets are wanted. Everything here is decided before a get.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use super::properties::SecretProperties;
use crate::error::{Error, ErrorKind, Stage};
use crate::names::is_secret_name;
use crate::report::{SkipReason, Warning};

/// A secret to get by name.
///
/// ```
/// use config_azure_keyvault::{AzureKeyVault, SecretName};
///
/// let vault = AzureKeyVault::new("https://my-app.vault.azure.net").names([
///     SecretName::required("MaskinportenSettings--ClientId"),
///     SecretName::optional("MaskinportenSettings--Scope"),
/// ]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretName {
    pub(crate) name: String,
    pub(crate) required: bool,
}

impl SecretName {
    /// The load fails if the vault does not hold it.
    pub fn required(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            required: true,
        }
    }

    /// It is reported and no more if the vault does not hold it.
    pub fn optional(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            required: false,
        }
    }
}

impl From<&str> for SecretName {
    fn from(name: &str) -> Self {
        Self::required(name)
    }
}

impl From<String> for SecretName {
    fn from(name: String) -> Self {
        Self::required(name)
    }
}

/// What to do with a secret that has expired or is not valid yet. Key Vault itself hands it out all the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValidityPolicy {
    /// Load it, and say so in the log and the report.
    #[default]
    LoadAndWarn,
    /// Skip it, and say so in the report.
    Skip,
    /// Fail the load.
    Fail,
}

type Filter = Arc<dyn Fn(&SecretProperties) -> bool + Send + Sync>;

/// Which secrets are wanted.
#[derive(Clone, Default)]
pub(crate) struct Selection {
    pub(crate) names: Option<Vec<SecretName>>,
    pub(crate) prefix: Option<String>,
    pub(crate) filter: Option<Filter>,
    pub(crate) expired: ValidityPolicy,
    pub(crate) not_yet_valid: ValidityPolicy,
}

/// What becomes of a secret, by its properties.
pub(crate) enum Verdict {
    Load(Option<Warning>),
    Skip(SkipReason),
    LeftOut,
}

impl Selection {
    /// The names to get, each once; `None` where the vault is to be listed.
    pub(crate) fn wanted(&self) -> Result<Option<Vec<SecretName>>, Error> {
        let Some(names) = &self.names else { return Ok(None) };
        let error = |cause: String, remedy: &str| {
            Error::new(ErrorKind::InvalidSetting, Stage::Settings, cause).with_remedy(remedy)
        };
        if names.is_empty() {
            return Err(error(
                "`names` was given no name".to_owned(),
                "name the secrets to get, or leave `names` out to load the whole vault",
            ));
        }
        let mut wanted: Vec<SecretName> = Vec::new();
        let mut seen = HashMap::new();
        for name in names {
            if !is_secret_name(&name.name) {
                return Err(error(
                    format!("`{}` is no secret's name", name.name),
                    "a secret's name is 1 to 127 letters, digits and hyphens",
                ));
            }
            if self.strip(&name.name).is_none() {
                return Err(error(
                    format!("the name `{}` does not begin with the prefix", name.name),
                    "give whole names, prefix included",
                ));
            }
            let index = *seen.entry(name.name.to_ascii_lowercase()).or_insert_with(|| {
                wanted.push(name.clone());
                wanted.len() - 1
            });
            wanted[index].required |= name.required;
        }
        Ok(Some(wanted))
    }

    /// The name without the prefix, or `None` if it does not begin with it; case aside.
    pub(crate) fn strip<'n>(&self, name: &'n str) -> Option<&'n str> {
        let Some(prefix) = &self.prefix else { return Some(name) };
        let head = name.get(..prefix.len())?;
        head.eq_ignore_ascii_case(prefix).then(|| &name[prefix.len()..])
    }

    /// Decides on a listed secret.
    pub(crate) fn judge(&self, properties: &SecretProperties, now: SystemTime) -> Result<Verdict, Error> {
        if self.strip(&properties.name).is_none() {
            return Ok(Verdict::LeftOut);
        }
        if let Some(filter) = &self.filter
            && !filter(properties)
        {
            return Ok(Verdict::LeftOut);
        }
        if properties.enabled == Some(false) {
            return Ok(Verdict::Skip(SkipReason::Disabled));
        }
        if properties.managed {
            return Ok(Verdict::Skip(SkipReason::Managed));
        }
        self.judge_validity(properties, now)
    }

    /// Decides by `nbf` and `exp` alone.
    pub(crate) fn judge_validity(&self, properties: &SecretProperties, now: SystemTime) -> Result<Verdict, Error> {
        let name = &properties.name;
        let expired = properties.expires.filter(|expires| *expires <= now);
        let expired = expired.map_or(Ok(Verdict::Load(None)), |since| {
            let warning = Warning::Expired {
                name: name.clone(),
                since,
            };
            apply(self.expired, name, warning, SkipReason::Expired, "has expired")
        })?;
        let early = properties.not_before.filter(|from| *from > now);
        let early = early.map_or(Ok(Verdict::Load(None)), |from| {
            let warning = Warning::NotYetValid {
                name: name.clone(),
                from,
            };
            let skip = SkipReason::NotYetValid;
            apply(self.not_yet_valid, name, warning, skip, "is not valid yet")
        })?;
        // What is both is held to the stricter of the two.
        Ok(match (expired, early) {
            (Verdict::Load(None), other) | (Verdict::Load(Some(_)), other @ Verdict::Skip(_)) => other,
            (expired, _) => expired,
        })
    }
}

fn apply(policy: ValidityPolicy, name: &str, warning: Warning, skip: SkipReason, what: &str) -> Result<Verdict, Error> {
    match policy {
        ValidityPolicy::LoadAndWarn => Ok(Verdict::Load(Some(warning))),
        ValidityPolicy::Skip => Ok(Verdict::Skip(skip)),
        ValidityPolicy::Fail => Err(Error::new(
            ErrorKind::Secret,
            Stage::Get,
            format!("the secret {what}, and that is to fail"),
        )
        .with_secret(name)
        .with_remedy("set a new version of the secret, or choose another policy")),
    }
}

impl fmt::Debug for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Selection")
            .field("names", &self.names)
            .field("prefix", &self.prefix)
            .field("filter", &self.filter.is_some())
            .field("expired", &self.expired)
            .field("not_yet_valid", &self.not_yet_valid)
            .finish()
    }
}
