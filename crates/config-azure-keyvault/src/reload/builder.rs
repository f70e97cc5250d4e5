//! What a watch is set up with.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use config::builder::AsyncState;
use config::{ConfigBuilder, ConfigError};

use super::files::Files;
use super::pace::Pace;
use super::poll::{Polling, look, poll};
use super::shared::Shared;
use super::watch::Watch;
use crate::error::{Error, ErrorKind, Stage};
use crate::source::{AddAzureKeyVault, AzureKeyVault};

/// A watch that is being set up; [`AzureKeyVault::watch`] makes it.
///
/// ```no_run
/// use std::time::Duration;
///
/// use config::{Config, File};
/// use config_azure_keyvault::AzureKeyVault;
///
/// # async fn serve() -> Result<(), config::ConfigError> {
/// let watch = AzureKeyVault::default()
///     .watch(Config::builder().add_source(File::with_name("/etc/app/settings"))) // the vault comes behind it
///     .interval(Duration::from_secs(120))
///     .files(["/etc/app/settings.json"]) // a mounted `ConfigMap`, say: read anew within seconds
///     .start()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "it does nothing until it is started"]
pub struct WatchBuilder {
    vault: AzureKeyVault,
    builder: ConfigBuilder<AsyncState>,
    pace: Pace,
    files: Vec<PathBuf>,
}

impl AzureKeyVault {
    /// Keeps the configuration of a builder true while the service runs: [`WatchBuilder::start`](WatchBuilder::start) loads for
    /// the first time, and polls from then on.
    ///
    /// The builder holds a clone of this vault at its place among the sources; where it holds none, the vault is added behind them.
    pub fn watch(&self, builder: impl AddAzureKeyVault) -> WatchBuilder {
        WatchBuilder {
            vault: self.clone(),
            builder: builder.into_async(),
            pace: Pace::default(),
            files: Vec::new(),
        }
    }
}

impl WatchBuilder {
    /// How long between two polls at most: 5 minutes by default, a minute at least. A poll comes up to a tenth earlier, so that many
    /// instances do not ask at once.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.pace = Pace::of(interval);
        self
    }

    /// Files to look at every two seconds beside the polls: where one has changed, appeared or gone, everything is read at once. Links
    /// are followed, so that the swap of a mounted `ConfigMap` is seen. The local file of Development is looked at in any case.
    pub fn files<P: Into<PathBuf>>(mut self, files: impl IntoIterator<Item = P>) -> Self {
        self.files.extend(files.into_iter().map(Into::into));
        self
    }

    /// Loads for the first time, and polls from then on, on a task of this runtime. If the builder holds no clone of the vault, the
    /// vault is added behind its sources.
    ///
    /// # Errors
    /// What the first load says, an interval of less than a minute, and that no tokio runtime runs here.
    pub async fn start(self) -> Result<Watch, ConfigError> {
        let Self {
            vault,
            mut builder,
            pace,
            mut files,
        } = self;
        pace.check()?;
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| no_runtime())?;
        files.extend(vault.local_file_in_development());
        // Before they are read: what changes meanwhile is seen at the next look.
        let files = Files::new(files);
        let (built, holds_it) = vault.seen_in(builder.build_cloned()).await;
        let mut config = built?;
        if !holds_it {
            builder = builder.add_async_source(vault.clone());
            config = builder.build_cloned().await?;
        }
        let shared = Arc::new(Shared::new(
            builder,
            config,
            pace.within(vault.deadline_of_a_load()),
            vault.wall_clock(),
        ));
        // From now on, and not only once the task gets its turn.
        let polling = Polling::begin(Arc::clone(&shared));
        let mut tasks = vec![runtime.spawn(poll(polling)).abort_handle()];
        if !files.is_empty() {
            tasks.push(runtime.spawn(look(Arc::clone(&shared), files)).abort_handle());
        }
        Ok(Watch::of(vault, shared, tasks))
    }
}

fn no_runtime() -> Error {
    let cause = "no tokio runtime runs here, and a watch polls on one";
    Error::new(ErrorKind::InvalidSetting, Stage::Settings, cause).with_remedy("start it inside a tokio runtime")
}

impl fmt::Debug for WatchBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The builder's own Debug shows what it was given.
        f.debug_struct("WatchBuilder")
            .field("vault", &self.vault)
            .field("pace", &self.pace)
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}
