//! Which secrets are wanted. Everything here is decided before a get.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::properties::SecretProperties;
use crate::error::{Error, ErrorKind, Stage};
use crate::mapping::{Dropped, is_path, split_name};
use crate::names::is_secret_name;
use crate::origin::Naming;
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
    name: String,
    required: bool,
}

impl SecretName {
    /// The load fails if the vault does not hold it, or if it does not become a setting.
    #[must_use]
    pub fn required(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            required: true,
        }
    }

    /// It is reported and no more if the vault does not hold it, or if it does not become a setting.
    #[must_use]
    pub fn optional(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            required: false,
        }
    }

    /// The secret's name, as it was given.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Does the load fail without it?
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.required
    }
}

impl From<&str> for SecretName {
    fn from(name: &str) -> Self {
        Self::required(name)
    }
}

impl From<&String> for SecretName {
    fn from(name: &String) -> Self {
        Self::required(name)
    }
}

impl From<String> for SecretName {
    fn from(name: String) -> Self {
        Self::required(name)
    }
}

/// What to do with a secret that has expired or is not valid yet. Key Vault itself hands it out all the same.
///
/// ```
/// use config_azure_keyvault::{AzureKeyVault, ValidityPolicy};
///
/// let vault = AzureKeyVault::new("https://my-app.vault.azure.net")
///     .expired(ValidityPolicy::Fail) // rather no start than one with a dead key
///     .not_yet_valid(ValidityPolicy::Skip); // the next one waits for its day
/// ```
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

/// What to do with a `managed` secret: the one behind a certificate that Key Vault keeps. Its value is the certificate with its
/// private key, as base64 of PKCS#12 without a password or as PEM, whichever its content type says.
///
/// A service that reads its own TLS certificate out of the vault:
///
/// ```
/// use config_azure_keyvault::{AzureKeyVault, Managed};
///
/// let all_with_certificates = AzureKeyVault::new("https://my-app.vault.azure.net").managed(Managed::Load);
/// // One that is asked for by name loads in any case.
/// let only_the_certificate = AzureKeyVault::new("https://my-app.vault.azure.net").names(["Tls"]);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Managed {
    /// Skip it, and say so in the report.
    #[default]
    Skip,
    /// Load it, as any other.
    Load,
}

/// Wants a secret, by its properties, or not.
pub(crate) type Filter = Arc<dyn Fn(&SecretProperties) -> bool + Send + Sync>;

/// A name, its prefix stripped, to the segments of its setting.
pub(crate) type KeyMapper = Arc<dyn Fn(&str) -> Option<Vec<String>> + Send + Sync>;

/// Which secrets are wanted, and where they go.
#[derive(Clone, Default)]
pub(crate) struct Selection {
    pub(crate) names: Option<Vec<SecretName>>,
    pub(crate) prefix: Option<String>,
    pub(crate) filter: Option<Filter>,
    pub(crate) key_mapper: Option<KeyMapper>,
    pub(crate) expired: ValidityPolicy,
    pub(crate) not_yet_valid: ValidityPolicy,
    pub(crate) managed: Managed,
}

/// What becomes of a secret, by its properties.
pub(crate) enum Verdict {
    /// Load it, to that path.
    Load(Vec<String>, Option<Warning>),
    Skip(SkipReason),
    /// It does not begin with the prefix.
    Foreign,
}

/// What its dates make of a secret: it loads, perhaps with a warning, or is skipped.
pub(crate) type Validity = Result<Option<Warning>, SkipReason>;

/// A secret that is asked for by name, and where it goes.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) name: String,
    /// The newest where none is named.
    pub(crate) version: Option<String>,
    pub(crate) required: bool,
    pub(crate) path: Result<Vec<String>, SkipReason>,
}

/// The error of a required name that does not become a setting.
pub(crate) fn lost(name: &str, reason: &dyn fmt::Display, stage: Stage) -> Error {
    Error::new(ErrorKind::Secret, stage, format!("it is required, but {reason}"))
        .with_secret(name)
        .with_remedy("let it become a setting, or make it optional")
}

impl Selection {
    /// How secrets are named that are wanted.
    pub(crate) fn naming(&self) -> Naming {
        let is_picked = self.names.is_some() || self.filter.is_some() || self.key_mapper.is_some();
        match &self.prefix {
            _ if is_picked => Naming::Picked,
            Some(prefix) => Naming::by_prefix(prefix),
            None => Naming::Whole,
        }
    }

    /// For secrets that references name: whatever is picked is picked by them.
    pub(crate) fn of_references(&self) -> Self {
        Self {
            expired: self.expired,
            not_yet_valid: self.not_yet_valid,
            ..Self::default()
        }
    }

    /// The names to get, each once and with its path; `None` where the vault is to be listed.
    pub(crate) fn asked(&self) -> Result<Option<Vec<Asked>>, Error> {
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
        let mut asked: Vec<Asked> = Vec::new();
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
                asked.push(Asked {
                    name: name.name.clone(),
                    version: None,
                    required: name.required,
                    path: self.path_of(&name.name),
                });
                asked.len() - 1
            });
            asked[index].required |= name.required;
        }
        for Asked {
            name, required, path, ..
        } in &asked
        {
            if let (true, Err(reason)) = (*required, path) {
                return Err(lost(name, reason, Stage::Mapping));
            }
        }
        Ok(Some(asked))
    }

    /// The name without the prefix, or `None` if it does not begin with it; case aside. The `--` between a prefix and the rest
    /// belongs to neither.
    pub(crate) fn strip<'n>(&self, name: &'n str) -> Option<&'n str> {
        let Some(prefix) = &self.prefix else { return Some(name) };
        let head = name.get(..prefix.len())?;
        if !head.eq_ignore_ascii_case(prefix) {
            return None;
        }
        let rest = &name[prefix.len()..];
        Some(if prefix.ends_with('-') {
            rest
        } else {
            rest.strip_prefix("--").unwrap_or(rest)
        })
    }

    /// Where a secret goes, or why nowhere. The prefix is stripped if it is there.
    pub(crate) fn path_of(&self, name: &str) -> Result<Vec<String>, SkipReason> {
        let stripped = self.strip(name).unwrap_or(name);
        if stripped.is_empty() && self.prefix.is_some() {
            let why = "nothing is left of its name without the prefix";
            return Err(SkipReason::NotPlaced(why.to_owned()));
        }
        let path = match &self.key_mapper {
            Some(mapper) => mapper(stripped).ok_or(SkipReason::LeftOut("by the key mapper"))?,
            None => split_name(stripped).unwrap_or_default(),
        };
        checked(path)
    }

    /// As [`path_of`](Self::path_of), for a path that is spelt out already: it stays as it is where nothing is to be done to it.
    /// The prefix is the vault's, and the path may begin with it or not.
    pub(crate) fn path_of_spelt(&self, name: &str, path: Vec<String>) -> Result<Vec<String>, SkipReason> {
        let has_prefix = self.prefix.is_some() && self.strip(name).is_some();
        if has_prefix || self.key_mapper.is_some() {
            self.path_of(name)
        } else {
            checked(path)
        }
    }

    /// Decides on a listed secret.
    pub(crate) fn judge(&self, properties: &SecretProperties, now: SystemTime) -> Result<Verdict, Error> {
        if self.strip(&properties.name).is_none() {
            return Ok(Verdict::Foreign);
        }
        if !self.passes_filter(properties) {
            return Ok(Verdict::Skip(BY_THE_FILTER));
        }
        // As .NET's provider does it, which asks for `Enabled == true`.
        if properties.enabled != Some(true) {
            return Ok(Verdict::Skip(SkipReason::Disabled));
        }
        if properties.managed && self.managed == Managed::Skip {
            return Ok(Verdict::Skip(SkipReason::Managed));
        }
        // Before its dates: what has no place must not fail the load by them.
        let path = match self.path_of(&properties.name) {
            Ok(path) => path,
            Err(reason) => return Ok(Verdict::Skip(reason)),
        };
        Ok(match self.judge_validity(properties, now)? {
            Ok(warning) => Verdict::Load(path, warning),
            Err(reason) => Verdict::Skip(reason),
        })
    }

    /// Decides on a secret that was got by name: what the vault handed out is enabled, and what was asked for may be managed.
    pub(crate) fn judge_named(&self, properties: &SecretProperties, now: SystemTime) -> Result<Validity, Error> {
        if !self.passes_filter(properties) {
            return Ok(Err(BY_THE_FILTER));
        }
        self.judge_validity(properties, now)
    }

    fn passes_filter(&self, properties: &SecretProperties) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter(properties))
    }

    /// Decides by `nbf` and `exp` alone.
    fn judge_validity(&self, properties: &SecretProperties, now: SystemTime) -> Result<Validity, Error> {
        let name = &properties.name;
        let expired = properties.expires.filter(|expires| *expires <= now);
        let expired = expired.map_or(Ok(Ok(None)), |since| {
            let warning = Warning::Expired {
                name: name.clone(),
                since,
            };
            apply(self.expired, name, warning, SkipReason::Expired, "has expired")
        })?;
        let soon = properties.expires.filter(|at| *at > now && *at <= now + SOON);
        let soon = soon.map(|at| Warning::EndsSoon { name: name.clone(), at });
        let expired = match expired {
            Ok(None) => Ok(soon),
            other => other,
        };
        let early = properties.not_before.filter(|from| *from > now);
        let early = early.map_or(Ok(Ok(None)), |from| {
            let warning = Warning::NotYetValid {
                name: name.clone(),
                from,
            };
            let skip = SkipReason::NotYetValid;
            apply(self.not_yet_valid, name, warning, skip, "is not valid yet")
        })?;
        // What is both is held to the stricter of the two.
        Ok(match (expired, early) {
            (Ok(None), other) | (Ok(Some(_)), other @ Err(_)) => other,
            (Ok(Some(Warning::EndsSoon { .. })), other @ Ok(Some(_))) => other,
            (expired, _) => expired,
        })
    }
}

/// So long before it ends a secret is told of.
const SOON: Duration = Duration::from_secs(30 * 24 * 60 * 60);

const BY_THE_FILTER: SkipReason = SkipReason::LeftOut("by the filter");

fn checked(path: Vec<String>) -> Result<Vec<String>, SkipReason> {
    if is_path(&path) {
        Ok(path)
    } else {
        Err(SkipReason::NotPlaced(Dropped::EmptySegment.to_string()))
    }
}

fn apply(
    policy: ValidityPolicy,
    name: &str,
    warning: Warning,
    skip: SkipReason,
    what: &str,
) -> Result<Validity, Error> {
    match policy {
        ValidityPolicy::LoadAndWarn => Ok(Ok(Some(warning))),
        ValidityPolicy::Skip => Ok(Err(skip)),
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
            .field("key_mapper", &self.key_mapper.is_some())
            .field("expired", &self.expired)
            .field("not_yet_valid", &self.not_yet_valid)
            .field("managed", &self.managed)
            .finish()
    }
}
