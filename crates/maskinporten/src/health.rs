//! How a client is doing, by its own requests for tokens.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use crate::clock::Clock;
use crate::error::{Error, ErrorKind};

/// How a client is doing, by its own requests for tokens and nothing else: no request is made to tell it. For a readiness endpoint. It
/// holds no value.
///
/// ```
/// use maskinporten::{Health, MaskinportenClient};
///
/// async fn ready(client: &MaskinportenClient) -> Result<(), String> {
///     // The token that the next request carries: where one is held, nobody is asked for it.
///     drop(client.token(client.default_request()).await);
///     let health: Health = client.health();
///     if health.state.is_ready() { Ok(()) } else { Err(health.to_string()) }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Health {
    /// In a word.
    pub state: HealthState,
    /// When a token was got last.
    pub last_success: Option<SystemTime>,
    /// Why it is not healthy, in one line.
    pub reason: Option<String>,
}

/// The state of a client.
///
/// ```
/// use maskinporten::HealthState;
///
/// assert!(HealthState::Degraded.is_ready() && !HealthState::Failing.is_ready());
/// assert_eq!(HealthState::Degraded.to_string(), "degraded");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HealthState {
    /// No token was asked for yet, or none since other settings are in use. Settings and key are good, or they would not be.
    Unknown,
    /// The last request for a token went well.
    Healthy,
    /// Requests can be served, but the last token could not be got or renewed, or the newest settings cannot be used.
    Degraded,
    /// The last request for a token failed, and none that is still valid is held.
    Failing,
}

impl HealthState {
    /// May requests come?
    #[must_use]
    pub fn is_ready(self) -> bool {
        self != Self::Failing
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

/// What a client's requests for tokens came to, since its start.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    pub(crate) hits: AtomicU64,
    pub(crate) failures: AtomicU64,
    clock: Clock,
    course: Mutex<Course>,
}

#[derive(Debug, Clone, Default)]
struct Course {
    last_success: Option<SystemTime>,
    /// What is wrong since then.
    reason: Option<String>,
    /// Of the parts in use: what comes from those before them counts no more.
    generation: u64,
    /// They got a token themselves.
    proven: bool,
}

impl Activity {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            ..Self::default()
        }
    }

    pub(crate) fn hit(&self) {
        self.hits.fetch_add(1, Ordering::Relaxed);
    }

    /// New parts come into use. What was wrong was so with those before them.
    pub(crate) fn begin(&self) -> u64 {
        let mut course = self.course();
        course.generation += 1;
        course.reason = None;
        course.proven = false;
        course.generation
    }

    pub(crate) fn succeeded(&self, generation: u64) {
        let now = self.clock.wall();
        let mut course = self.course();
        if course.generation == generation {
            course.last_success = Some(now);
            course.reason = None;
            course.proven = true;
        }
    }

    pub(crate) fn failure(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    /// It is the client that is not well.
    pub(crate) fn failed(&self, generation: u64, error: &Error) {
        let mut course = self.course();
        if course.generation == generation {
            course.reason = Some(error.to_string());
        }
    }

    /// `served`: a token that is valid is held. `settings`: why the newest cannot be used.
    pub(crate) fn health(&self, served: bool, settings: Option<&str>) -> Health {
        let Course {
            last_success,
            reason,
            proven,
            ..
        } = self.course().clone();
        let state = match (&reason, last_success) {
            (Some(_), _) if !served => HealthState::Failing,
            (Some(_), _) => HealthState::Degraded,
            (None, _) if settings.is_some() => HealthState::Degraded,
            (None, Some(_)) if proven || served => HealthState::Healthy,
            (None, _) => HealthState::Unknown,
        };
        let reasons: Vec<&str> = settings.into_iter().chain(reason.as_deref()).collect();
        Health {
            state,
            last_success,
            reason: (!reasons.is_empty()).then(|| reasons.join("; ")),
        }
    }

    fn course(&self) -> MutexGuard<'_, Course> {
        self.course.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One customer's system user that is refused says nothing of the client, where it is not what the settings ask for.
pub(crate) fn is_about_the_request(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::InvalidRequest | ErrorKind::Refused => true,
        ErrorKind::Exchange => error
            .status()
            .is_some_and(|status| (400..500).contains(&status) && status != 429),
        _ => false,
    }
}
