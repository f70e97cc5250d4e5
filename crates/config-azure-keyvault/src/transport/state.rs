//! What one transport has seen since a load began, and when it has seen enough of it.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::failure::Failure;

/// So many failed connections in a row to a host that never answered, and it is no passing trouble: with the pauses between,
/// what takes some three seconds to come up is waited for.
const HOPELESS: u32 = 5;

/// Where the pauses are longer, as managed identity has them, so many and so long are enough.
const HOPELESS_SLOWLY: (u32, Duration) = (3, Duration::from_secs(3));

/// So often is a request sent that meets a fault; what is throttled waits for its turn until the deadline.
const TRIES: u32 = 6;

pub(super) struct State {
    deadline: Instant,
    pub(super) limit: Duration,
    /// What stands in the way of which path, until it succeeds.
    troubles: HashMap<String, Trouble>,
    /// Whom the last request went to.
    pub(super) host: Option<String>,
    /// Has this host ever answered?
    pub(super) answered: bool,
    failed_connections: u32,
    /// The service's clock at its last answer (the `Date` header), in unix seconds.
    pub(super) date: Option<i64>,
    /// Is what is not ready yet waited for until the deadline? How often it is asked is the SDK's to decide then.
    is_patient: bool,
    /// Did the host refuse requests of this load as too many?
    pub(super) refused_as_too_many: bool,
    /// Was it told, in this load or in the one before?
    pub(super) told_of_refusals: bool,
}

struct Trouble {
    failure: Failure,
    tries: u32,
}

impl State {
    /// Nothing was seen yet, and it must be over by `deadline`.
    pub(super) fn new(deadline: Instant, limit: Duration, is_patient: bool) -> Self {
        Self {
            deadline,
            limit,
            troubles: HashMap::new(),
            host: None,
            answered: false,
            failed_connections: 0,
            date: None,
            is_patient,
            refused_as_too_many: false,
            told_of_refusals: false,
        }
    }

    pub(super) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// A request of this load was refused as one too many. Was that told, in this load or in the one before?
    pub(super) fn tells_of_a_refusal(&mut self) -> bool {
        self.refused_as_too_many = true;
        std::mem::replace(&mut self.told_of_refusals, true)
    }

    pub(super) fn answered(&mut self, date: Option<i64>) {
        self.answered = true;
        self.failed_connections = 0;
        self.date = date.or(self.date);
    }

    pub(super) fn succeeded(&mut self, path: &str) {
        self.troubles.remove(key(path));
    }

    /// Remembers what went wrong, and says whether it went wrong often enough.
    pub(super) fn trouble(&mut self, path: &str, failure: &Failure) -> bool {
        let is_waited_for = self.is_patient && failure.is_not_ready();
        let trouble = self.troubles.entry(key(path).to_owned()).or_insert_with(|| Trouble {
            failure: failure.clone(),
            tries: 0,
        });
        trouble.failure = failure.clone();
        // That is waited out until the deadline, however often it takes.
        if !is_waited_for && failure.answer().is_none_or(|answer| answer.status != 429) {
            trouble.tries += 1;
        }
        trouble.tries >= TRIES
    }

    /// Counts a connection that failed, and says whether it is hopeless: never an answer, and too often no connection.
    pub(super) fn connection_failed(&mut self) -> bool {
        self.failed_connections += 1;
        let elapsed = self.limit.saturating_sub(self.left());
        let (slowly, long) = HOPELESS_SLOWLY;
        !self.answered
            && (self.failed_connections >= HOPELESS || (self.failed_connections >= slowly && elapsed >= long))
    }

    pub(super) fn trouble_of(&self, path: &str) -> Option<&Failure> {
        self.troubles.get(key(path)).map(|trouble| &trouble.failure)
    }

    /// For whoever asks one endpoint only.
    pub(super) fn any_trouble(&self) -> Option<&Failure> {
        self.troubles.values().next().map(|trouble| &trouble.failure)
    }
}

/// The SDK ends a path with a slash where it names no version.
fn key(path: &str) -> &str {
    path.trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::{Answer, Body, Speaker};

    fn tries(is_patient: bool, status: u16) -> usize {
        let mut state = State::new(Instant::now(), Duration::ZERO, is_patient);
        let answer = Answer::read(Speaker::Identity, status, Body::of(None, b""));
        (1..=20)
            .find(|_| state.trouble("/metadata", &Failure::Answer(answer.clone())))
            .unwrap_or(usize::MAX)
    }

    #[test]
    fn what_is_not_ready_is_waited_for_by_whoever_is_patient() {
        for status in [404, 410, 500, 503] {
            assert_eq!(tries(false, status), TRIES as usize);
            assert_eq!(tries(true, status), usize::MAX, "{status}");
        }
        assert_eq!(tries(true, 400), TRIES as usize);
        assert_eq!(tries(false, 429), usize::MAX);
    }
}
