//! How a handle is doing, by its own loads.

use std::fmt;
use std::time::SystemTime;

/// How a handle is doing, by its own loads and nothing else: no request is made to tell it. For a readiness endpoint. It holds no value.
///
/// ```
/// use config_azure_keyvault::Watch;
///
/// /// `/ready`: its status and its body.
/// fn ready(watch: &Watch) -> (u16, String) {
///     let health = watch.health();
///     let status = if health.state.is_ready() { 200 } else { 503 };
///     (status, health.to_string()) // degraded: Azure Key Vault https://…: list failed: …
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Health {
    /// In a word.
    pub state: HealthState,
    /// When a load went well last.
    pub last_success: Option<SystemTime>,
    /// Why it is not healthy, in one line.
    pub reason: Option<String>,
}

/// The state of a handle.
///
/// ```
/// use config_azure_keyvault::{AzureKeyVault, HealthState};
///
/// let vault = AzureKeyVault::new("https://my-app.vault.azure.net");
/// assert_eq!(vault.health().state, HealthState::Unknown); // nothing was loaded yet
/// assert!(!HealthState::Unknown.is_ready());
/// assert!(HealthState::Degraded.is_ready()); // the last good values are there
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HealthState {
    /// Nothing was loaded yet.
    Unknown,
    /// The last load went well.
    Healthy,
    /// There are values, but the last load failed, or a vault that need not be there gave nothing.
    Degraded,
    /// No load went well yet, and the last one failed.
    Failing,
}

impl HealthState {
    /// May requests come? Not before something was loaded.
    #[must_use]
    pub fn is_ready(self) -> bool {
        matches!(self, Self::Healthy | Self::Degraded)
    }
}

impl fmt::Display for HealthState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "unknown",
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Failing => "failing",
        })
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.state)?;
        match &self.reason {
            Some(reason) => write!(f, ": {reason}"),
            None => Ok(()),
        }
    }
}

/// What the loads of a handle came to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Course {
    last_success: Option<SystemTime>,
    /// What is wrong since the last success, or with it.
    reason: Option<String>,
}

impl Course {
    pub(crate) fn succeeded(&mut self, at: SystemTime, reason: Option<String>) {
        self.last_success = Some(at);
        self.reason = reason;
    }

    pub(crate) fn failed(&mut self, reason: String) {
        self.reason = Some(reason);
    }

    pub(crate) fn health(&self) -> Health {
        let state = match (&self.last_success, &self.reason) {
            (None, None) => HealthState::Unknown,
            (None, Some(_)) => HealthState::Failing,
            (Some(_), None) => HealthState::Healthy,
            (Some(_), Some(_)) => HealthState::Degraded,
        };
        Health {
            state,
            last_success: self.last_success,
            reason: self.reason.clone(),
        }
    }
}
