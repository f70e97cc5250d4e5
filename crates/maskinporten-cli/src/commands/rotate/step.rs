//! What comes next, from what is seen. No network here: the same is decided for a plan and for the deed.

use std::time::Duration;

use super::self_service::{MOST_KEYS, Registered};
use super::state::{Key, Rotation};
use crate::failure::Failure;

/// Within this time a rotation that was finished is the one that was meant.
const JUST_NOW: i64 = 3_600;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Forward,
    /// Back to the key that was there before.
    Back,
}

/// Each is one request that changes something, but for [`Accept`](Self::Accept), which waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// A new private key into the vault, beside the one in use.
    Stage,
    /// The public half of the key that comes, beside the others.
    Register(Direction),
    /// A token with it.
    Accept(Direction),
    /// It takes its place in the vault.
    Promote(Direction),
    /// The key that goes is registered no more.
    Retire(Direction),
    /// The vault forgets that it was under way.
    Clear(Direction),
}

/// What can be told of the services.
pub(super) struct Seen {
    /// The key in the vault's place.
    pub(super) current: Key,
    /// When it was put there, in unix seconds.
    pub(super) current_since: i64,
    pub(super) rotation: Rotation,
    /// When that was last written.
    pub(super) rotation_since: i64,
    /// The client's keys.
    pub(super) registered: Vec<Registered>,
    /// Maskinporten gave a token for the key that comes.
    pub(super) accepted: bool,
}

/// What things are called.
pub(super) struct Names {
    pub(super) vault: String,
    pub(super) client: String,
    pub(super) key: String,
    pub(super) rotation: String,
}

pub(super) enum Next {
    Step(Step),
    /// The old key is not removed before then.
    Later {
        at: i64,
    },
    /// For this reason.
    Nothing(&'static str),
}

impl Seen {
    /// The key that comes and the one that goes, in this direction.
    pub(super) fn keys(&self, direction: Direction) -> Option<(&Key, &Key)> {
        match (&self.rotation, direction) {
            (Rotation::UnderWay { next, previous }, Direction::Forward) => Some((next, previous)),
            (Rotation::UnderWay { next, previous }, Direction::Back) => Some((previous, next)),
            _ => None,
        }
    }

    fn is_registered(&self, key: &Key) -> bool {
        self.registered.iter().any(|known| known.kid == key.kid)
    }

    pub(super) fn next(&self, direction: Direction, again: bool, grace: Duration, now: i64) -> Result<Next, Failure> {
        let Some((comes, goes)) = self.keys(direction) else {
            return self.first(direction, again, now);
        };
        let is_there = self.current.is(comes);
        if !is_there && !self.current.is(goes) {
            return Err(Failure::failed(format!(
                "the key in the vault ({}) is neither of the two of the rotation that is under way ({} and {}): somebody set it \
                 meanwhile; see which one is right, and delete the rotation's secret",
                self.current.kid, goes.kid, comes.kid
            )));
        }
        if !self.is_registered(comes) {
            self.room_for_one(now)?;
            return Ok(Next::Step(Step::Register(direction)));
        }
        if !is_there {
            return Ok(Next::Step(match self.accepted {
                false => Step::Accept(direction),
                true => Step::Promote(direction),
            }));
        }
        if self.is_registered(goes) {
            // Nobody has read it where it never was in its place since this began.
            let was_in_use = direction == Direction::Forward || self.current_since >= self.rotation_since;
            let grace = i64::try_from(grace.as_secs()).unwrap_or(i64::MAX);
            let at = self.current_since.saturating_add(grace);
            if was_in_use && now < at {
                return Ok(Next::Later { at });
            }
            // The key that goes is the last resort until the other one is seen to work.
            return Ok(Next::Step(match self.accepted {
                false => Step::Accept(direction),
                true => Step::Retire(direction),
            }));
        }
        Ok(Next::Step(Step::Clear(direction)))
    }

    fn first(&self, direction: Direction, again: bool, now: i64) -> Result<Next, Failure> {
        if direction == Direction::Back {
            return Ok(Next::Nothing(
                "no rotation is under way, so there is nothing to take back; versions before stay in the vault: \
                 `az keyvault secret list-versions`",
            ));
        }
        if let Rotation::Finished { kid } = &self.rotation
            && *kid == self.current.kid
            && now - self.rotation_since < JUST_NOW
            && !again
        {
            return Ok(Next::Nothing(
                "nothing to do: the key was rotated within the last hour; --force does it once more",
            ));
        }
        self.room_for_one(now)?;
        Ok(Next::Step(Step::Stage))
    }

    /// A client has so many keys at most. Those that have ended are not posted again: that would bring them back.
    fn room_for_one(&self, now: i64) -> Result<(), Failure> {
        let live: Vec<&str> = self
            .registered
            .iter()
            .filter(|key| !key.has_ended(now))
            .map(|key| key.kid.as_str())
            .collect();
        match live.len() < MOST_KEYS {
            true => Ok(()),
            false => Err(Failure::failed(format!(
                "the client has {} keys, and {MOST_KEYS} are all it may have ({}); remove one that nobody uses at \
                 https://samarbeid.digdir.no",
                live.len(),
                live.join(", ")
            ))),
        }
    }

    /// All of a direction, in order.
    pub(super) fn steps(&self, direction: Direction) -> Vec<Step> {
        let mut steps = vec![
            Step::Register(direction),
            Step::Accept(direction),
            Step::Promote(direction),
            Step::Retire(direction),
            Step::Clear(direction),
        ];
        match (direction, self.keys(direction)) {
            (Direction::Forward, _) => steps.insert(0, Step::Stage),
            // It never left its place.
            (Direction::Back, Some((comes, _))) if self.current.is(comes) => {
                steps.drain(..3);
            }
            (Direction::Back, _) => {}
        }
        steps
    }

    /// For a plan.
    pub(super) fn is_done(&self, step: Step) -> bool {
        let (Step::Register(direction)
        | Step::Accept(direction)
        | Step::Promote(direction)
        | Step::Retire(direction)
        | Step::Clear(direction)) = step
        else {
            return matches!(self.rotation, Rotation::UnderWay { .. });
        };
        let Some((comes, goes)) = self.keys(direction) else {
            return false;
        };
        let is_there = self.current.is(comes);
        match step {
            Step::Register(_) => self.is_registered(comes),
            Step::Accept(_) => is_there || self.accepted,
            Step::Promote(_) => is_there,
            Step::Retire(_) => is_there && !self.is_registered(goes),
            Step::Stage | Step::Clear(_) => false,
        }
    }

    /// The key that is registered and on its way out.
    pub(super) fn leaving(&self) -> Option<&str> {
        match &self.rotation {
            Rotation::UnderWay { next, previous } => Some(match self.current.is(next) {
                true => &previous.kid,
                false => &next.kid,
            }),
            _ => None,
        }
    }
}

impl Step {
    pub(super) fn is_last(self) -> bool {
        matches!(self, Self::Clear(_))
    }

    /// For people.
    pub(super) fn what(self, seen: &Seen, names: &Names) -> String {
        let new = || match &seen.rotation {
            Rotation::UnderWay { next, .. } => format!("the new key {}", next.kid),
            _ => "the new key".to_owned(),
        };
        let old = || match &seen.rotation {
            Rotation::UnderWay { previous, .. } => format!("the old key {}", previous.kid),
            _ => format!("the old key {}", seen.current.kid),
        };
        let (comes, goes) = match self {
            Self::Register(Direction::Back)
            | Self::Accept(Direction::Back)
            | Self::Promote(Direction::Back)
            | Self::Retire(Direction::Back) => (old(), new()),
            _ => (new(), old()),
        };
        let Names {
            vault,
            client,
            key,
            rotation,
        } = names;
        match self {
            Self::Stage => format!("a new key into {vault}, as secret `{rotation}`, beside the one in use"),
            Self::Register(_) => format!("register {comes} with client {client}, beside those that are there"),
            Self::Accept(_) => format!("get a token from Maskinporten with {comes}"),
            Self::Promote(_) => format!("set secret `{key}` to {comes}"),
            Self::Retire(_) => format!("remove {goes} from client {client}"),
            Self::Clear(_) => format!("empty secret `{rotation}`: it is over"),
        }
    }
}
