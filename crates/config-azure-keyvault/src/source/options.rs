//! What can be set, with its defaults.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use azure_core::credentials::TokenCredential;

use crate::clock::Clock;
use crate::cloud::Cloud;
use crate::environment::HostEnvironment;
use crate::local::LocalFile;
use crate::report::OptionalIf;
use crate::settings::{Given, MOUNTED};
use crate::variables::Variables;
use crate::vault::{HttpSettings, Limits, Selection};

#[derive(Clone)]
pub(super) struct Options {
    pub(super) url: Option<String>,
    /// What people are told of where the URL and the environment come from that were given to the handle.
    pub(super) given_by: Cow<'static, str>,
    pub(super) environment: Option<HostEnvironment>,
    pub(super) local_file: LocalFile,
    pub(super) credential: Option<Arc<dyn TokenCredential>>,
    pub(super) cloud: Option<Cloud>,
    pub(super) selection: Selection,
    pub(super) limits: Limits,
    pub(super) http: HttpSettings,
    pub(super) variables: Variables,
    pub(super) directory: PathBuf,
    pub(super) mounted: PathBuf,
    pub(super) clock: Clock,
    /// The vaults of a layered handle; what concerns all of them is the handle's own.
    pub(super) layers: Option<Vec<Arc<Options>>>,
    pub(super) references: References,
    pub(super) optional: Vec<OptionalIf>,
}

/// What becomes of Key Vault references in earlier sources.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum References {
    /// They stay as they are.
    #[default]
    Left,
    Resolved,
    /// They are resolved, and there is no vault of one's own.
    All,
}

impl References {
    pub(super) fn are_resolved(self) -> bool {
        self != Self::Left
    }

    /// Of several handles that become one.
    pub(super) fn of_all(each: impl IntoIterator<Item = Self>) -> Self {
        let each: Vec<Self> = each.into_iter().collect();
        match each.as_slice() {
            [] => Self::Left,
            all if all.iter().all(|one| one.is_all()) => Self::All,
            some if some.iter().any(|one| one.are_resolved()) => Self::Resolved,
            _ => Self::Left,
        }
    }

    pub(super) fn is_all(self) -> bool {
        self == Self::All
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            url: None,
            given_by: Cow::Borrowed("the code"),
            environment: None,
            local_file: LocalFile::default(),
            credential: None,
            cloud: None,
            selection: Selection::default(),
            limits: Limits::default(),
            http: HttpSettings::default(),
            variables: Variables::default(),
            directory: PathBuf::new(),
            mounted: PathBuf::from(MOUNTED),
            clock: Clock::default(),
            layers: None,
            references: References::default(),
            optional: Vec::new(),
        }
    }
}

impl Options {
    /// The URL that was given, and by whom.
    pub(super) fn given(&self) -> Option<Given<'_>> {
        let by = self.given_by.as_ref();
        self.url.as_deref().map(|url| Given { url, by })
    }

    /// The environment that a load runs in.
    pub(super) fn environment(&self) -> HostEnvironment {
        let environment = || HostEnvironment::of(&self.variables);
        self.environment.clone().unwrap_or_else(environment)
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL is left as it was given and may hold anything; only whether it is there is shown.
        f.debug_struct("Options")
            .field("url", &self.url.is_some())
            .field("environment", &self.environment)
            .field("local_file", &self.local_file)
            .field("credential", &self.credential.is_some())
            .field("cloud", &self.cloud)
            .field("selection", &self.selection)
            .field("limits", &self.limits)
            .field("http", &self.http)
            .field("variables", &self.variables)
            .field("layers", &self.layers)
            .field("references", &self.references)
            .field("optional", &self.optional)
            .finish_non_exhaustive()
    }
}
