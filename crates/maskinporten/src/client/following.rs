//! Settings that change while the client runs. No task: whoever wants something looks first whether there are newer ones.
//!
//! The first who finds them reads them and makes the parts anew; whoever comes meanwhile waits for that, which is the time of reading a
//! key, so that nobody who asks after a change gets what was before it. What is under way ends with what it began with.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use config::Config;
use tokio::sync::watch::Receiver;
use tokio::time::Instant;

use super::Inner;
use super::parts::Parts;
use super::recipe::{Basis, Recipe};
use crate::error::Error;
use crate::settings::MaskinportenSettings;

/// What is wrong with settings may pass without another change of them: a certificate becomes valid, a file is there.
const UNTIL_ANOTHER_LOOK: Duration = Duration::from_secs(30);

/// Where the settings of a client come from.
pub(super) enum Origin {
    Settings(Box<MaskinportenSettings>),
    Section {
        /// Its `Debug` would show the configuration's values.
        receiver: Receiver<Arc<Config>>,
        section: String,
    },
}

impl Origin {
    /// As they are now.
    pub(super) fn settings(&mut self, key_needed: bool) -> Result<MaskinportenSettings, Error> {
        match self {
            Self::Settings(settings) => Ok((**settings).clone()),
            Self::Section { receiver, section } => {
                let config = Arc::clone(&receiver.borrow_and_update());
                MaskinportenSettings::quietly_from(&config, section, key_needed).inspect(MaskinportenSettings::tell)
            }
        }
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settings(settings) => settings.fmt(f),
            Self::Section { section, .. } => f
                .debug_struct("Section")
                .field("section", section)
                .finish_non_exhaustive(),
        }
    }
}

/// The parts that serve now, and how to hear of newer settings.
pub(crate) struct Generation {
    pub(crate) parts: Arc<Parts>,
    /// `None`: they do not change.
    newer: Option<Receiver<Arc<Config>>>,
    /// Nobody sends any more.
    ended: bool,
    /// Why the newest settings are not those of the parts.
    pub(super) problem: Option<Arc<str>>,
    /// When they are looked at again all the same.
    again: Option<Instant>,
}

impl Generation {
    pub(super) fn lasting(parts: Arc<Parts>) -> Self {
        Self {
            parts,
            newer: None,
            ended: false,
            problem: None,
            again: None,
        }
    }

    /// Of the settings that were read from the receiver last.
    pub(super) fn first(parts: Arc<Parts>, receiver: Receiver<Arc<Config>>) -> Self {
        Self {
            newer: Some(receiver),
            ..Self::lasting(parts)
        }
    }

    /// Costs an atomic load, and a look at the clock while there is a problem. Nobody can change them any more: that, too, is looked at once.
    pub(super) fn is_outdated(&self) -> bool {
        let changed = |newer: &Receiver<_>| !self.ended && !matches!(newer.has_changed(), Ok(false));
        self.newer.as_ref().is_some_and(changed) || self.again.is_some_and(|again| Instant::now() >= again)
    }
}

/// How to make the next generation.
pub(crate) struct Following {
    recipe: Recipe,
    section: String,
    /// Of the present parts. Held while the next ones are made.
    basis: Mutex<Basis>,
}

impl Following {
    pub(super) fn new(recipe: Recipe, section: String, basis: Basis) -> Self {
        let basis = Mutex::new(basis);
        Self { recipe, section, basis }
    }

    /// Reads the newest settings and exchanges the parts, if nobody else has.
    pub(super) fn catch_up(&self, client: &Inner) {
        let mut basis = self.basis.lock().unwrap_or_else(PoisonError::into_inner);
        let now = client.now.load_full();
        let Some(mut receiver) = now.newer.clone().filter(|_| now.is_outdated()) else {
            return;
        };
        // In this order: what was sent last is seen even where the sender went away with it.
        let ended = receiver.has_changed().is_err();
        let config = Arc::clone(&receiver.borrow_and_update());
        let (parts, problem) = match self.parts(&config, &mut basis) {
            Ok(Some(parts)) => (Arc::new(parts), None),
            Ok(None) => (Arc::clone(&now.parts), None),
            Err(error) => (Arc::clone(&now.parts), Some(error.to_string().into())),
        };
        self.tell(now.problem.as_ref(), problem.as_ref());
        if ended && !now.ended {
            tracing::warn!(section = %self.section, "nobody sends settings any more; those in use stay as they are");
        }
        client.now.store(Arc::new(Generation {
            parts,
            newer: Some(receiver),
            ended,
            again: problem.as_ref().map(|_| Instant::now() + UNTIL_ANOTHER_LOOK),
            problem,
        }));
    }

    /// `None`: nothing changed for this client.
    fn parts(&self, config: &Config, basis: &mut Basis) -> Result<Option<Parts>, Error> {
        // Without the key, which takes longest: most changes are none of ours.
        let settings = MaskinportenSettings::quietly_from(config, &self.section, false)?;
        let changed = settings.changes(&basis.settings);
        if changed.is_empty() {
            return Ok(None);
        }
        let settings = match self.recipe.needs_key() {
            true => MaskinportenSettings::quietly_from(config, &self.section, true)?,
            false => settings,
        };
        let (parts, next) = self.recipe.parts(settings, Some(basis))?;
        next.settings.tell();
        *basis = next;
        let (section, changed) = (&self.section, changed.join(", "));
        tracing::info!(section, changed, "new settings are in use from now on");
        Ok(Some(parts))
    }

    fn tell(&self, before: Option<&Arc<str>>, problem: Option<&Arc<str>>) {
        let section = &self.section;
        match (before, problem) {
            (before, Some(problem)) if before != Some(problem) => {
                tracing::warn!(section, error = %problem, "the newest settings cannot be used; those before them serve on");
            }
            (Some(_), None) => tracing::info!(section, "the newest settings can be used again"),
            _ => {}
        }
    }
}
