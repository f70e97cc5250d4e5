//! How a watch is doing.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::health::{Health, HealthState};

/// How a watch is doing. It holds no value.
///
/// ```
/// use std::time::Duration;
///
/// use config_azure_keyvault::Watch;
///
/// /// For an alert: nobody needs to know of one failure, and everybody of an hour of them.
/// fn is_old(watch: &Watch) -> bool {
///     let status = watch.status();
///     status.failures > 3 && status.age > Duration::from_secs(60 * 60)
/// }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Status {
    /// When the values were read or found unchanged last.
    pub last_success: SystemTime,
    /// How long ago that was, whatever the machine's clock has done since.
    pub age: Duration,
    /// The last failure, were it long ago.
    pub last_failure: Option<Failed>,
    /// Failures since the last success.
    pub failures: u32,
    /// In what time it asks again; `None` once the runtime that polled is gone.
    pub next_poll: Option<Duration>,
    /// Why the newest configuration does not fit the type; `None` where it does, and for a watch that binds none.
    pub unbound: Option<String>,
}

/// A failure.
///
/// ```
/// use config_azure_keyvault::Status;
///
/// fn line(status: &Status) -> String {
///     match &status.last_failure {
///         Some(last) => format!("{last}"), // Azure Key Vault https://…: list failed: 403 ForbiddenByRbac: …
///         None => "never failed".to_owned(),
///     }
/// }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Failed {
    /// When.
    pub at: SystemTime,
    /// What, in one line without values.
    pub reason: String,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl Status {
    /// The values are those of the last try, and they fit.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.failures == 0 && self.next_poll.is_some() && self.unbound.is_none()
    }

    /// What is wrong here makes a healthy vault a degraded one.
    pub(super) fn health(&self, vault: Health) -> Health {
        if self.is_healthy() {
            return vault;
        }
        let state = match vault.state {
            HealthState::Healthy => HealthState::Degraded,
            worse => worse,
        };
        let own = self.to_string();
        // What failed at the vault is what the last poll failed for: it is said once.
        let of_vault = vault.reason.filter(|reason| !own.contains(reason.as_str()));
        let reasons: Vec<String> = of_vault.into_iter().chain([own]).collect();
        Health {
            state,
            reason: Some(reasons.join("; ")),
            ..vault
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "configuration is {} s old", self.age.as_secs())?;
        if let Some(unbound) = &self.unbound {
            write!(f, ", and a newer one does not fit: {unbound}")?;
        }
        if let Some(last) = self.last_failure.as_ref().filter(|_| self.failures > 0) {
            let times = if self.failures == 1 {
                "once".to_owned()
            } else {
                format!("{} times in a row", self.failures)
            };
            write!(f, ", reading it failed {times}: {last}")?;
        }
        match self.next_poll {
            Some(next) => write!(f, " (next poll in {} s)", next.as_secs()),
            None => f.write_str(" (nobody polls: the runtime that did is gone)"),
        }
    }
}
