//! A case out of a seed.

use super::case::{
    Act, Case, Change, Door, Event, Harm, OnMaskinporten, OnVault, Round, SCOPE, SECRETS, Strike, Turn, When, Writing,
};
use super::random::Random;

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
            patient: random.percent(25),
            rounds: Vec::new(),
        };
        let rounds = 2 + random.below(2);
        let mut number = 0;
        for round in 0..rounds {
            let act = match round {
                0 => Act::StartUp,
                _ => act(&mut random, secrets),
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
}

/// What changed the round before changes again, within the same second most likely: the vault tells no finer time.
fn again(random: &mut Random, before: &Round) -> Option<Event> {
    let mut changes = before.events.iter().filter_map(|(_, event)| match event {
        Event::Change { change, .. } => Some(*change),
        _ => None,
    });
    let change = match changes.next().filter(|_| random.percent(60))? {
        Change::Secret(what, _) => Change::Secret(what, Turn::Set),
        Change::File(_) => Change::File(Writing::Whole),
    };
    let when = When::Before;
    Some(Event::Change { when, change })
}

fn act(random: &mut Random, secrets: usize) -> Act {
    match random.below(10) {
        0 | 1 => Act::Two,
        2 => Act::GivenUp(random.within(0..200) as u64),
        3 | 4 => Act::Poll,
        5 => Act::Around(SECRETS + random.below(secrets)),
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

fn vault_strike(random: &mut Random, secrets: usize) -> Strike<OnVault> {
    let on = match random.below(8) {
        0 => OnVault::Anything,
        1 | 2 => OnVault::List,
        3 => OnVault::LaterPages,
        4 => OnVault::Get,
        5 => OnVault::Secret(SECRETS + random.below(secrets)),
        _ => OnVault::Token,
    };
    let harm = match random.below(18) {
        0 | 1 => None,
        _ => Some(harm(random)),
    };
    strike(random, on, harm)
}

fn maskinporten_strike(random: &mut Random) -> Strike<OnMaskinporten> {
    let on = match random.below(5) {
        0 => OnMaskinporten::Anything,
        1 => OnMaskinporten::Metadata,
        _ => OnMaskinporten::Token,
    };
    let harm = match random.below(12) {
        0 => None,
        _ => Some(harm(random)),
    };
    strike(random, on, harm)
}

fn harm(random: &mut Random) -> Harm {
    match random.below(16) {
        0 | 1 => Harm::Throttled(random.one_of(&[None, Some(0), Some(1), Some(30)])),
        2 | 3 => Harm::Status(random.one_of(&[400, 403, 404, 408, 500, 501, 502, 503, 504])),
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

fn strike<On>(random: &mut Random, on: On, harm: Option<Harm>) -> Strike<On> {
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
    let change = match random.below(10) {
        0 => Change::Secret(SCOPE, Turn::Set),
        _ => Change::Secret(SECRETS + random.below(secrets), turn(random)),
    };
    Event::Change { when, change }
}

fn turn(random: &mut Random) -> Turn {
    match random.below(10) {
        0..3 => Turn::Set,
        3..5 => Turn::SetLongAgo,
        5 => Turn::Disable,
        6 => Turn::Enable,
        7 | 8 => Turn::Delete,
        _ => Turn::Purge,
    }
}

fn file(random: &mut Random) -> Event {
    let when = match random.percent(50) {
        true => When::Before,
        false => When::After(random.within(0..60) as u64),
    };
    let writing = random.one_of(&[
        Writing::Whole,
        Writing::Whole,
        Writing::Half,
        Writing::Half,
        Writing::Empty,
        Writing::Gone,
    ]);
    let change = Change::File(writing);
    Event::Change { when, change }
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
