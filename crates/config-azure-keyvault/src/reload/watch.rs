//! The handle of a watch.

use std::fmt;
use std::sync::Arc;

use config::{Config, ConfigError};
use tokio::sync::watch::Receiver;
use tokio::task::AbortHandle;

use super::change::Change;
use super::changes::Changes;
use super::shared::Shared;
use super::status::Status;
use crate::health::Health;
use crate::source::AzureKeyVault;

/// Configuration that stays true while the service runs; [`AzureKeyVault::watch`](crate::AzureKeyVault::watch) starts it.
///
/// It is a cheap clone. Dropping the last one, and the last [`Bound`](crate::Bound) of it, stops it, a poll that is under way included.
///
/// ```no_run
/// use config::{Config, File};
/// use config_azure_keyvault::AzureKeyVault;
///
/// # async fn serve() -> Result<(), config::ConfigError> {
/// let vault = AzureKeyVault::default();
/// let builder = Config::builder().add_source(File::with_name("appsettings")).add_async_source(vault.clone());
/// let watch = vault.watch(builder).start().await?; // the first load; what fails it is an error here
///
/// let level = watch.current().get_string("LogLevel")?; // the newest, at each request
/// println!("{level}, {}", watch.status()); // …, configuration is 12 s old (next poll in 270 s)
///
/// let change = watch.refresh().await?; // now, as on SIGHUP
/// println!("{change}"); // nothing changed
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Watch {
    pub(super) shared: Arc<Shared>,
    vault: AzureKeyVault,
    _tasks: Arc<Tasks>,
}

/// The tasks; they end with the last handle.
struct Tasks {
    shared: Arc<Shared>,
    tasks: Vec<AbortHandle>,
}

impl Drop for Tasks {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
        self.shared.close();
    }
}

impl Watch {
    pub(super) fn of(vault: AzureKeyVault, shared: Arc<Shared>, tasks: Vec<AbortHandle>) -> Self {
        let tasks = Arc::new(Tasks {
            shared: Arc::clone(&shared),
            tasks,
        });
        Self {
            shared,
            vault,
            _tasks: tasks,
        }
    }

    /// The newest configuration that could be read whole. It takes no lock and allocates nothing.
    #[must_use]
    pub fn current(&self) -> Arc<Config> {
        self.shared.current.load_full()
    }

    /// Tells of every change from now on.
    #[must_use]
    pub fn changes(&self) -> Changes {
        Changes::of(self.receiver())
    }

    /// The newest configuration for whoever follows it by himself, as `MaskinportenClient::watching` does. It keeps no watch going.
    #[must_use]
    pub fn receiver(&self) -> Receiver<Arc<Config>> {
        self.shared.subscribe()
    }

    /// Reads everything now, on this task, and says what changed. In company of a poll or of another refresh, it counts unless one that
    /// began later has succeeded: then nothing changes, and nothing is what it says. Dropping it before it is done is fine.
    ///
    /// # Errors
    /// What any of the builder's sources says. The last good values stay.
    pub async fn refresh(&self) -> Result<Change, ConfigError> {
        self.shared.load().await
    }

    /// How it is doing.
    #[must_use]
    pub fn status(&self) -> Status {
        self.shared.status()
    }

    /// How the vault and the watch are doing: for a readiness endpoint. No request is made to tell it.
    #[must_use]
    pub fn health(&self) -> Health {
        self.status().health(self.vault.health())
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
