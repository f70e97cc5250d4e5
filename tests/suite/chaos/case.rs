//! A case: what is in the vault, what is done, and what strikes meanwhile. All of it follows from a seed.

use std::fmt;

use super::random::Random;

/// The file beside the vault is the first thing that a case may change.
pub(super) const FILE: usize = 0;

/// The scope of the Maskinporten client.
pub(super) const SCOPE: usize = 1;

/// Secrets that nothing but the vault knows begin here.
pub(super) const SECRETS: usize = 2;

#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) seed: u64,
    /// Secrets beside the client's settings; the last few are not there at first.
    pub(super) secrets: usize,
    pub(super) pages: Vec<usize>,
    pub(super) reversed: bool,
    /// By name, without a list.
    pub(super) by_name: bool,
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
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    Vault(Strike),
    Maskinporten(Strike),
    Change {
        when: When,
        what: usize,
        to: Change,
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
pub(super) struct Strike {
    pub(super) on: On,
    pub(super) harm: Harm,
    pub(super) times: usize,
    pub(super) skip: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum On {
    Anything,
    List,
    LaterPages,
    Get,
    Secret(usize),
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
    /// The vault takes the token no longer.
    Withdrawn,
    /// Whoever gives tokens out refuses.
    Refused,
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
    /// A new value, set now.
    Set,
    /// A new value that was set yesterday, as far as the vault tells.
    SetLongAgo,
    Disable,
    Enable,
    Delete,
    Purge,
    /// Of the file: half of it is written.
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
    pub(super) fn of(seed: u64) -> Self {
        let mut random = Random::of(seed);
        // Small ones find as much, and cost less.
        let secrets = if random.percent(85) {
            random.within(2..9)
        } else {
            random.within(9..40)
        };
        let mut case = Self {
            seed,
            secrets,
            pages: (0..random.below(4))
                .map(|_| random.one_of(&[0, 1, 2, 3, 10, 25]))
                .collect(),
            reversed: random.percent(30),
            by_name: random.percent(15),
            rounds: Vec::new(),
        };
        let rounds = 2 + random.below(2);
        let mut number = 0;
        for round in 0..rounds {
            let act = match round {
                0 => Act::StartUp,
                _ => act(&mut random),
            };
            let mut events: Vec<_> = (0..random.below(5)).map(|_| event(&mut random, secrets)).collect();
            events.extend(case.rounds.last().and_then(|before| again(&mut random, before)));
            let events = events.into_iter().map(|event| {
                number += 1;
                (number, event)
            });
            let events = events.collect();
            case.rounds.push(Round { act, events });
        }
        case
    }

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

/// What changed the round before changes again, within the same second most likely: the vault tells no finer time.
fn again(random: &mut Random, before: &Round) -> Option<Event> {
    let mut changes = before.events.iter().filter_map(|(_, event)| match event {
        Event::Change { what, .. } => Some(*what),
        _ => None,
    });
    let what = changes.next().filter(|_| random.percent(60))?;
    let (when, to) = (When::Before, Change::Set);
    Some(Event::Change { when, what, to })
}

fn act(random: &mut Random) -> Act {
    match random.below(10) {
        0 | 1 => Act::Two,
        2 => Act::GivenUp(random.within(0..200) as u64),
        3 | 4 => Act::Poll,
        _ => Act::Refresh,
    }
}

fn event(random: &mut Random, secrets: usize) -> Event {
    match random.below(100) {
        0..40 => Event::Vault(vault_strike(random, secrets)),
        40..55 => Event::Maskinporten(maskinporten_strike(random)),
        55..83 => change(random, secrets),
        83..91 => file(random),
        91..94 => Event::Closed(match random.below(3) {
            0 => Door::Permissions,
            1 => Door::Firewall,
            _ => Door::Get(SECRETS + random.below(secrets)),
        }),
        94 => Event::Loop,
        95 => Event::Astray,
        _ => Event::Clock(random.one_of(&[-315_360_000, -3_600, -30, 30, 3_600, 315_360_000])),
    }
}

fn vault_strike(random: &mut Random, secrets: usize) -> Strike {
    let on = match random.below(8) {
        0 => On::Anything,
        1 | 2 => On::List,
        3 => On::LaterPages,
        4 => On::Get,
        5 => On::Secret(SECRETS + random.below(secrets)),
        _ => On::Token,
    };
    let harm = match random.below(18) {
        0 if on == On::Token => Harm::Refused,
        0 | 1 if on != On::Token => Harm::Withdrawn,
        0..2 => Harm::Html(200),
        _ => harm(random),
    };
    strike(random, on, harm)
}

fn maskinporten_strike(random: &mut Random) -> Strike {
    let on = random.one_of(&[On::Anything, On::Token, On::Token, On::Token, On::Metadata]);
    let harm = match random.below(12) {
        0 => Harm::Refused,
        _ => harm(random),
    };
    strike(random, on, harm)
}

fn harm(random: &mut Random) -> Harm {
    match random.below(16) {
        0 | 1 => Harm::Throttled(random.one_of(&[None, Some(0), Some(1), Some(30)])),
        2 | 3 => Harm::Status(random.one_of(&[400, 403, 404, 408, 500, 502, 503, 504])),
        4 | 5 => Harm::Reset,
        6 => Harm::ResetConnection,
        7 => Harm::HangConnection,
        8 => Harm::Hang,
        9 | 10 => Harm::Delay(random.within(1..120) as u64),
        11 => Harm::Truncated,
        12 => Harm::Malformed,
        13 => Harm::Html(random.one_of(&[200, 403, 502])),
        _ => Harm::Odd(random.below(1_000)),
    }
}

fn strike(random: &mut Random, on: On, harm: Harm) -> Strike {
    Strike {
        on,
        harm,
        times: random.one_of(&[1, 1, 1, 2, 3, 100]),
        skip: random.one_of(&[0, 0, 0, 1, 2, 5]),
    }
}

fn change(random: &mut Random, secrets: usize) -> Event {
    let when = match random.below(10) {
        0..2 => When::Before,
        2..7 => When::Looked(random.within(1..secrets + 2)),
        _ => When::After(random.within(0..60) as u64),
    };
    let what = match random.below(10) {
        0 => SCOPE,
        _ => SECRETS + random.below(secrets),
    };
    let to = match random.below(10) {
        _ if what == SCOPE => Change::Set,
        0..3 => Change::Set,
        3..5 => Change::SetLongAgo,
        5 => Change::Disable,
        6 => Change::Enable,
        7 | 8 => Change::Delete,
        _ => Change::Purge,
    };
    Event::Change { when, what, to }
}

fn file(random: &mut Random) -> Event {
    let when = match random.percent(50) {
        true => When::Before,
        false => When::After(random.within(0..60) as u64),
    };
    let to = random.one_of(&[
        Change::Set,
        Change::Set,
        Change::Half,
        Change::Half,
        Change::Empty,
        Change::Gone,
    ]);
    Event::Change { when, what: FILE, to }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = if self.by_name { "by name" } else { "by list" };
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

#[test]
fn a_seed_is_a_case() {
    for seed in 0..50 {
        assert_eq!(Case::of(seed).to_string(), Case::of(seed).to_string());
    }
    let case = Case::of(3);
    assert!(case.keeping(&[]).numbers().is_empty());
    assert_eq!(case.keeping(&case.numbers()).to_string(), case.to_string());
}
