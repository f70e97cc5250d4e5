//! The handle that a builder takes.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex as Lock, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use tokio::runtime::{Handle, Id};
use tokio::sync::Mutex;

use super::connection::Connection;
use super::options::{Options, References};
use crate::clock::Clock;
use crate::health::{Course, Health};
use crate::local;
use crate::reference::Reference;
use crate::report::LoadReport;
use crate::vault::{Memory, Secret};

/// Azure Key Vault as a source of configuration.
///
/// It is a cheap clone: clones share what was loaded, so that a later build gets only what changed, and
/// [`report`](Self::report) tells of the last load whichever clone made it. A clone on which anything is set is a handle of its
/// own and shares nothing: set everything first, then clone.
///
/// An async builder takes it with [`add_azure_key_vault`](crate::AddAzureKeyVault::add_azure_key_vault) or
/// `add_async_source`, a sync one with `add_source`. The sync form loads on a thread of its own, so it works inside any
/// runtime and without one. But it blocks the thread that it is called from, on an async builder too (which takes
/// `add_source` as well): inside a runtime use `add_async_source`, or the runtime's thread does nothing else meanwhile. A
/// warning in the log says so.
///
/// Loads of one handle at the same time in one runtime, and those of the sync form, go one after the other, and the later ones get
/// only what changed. None waits for one in another runtime, which may be idle, nor for more than a part of its own deadline: it
/// loads by itself.
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
#[derive(Clone)]
pub struct AzureKeyVault {
    pub(super) options: Arc<Options>,
    pub(super) shared: Arc<Shared>,
}

/// What clones share.
#[derive(Default)]
pub(super) struct Shared {
    /// The session of each place that was loaded in lately. Its lock is held for the whole of a load: two at once would ask the vault
    /// twice for the same. Nobody waits for it for long.
    sessions: Lock<Vec<(Place, Arc<Session>)>>,
    /// What was got from each vault of the handle, wherever: its place among them, its name.
    memory: Lock<HashMap<usize, (String, Arc<Memory>)>>,
    /// What references name by version. That never changes, so it is got once.
    pub(super) pinned: Lock<HashMap<Reference, Secret>>,
    pub(super) report: RwLock<Option<LoadReport>>,
    /// The vaults of the handle that were part of a whole load, by their place and name: from then on they must be there.
    pub(super) taken_in: Lock<HashSet<(usize, String)>>,
    pub(super) course: Lock<Course>,
    /// What was said of this handle once, and is not said again at each poll.
    pub(super) said: Said,
}

#[derive(Default)]
pub(super) struct Said {
    /// Which vault, who signs in, and what names it.
    pub(super) loading: AtomicBool,
    /// That the sync form blocks a runtime's thread.
    pub(super) blocks: AtomicBool,
}

pub(super) type Session = Mutex<Option<Connection>>;

/// Where a load runs. A load waits for none in another place: a runtime may be idle while one of its loads is under way.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A runtime of the caller's; without any, none.
    Runtime(Option<Id>),
    /// A thread of the load's own, which does nothing else until it is done.
    OwnThread,
}

impl Place {
    /// The caller's runtime.
    pub(super) fn current() -> Self {
        Self::Runtime(Handle::try_current().ok().map(|runtime| runtime.id()))
    }
}

/// So many sessions are kept at most. Nobody tells when a runtime ends.
const SESSIONS: usize = 4;

impl Shared {
    /// The session of this place: the last one there, or an empty one.
    pub(super) fn session(&self, place: Place) -> Arc<Session> {
        let mut sessions = lock(&self.sessions);
        let known = sessions.iter().position(|(known, _)| *known == place);
        let (_, session) = known.map_or_else(|| (place, Arc::default()), |at| sessions.remove(at));
        sessions.truncate(SESSIONS - 1);
        sessions.insert(0, (place, Arc::clone(&session)));
        session
    }

    /// What the last load got from this vault; `None` before the first that went well.
    pub(super) fn memory(&self, index: usize, vault: &str) -> Option<Arc<Memory>> {
        let memory = lock(&self.memory);
        let (_, known) = memory.get(&index).filter(|(name, _)| name == vault)?;
        Some(Arc::clone(known))
    }

    pub(super) fn remember(&self, index: usize, vault: &str, memory: Memory) {
        lock(&self.memory).insert(index, (vault.to_owned(), Arc::new(memory)));
    }
}

pub(super) fn lock<T>(lock: &Lock<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The vault that the settings or the environment name.
impl Default for AzureKeyVault {
    fn default() -> Self {
        // What the first handshake needs is made beside the reading of files, and not when everything waits for it.
        process_tls::prepare();
        Self {
            options: Arc::default(),
            shared: Arc::default(),
        }
    }
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

    /// Several vaults as one source: loaded side by side, each with its own prefix, names and filter, and laid over each other in their
    /// order, so that the last one wins. Those that sign in alike share credential and token.
    ///
    /// A vault has for itself: its URL, who signs in, what is loaded, and when it need not be there; set on the layered handle, it is set
    /// on each. Everything else is the layered handle's, which begins with what the first vault has, and resolves references where one of
    /// them does. No vault at all is an error when it loads.
    #[must_use]
    pub fn layered(vaults: impl IntoIterator<Item = Self>) -> Self {
        let given: Vec<Arc<Options>> = vaults.into_iter().map(|vault| vault.options).collect();
        let references = References::of_all(given.iter().map(|options| options.references));
        let options = given.first().map(|first| (**first).clone()).unwrap_or_default();
        let layers = given
            .into_iter()
            // It is no vault.
            .filter(|options| !options.references.is_all())
            .flat_map(|options| options.layers.clone().unwrap_or_else(|| vec![options]))
            .collect();
        Self {
            options: Arc::new(Options {
                layers: Some(layers),
                references,
                ..options
            }),
            shared: Arc::default(),
        }
    }

    /// No vault of one's own: only Key Vault references in earlier sources are resolved, as by
    /// [`resolve_references`](Self::resolve_references).
    #[must_use]
    pub fn references_only() -> Self {
        Self::default().set(|options| options.references = References::All)
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

    /// How its loads have been doing: for a readiness endpoint. No request is made to tell it.
    #[must_use]
    pub fn health(&self) -> Health {
        lock(&self.shared.course).health()
    }

    pub(crate) fn deadline_of_a_load(&self) -> Duration {
        self.options.limits.deadline
    }

    pub(crate) fn wall_clock(&self) -> Clock {
        self.options.clock.clone()
    }

    /// The file that stands in for the vault, where it does.
    pub(crate) fn local_file_in_development(&self) -> Option<PathBuf> {
        let Options {
            local_file,
            directory,
            variables,
            ..
        } = &*self.options;
        let path = || local::path(local_file, directory, variables).ok();
        self.options.environment().is_development().then(path)?
    }

    /// Sets what each vault of a layered handle has for itself.
    pub(super) fn set_each(self, change: impl Fn(&mut Options)) -> Self {
        self.set(|options| {
            let layers = options.layers.iter_mut().flatten();
            layers.for_each(|layer| change(Arc::make_mut(layer)));
            change(options);
        })
    }

    pub(super) fn set(mut self, change: impl FnOnce(&mut Options)) -> Self {
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
