//! A case: what is in the vault, what is done, and what strikes meanwhile. All of it follows from a seed.

use std::fmt;

/// The first secret that a case may change is the scope of the Maskinporten client.
pub(super) const SCOPE: usize = 0;

/// Secrets that nothing but the vault knows begin here.
pub(super) const SECRETS: usize = 1;

#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) seed: u64,
    /// Secrets beside the client's settings; the last few are not there at first.
    pub(super) secrets: usize,
    pub(super) pages: Vec<usize>,
    pub(super) reversed: bool,
    /// By name, without a list.
    pub(super) by_name: bool,
    /// Its deadline is later than the last try of what fails each time.
    pub(super) patient: bool,
    /// The first one is the start-up.
    pub(super) rounds: Vec<Round>,
}

#[derive(Debug, Clone)]
pub(super) struct Round {
    pub(super) act: Act,
    /// With their numbers in the case.
    pub(super) events: Vec<(usize, Event)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    StartUp,
    Refresh,
    /// Two at once.
    Two,
    /// Given up after so many milliseconds.
    GivenUp(u64),
    /// An hour passes.
    Poll,
    /// A secret is set, a refresh, the same secret is set again, another refresh: within one second, as a rule, and the vault tells no
    /// finer time.
    Around(usize),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    Vault(Strike<OnVault>),
    Maskinporten(Strike<OnMaskinporten>),
    Change {
        when: When,
        change: Change,
    },
    /// The vault is closed, in one way or another.
    Closed(Door),
    /// The list never ends.
    Loop,
    /// The list leads to another host.
    Astray,
    /// The machine's clock is off by so many seconds.
    Clock(i64),
}

/// A fault, and which requests it hits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Strike<On> {
    pub(super) on: On,
    /// `None` where whoever is asked refuses, in words of his own.
    pub(super) harm: Option<Harm>,
    pub(super) times: usize,
    pub(super) skip: usize,
}

/// At the vault, or at whoever signs in to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnVault {
    Anything,
    List,
    LaterPages,
    Get,
    Secret(usize),
    Token,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnMaskinporten {
    Anything,
    Token,
    Metadata,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Harm {
    Throttled(Option<u64>),
    Status(u16),
    Reset,
    ResetConnection,
    HangConnection,
    Hang,
    Delay(u64),
    Truncated,
    Malformed,
    Html(u16),
    /// A body that no service sends; see `strikes`.
    Odd(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Before,
    /// Between list and get: when the source looks at the nth secret that the list told, or that was got by name.
    Looked(usize),
    /// So many milliseconds after the beginning.
    After(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Of the secret of that number.
    Secret(usize, Turn),
    File(Writing),
}

/// What becomes of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// A new value, set now.
    Set,
    /// A new value that was set yesterday, as far as the vault tells.
    SetLongAgo,
    Disable,
    Enable,
    Delete,
    Purge,
}

/// What becomes of the file beside the vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Writing {
    Whole,
    Half,
    Empty,
    Gone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    Permissions,
    Firewall,
    Get(usize),
}

impl Case {
    /// The numbers of its events.
    pub(super) fn numbers(&self) -> Vec<usize> {
        let events = self.rounds.iter().flat_map(|round| &round.events);
        events.map(|(number, _)| *number).collect()
    }

    /// The same with these events only.
    pub(super) fn keeping(&self, numbers: &[usize]) -> Self {
        let mut case = self.clone();
        for round in &mut case.rounds {
            round.events.retain(|(number, _)| numbers.contains(number));
        }
        case
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = if self.by_name { "by name" } else { "by list" };
        let how = if self.patient {
            format!("{how}, patient")
        } else {
            how.to_owned()
        };
        write!(
            f,
            "seed {}: {} secrets {how}, pages of {:?}",
            self.seed, self.secrets, self.pages
        )?;
        for (n, round) in self.rounds.iter().enumerate() {
            write!(f, "\n  round {n}: {:?}", round.act)?;
            for (number, event) in &round.events {
                write!(f, "\n    {number}: {event:?}")?;
            }
        }
        Ok(())
    }
}
