//! The handle that a builder takes, and the order of the steps.

mod laying;
mod options;
mod steps;
mod traits;

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Mutex;

use crate::report::LoadReport;
use crate::vault::Memory;

use options::Options;
use steps::Connection;
pub use traits::AddAzureKeyVault;

/// Azure Key Vault as a source of configuration.
///
/// It is a cheap clone: clones share what was loaded, so that a later build gets only what changed, and
/// [`report`](Self::report) tells of the last load whichever clone made it. A clone on which anything is set is a handle of its
/// own and shares nothing: set everything first, then clone.
///
/// An async builder takes it with [`add_azure_key_vault`](AddAzureKeyVault::add_azure_key_vault) or
/// `add_async_source`, a sync one with `add_source`. The sync form loads on a thread of its own, so it works inside any
/// runtime and without one. But it blocks the thread that it is called from, on an async builder too (which takes
/// `add_source` as well): inside a runtime use `add_async_source`, or the runtime's thread does nothing else meanwhile. A
/// warning in the log says so.
///
/// Loads of one handle at the same time go one after the other, and the later ones get only what changed. One that would have to
/// wait for more than a part of its own deadline loads by itself.
///
/// ```no_run
/// # fn main() -> Result<(), config::ConfigError> {
/// use config::Config;
/// use config_azure_keyvault::AzureKeyVault;
///
/// let vault = AzureKeyVault::new("https://my-app.vault.azure.net").prefix("MyApp--");
/// let config = Config::builder().add_source(vault.clone()).build()?;
/// println!("{}", vault.report().expect("it was built"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct AzureKeyVault {
    options: Arc<Options>,
    shared: Arc<Shared>,
}

/// What clones share.
#[derive(Default)]
struct Shared {
    /// Held for the whole of a load: two at once would ask the vault twice for the same. Nobody waits for it for long.
    state: Mutex<State>,
    report: RwLock<Option<LoadReport>>,
}

#[derive(Default)]
struct State {
    connection: Option<Connection>,
    /// The vault's name and what was got from it.
    memory: Option<(String, Memory)>,
}

impl AzureKeyVault {
    /// The vault of that URL: `https://NAME.vault.azure.net`. [`default`](Self::default) finds it in the settings.
    ///
    /// Only the URL's origin counts, and anything but https is refused when it loads.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        let url = url.into();
        Self::default().set(|options| options.url = Some(url))
    }

    /// What the last load did, or `None` before the first. A load that failed leaves the report of the one before.
    #[must_use]
    pub fn report(&self) -> Option<LoadReport> {
        self.shared
            .report
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn set(mut self, change: impl FnOnce(&mut Options)) -> Self {
        change(Arc::make_mut(&mut self.options));
        // What was loaded with other options is none of this handle's.
        self.shared = Arc::default();
        self
    }
}

impl fmt::Debug for AzureKeyVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AzureKeyVault")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
