//! The walk: one list of parts, each of which looks at one thing and knows of the parts before it only what they left in the case.

use std::pin::Pin;

use super::case::Case;
use super::step::Step;
use super::{section, services, surroundings, vault};

type Looked<'c> = Pin<Box<dyn Future<Output = Option<Vec<Step>>> + 'c>>;

/// A part of the walk.
pub(super) struct Part {
    /// The steps that it decides.
    names: &'static [&'static str],
    pub(super) under_way: &'static str,
    /// `None` where what it needs is not there.
    look: for<'c> fn(&'c mut Case) -> Looked<'c>,
}

impl Part {
    pub(super) async fn walk(&self, case: &mut Case) -> Vec<Step> {
        match (self.look)(case).await {
            Some(steps) => steps,
            None => self.names.iter().map(|name| Step::not_reached(name)).collect(),
        }
    }
}

pub(super) const WALK: [Part; 8] = [
    Part {
        names: &["environment"],
        under_way: "looking which environment this is",
        look: |case| Box::pin(async { Some(surroundings::environment(case)) }),
    },
    Part {
        names: &["files"],
        under_way: "reading files",
        look: |case| Box::pin(async { Some(surroundings::files(case)) }),
    },
    Part {
        names: &["vault", "credential"],
        under_way: "looking which vault it is",
        look: |case| Box::pin(async { surroundings::vault(case) }),
    },
    Part {
        names: &["dns", "tls", "sign_in", "list", "get"],
        under_way: "asking the vault",
        look: |case| Box::pin(vault::load(case)),
    },
    Part {
        names: &["section", "key"],
        under_way: "reading the section",
        look: |case| Box::pin(section::read(case)),
    },
    Part {
        names: &["clock"],
        under_way: "comparing clocks",
        look: |case| Box::pin(services::clock(case)),
    },
    Part {
        names: &["metadata", "token"],
        under_way: "asking Maskinporten",
        look: |case| Box::pin(services::token(case)),
    },
    Part {
        names: &["altinn"],
        under_way: "asking Altinn",
        look: |case| Box::pin(services::altinn(case)),
    },
];
