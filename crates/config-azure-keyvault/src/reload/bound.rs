//! A type that is bound anew at each change.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;
use config::{Config, ConfigError};
use serde::de::DeserializeOwned;
use tokio::sync::watch;

use super::change::Change;
use super::changes::Changes;
use super::shared::{Follow, lock};
use super::status::Status;
use super::watch::Watch;
use crate::bind::BindConfig as _;
use crate::error::Error;
use crate::health::Health;

/// Typed settings that stay true while the service runs; [`Watch::bind`] makes it.
///
/// It keeps the last value that fitted, and its watch going. It is a cheap clone.
///
/// ```
/// use config_azure_keyvault::{Bound, Error, Watch};
/// use secrecy::SecretString;
///
/// #[derive(serde::Deserialize)]
/// struct Database {
///     host: String,
///     password: SecretString,
/// }
///
/// fn database(watch: &Watch) -> Result<Bound<Database>, Error> {
///     watch.bind_section("Database") // it must fit now
/// }
///
/// fn on_a_request(database: &Bound<Database>) {
///     let now = database.current();
///     println!("{}", now.host);
///     if let Some(why) = database.status().unbound {
///         println!("still the settings of before: {why}");
///     }
/// }
/// ```
pub struct Bound<T> {
    follower: Arc<Follower<T>>,
    watch: Watch,
}

impl Watch {
    /// Binds the configuration to a type, now and at each change. The type's own code may ask this watch for anything.
    ///
    /// # Errors
    /// As [`BindConfig::bind`](crate::BindConfig::bind), where it does not fit now. Later the last value that did stays, and
    /// [`Status::unbound`] says why the newest does not.
    pub fn bind<T: DeserializeOwned + Send + Sync + 'static>(&self) -> Result<Bound<T>, Error> {
        Bound::of(self.clone(), None)
    }

    /// Binds a section to a type, now and at each change, as [`bind`](Self::bind).
    ///
    /// # Errors
    /// As [`BindConfig::bind_section`](crate::BindConfig::bind_section).
    pub fn bind_section<T: DeserializeOwned + Send + Sync + 'static>(
        &self,
        section: impl Into<String>,
    ) -> Result<Bound<T>, Error> {
        Bound::of(self.clone(), Some(section.into()))
    }
}

struct Follower<T> {
    section: Option<String>,
    current: ArcSwap<T>,
    /// The newest configuration that fitted.
    fitting: watch::Sender<Arc<Config>>,
    outcome: Mutex<Outcome>,
}

/// What came of the newest configuration.
struct Outcome {
    /// Of its load.
    number: u64,
    /// Why it does not fit.
    unbound: Option<String>,
}

fn bind<T: DeserializeOwned>(config: &Config, section: Option<&str>) -> Result<T, Error> {
    match section {
        Some(section) => config.bind_section(section),
        None => config.bind(),
    }
}

impl<T: DeserializeOwned + Send + Sync> Follow for Follower<T> {
    fn follow(&self, config: &Arc<Config>, number: u64) {
        // A type's own code runs here and where a value is let go, and a watch outlives it.
        let bound = catch_unwind(AssertUnwindSafe(|| {
            bind::<T>(config, self.section.as_deref()).map(Arc::new)
        }));
        let bound = match bound {
            Ok(bound) => bound.map_err(|error| error.to_string()),
            Err(_) => Err("the type panicked while it was bound or let go".to_owned()),
        };
        let reason = bound.as_ref().err().cloned();
        let let_go = {
            let mut outcome = lock(&self.outcome);
            if number < outcome.number {
                // A newer one was faster.
                Some(bound)
            } else {
                outcome.number = number;
                outcome.unbound.clone_from(&reason);
                bound.ok().map(|value| {
                    let before = self.current.swap(value);
                    self.fitting.send_replace(Arc::clone(config));
                    Ok(before)
                })
            }
        };
        if catch_unwind(AssertUnwindSafe(|| drop(let_go))).is_err() {
            tracing::warn!(
                section = self.section.as_deref(),
                "a value of the settings panicked when it was let go"
            );
        }
        if let Some(reason) = reason {
            tracing::warn!(
                section = self.section.as_deref(),
                "the settings stay as they are, the newest do not fit: {reason}"
            );
        }
    }
}

impl<T: DeserializeOwned + Send + Sync + 'static> Bound<T> {
    pub(super) fn of(watch: Watch, section: Option<String>) -> Result<Self, Error> {
        let follower = watch.shared.add(|config, number| {
            let value = bind(&config, section.as_deref())?;
            Ok(Arc::new(Follower {
                section,
                current: ArcSwap::from_pointee(value),
                fitting: watch::Sender::new(config),
                outcome: Mutex::new(Outcome { number, unbound: None }),
            }))
        })?;
        Ok(Self { follower, watch })
    }
}

impl<T> Bound<T> {
    /// The newest value that fitted. It takes no lock and allocates nothing.
    #[must_use]
    pub fn current(&self) -> Arc<T> {
        self.follower.current.load_full()
    }

    /// Tells of every change of the configuration from now on that led to a value that fits; [`current`](Self::current) has it by then.
    /// Whether it is one of the section's, [`Change::touches`] tells.
    #[must_use]
    pub fn changes(&self) -> Changes {
        Changes::of(self.follower.fitting.subscribe())
    }

    /// As [`Watch::refresh`].
    ///
    /// # Errors
    /// As [`Watch::refresh`]. That the newest does not fit is in [`status`](Self::status).
    pub async fn refresh(&self) -> Result<Change, ConfigError> {
        self.watch.refresh().await
    }

    /// How the watch is doing, and whether the newest configuration fits.
    #[must_use]
    pub fn status(&self) -> Status {
        Status {
            unbound: lock(&self.follower.outcome).unbound.clone(),
            ..self.watch.status()
        }
    }

    /// How the vault and the watch are doing, and whether the newest configuration fits: for a readiness endpoint.
    #[must_use]
    pub fn health(&self) -> Health {
        self.status().health(self.watch.health())
    }

    /// The watch that it follows.
    #[must_use]
    pub fn watch(&self) -> &Watch {
        &self.watch
    }
}

impl<T> Clone for Bound<T> {
    fn clone(&self) -> Self {
        Self {
            follower: Arc::clone(&self.follower),
            watch: self.watch.clone(),
        }
    }
}

/// It shows no value, whatever the type would.
impl<T> fmt::Debug for Bound<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bound")
            .field("section", &self.follower.section)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
