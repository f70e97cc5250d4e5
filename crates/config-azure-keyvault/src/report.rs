//! What was loaded, what was skipped and why, and how long it took. Never a value.

use std::fmt;
use std::time::{Duration, SystemTime};

use azure_core::time::OffsetDateTime;

use crate::environment::HostEnvironment;
use crate::error::ErrorKind;

/// What the last load did. Get it with [`AzureKeyVault::report`](crate::AzureKeyVault::report); it holds no value.
///
/// ```
/// use config::Config;
/// use config_azure_keyvault::AzureKeyVault;
/// # use keyvault_emulator::{KeyVaultEmulator, SecretSeed, SignIn};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = KeyVaultEmulator::start_blocking()?;
/// # emulator.default_vault().set("Database--Password", "hunter2");
/// # emulator.default_vault().seed(SecretSeed::new("Old", "x").enabled(false));
///
/// let vault = AzureKeyVault::default();
/// # let vault = vault.environment("Production").process_environment(emulator.variables(SignIn::ClientSecret)?)
/// #     .http_client(emulator.http_client()).verify_challenge_resource(false);
/// let config = Config::builder().add_source(vault.clone()).build()?;
///
/// let report = vault.report().expect("it was loaded");
/// println!("{report}"); // loaded 1 value from https://… (named by …) in 80 ms (1 skipped, 3 requests)
/// for skipped in &report.skipped {
///     println!("{}: {}", skipped.name, skipped.reason); // Old: disabled
/// }
/// # assert_eq!((report.loaded.len(), report.skipped.len()), (1, 1));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LoadReport {
    /// The environment the load ran in.
    pub environment: HostEnvironment,
    /// Where the values came from.
    pub from: LoadedFrom,
    /// The credential that was picked, and why; `None` in Development.
    pub credential: Option<String>,
    /// Every value that became a setting, in the order of its key.
    pub loaded: Vec<Loaded>,
    /// Every value that did not, and why. What your own prefix leaves out is counted and no more.
    pub skipped: Vec<Skipped>,
    /// Vaults that gave nothing, where they need not.
    pub not_loaded: Vec<NotLoaded>,
    /// What loaded, but wants attention.
    pub warnings: Vec<Warning>,
    /// Secrets that your own prefix, filter or key mapper left out.
    pub filtered: usize,
    /// Secrets that were not got again, because nothing changed since the last load.
    pub unchanged: usize,
    /// Pages of the list.
    pub pages: usize,
    /// HTTP requests to the vault, every try counted.
    pub requests: u64,
    /// How many of these the vault answered with its challenge (401 to a request without a token).
    pub challenges: u64,
    /// HTTP requests to the token endpoint.
    pub token_requests: u64,
    /// How long the whole load took.
    pub elapsed: Duration,
    /// How long after the start the last page of the list was there; zero without a list.
    pub listed_after: Duration,
}

/// When a vault need not be there. What is wrong with the settings themselves is an error in any case, and so is an answer that is no
/// Key Vault's, or a secret that is required and not there.
///
/// ```
/// use config_azure_keyvault::{AzureKeyVault, OptionalIf};
///
/// // A service that starts without its vault's overrides rather than not at all; but not as somebody without access.
/// let vault = AzureKeyVault::new("https://overrides.vault.azure.net").optional([OptionalIf::Unreachable]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OptionalIf {
    /// It cannot be reached: name, route, port, TLS, a proxy; or it does not answer in time, or fails itself (5xx, 429).
    Unreachable,
    /// The credential that was picked gives no token, or cannot be built: a file of it is not there.
    NoCredential,
    /// It refuses the token or the request (401, 403).
    NoPermission,
}

impl OptionalIf {
    /// The case that an error is of, if it is of one.
    pub(crate) fn of(kind: ErrorKind) -> Option<Self> {
        match kind {
            ErrorKind::Unreachable | ErrorKind::Timeout | ErrorKind::Service | ErrorKind::Throttled => {
                Some(Self::Unreachable)
            }
            ErrorKind::Credential => Some(Self::NoCredential),
            ErrorKind::Unauthorized | ErrorKind::Forbidden => Some(Self::NoPermission),
            _ => None,
        }
    }
}

impl fmt::Display for OptionalIf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreachable => "unreachable",
            Self::NoCredential => "no credential",
            Self::NoPermission => "no permission",
        })
    }
}

/// A vault that gave nothing, and need not.
///
/// ```
/// use config_azure_keyvault::{LoadReport, OptionalIf};
///
/// /// Whose permissions somebody should look at.
/// fn refused(report: &LoadReport) -> impl Iterator<Item = &str> {
///     let refused = report.not_loaded.iter().filter(|not_loaded| not_loaded.case == OptionalIf::NoPermission);
///     refused.map(|not_loaded| not_loaded.vault.as_str())
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotLoaded {
    /// The vault's URL.
    pub vault: String,
    /// The case in which it need not be there.
    pub case: OptionalIf,
    /// What its error would have said, in one line.
    pub reason: String,
}

impl NotLoaded {
    /// The same vault in the same case: the words may differ each time, as an id in them does.
    pub(crate) fn is_as(&self, other: &Self) -> bool {
        (&self.vault, self.case) == (&other.vault, other.case)
    }
}

impl fmt::Display for NotLoaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} gave nothing, and need not ({}): {}",
            self.vault, self.case, self.reason
        )
    }
}

/// Where values came from.
///
/// ```
/// use config::Config;
/// use config_azure_keyvault::{AzureKeyVault, LoadedFrom};
///
/// let vault = AzureKeyVault::new("https://my-app.vault.azure.net").environment("Development");
/// # let empty = std::env::temp_dir().join("no-such-folder");
/// # let vault = vault.working_directory(empty);
/// Config::builder().add_source(vault.clone()).build()?;
///
/// // A readiness check may insist on a vault.
/// match vault.report().expect("it was loaded").from {
///     LoadedFrom::Vault { url, .. } => println!("ready, with {url}"),
///     LoadedFrom::LocalFile(path) => println!("ready for development, with {path}"),
///     other => println!("ready for development, with {other}"), // nothing: there is no secrets.json
/// }
/// # Ok::<(), config::ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadedFrom {
    /// The vault of that URL.
    Vault {
        /// The vault's origin.
        url: String,
        /// The place that named it.
        named_by: String,
    },
    /// The local file of Development.
    LocalFile(String),
    /// Several vaults, the later ones over the earlier.
    Vaults(Vec<String>),
    /// The vaults that references name, and no other.
    References,
    /// Development without a local file: nothing was read.
    Nothing,
}

impl fmt::Display for LoadedFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vault { url, named_by } => write!(f, "{url} (named by {named_by})"),
            Self::LocalFile(path) => f.write_str(path),
            Self::Vaults(urls) => f.write_str(&urls.join(" and ")),
            Self::References => f.write_str("the vaults of references"),
            Self::Nothing => f.write_str("nothing"),
        }
    }
}

/// A value that became a setting.
///
/// ```
/// use config::Config;
/// use config_azure_keyvault::AzureKeyVault;
/// # use keyvault_emulator::{KeyVaultEmulator, SignIn};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = KeyVaultEmulator::start_blocking()?;
/// # let version = emulator.default_vault().set("Database--Password", "hunter2");
///
/// let vault = AzureKeyVault::default(); // it holds `Database--Password`
/// # let vault = vault.environment("Production").process_environment(emulator.variables(SignIn::ClientSecret)?)
/// #     .http_client(emulator.http_client()).verify_challenge_resource(false);
/// Config::builder().set_default("database.host", "localhost")?.add_source(vault.clone()).build()?;
///
/// let report = vault.report().expect("it was loaded");
/// let loaded = &report.loaded[0];
/// assert_eq!((loaded.name.as_str(), loaded.key.to_lowercase().as_str()), ("Database--Password", "database.password"));
/// assert_eq!(loaded.version.as_deref(), Some(version.as_str())); // which one a process runs with
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Loaded {
    /// The secret's name.
    pub name: String,
    /// The setting, as `Section.Key`.
    pub key: String,
    /// The version that was loaded, if the vault told it.
    pub version: Option<String>,
    /// The vault that holds it; `None` for the local file.
    pub vault: Option<String>,
}

/// A value that did not become a setting.
///
/// A start-up that refuses to run without one of its secrets, whatever became of it:
///
/// ```
/// use config_azure_keyvault::{LoadReport, Skipped};
///
/// fn whole(report: &LoadReport) -> Result<(), String> {
///     match report.skipped.iter().find(|skipped| skipped.name.starts_with("Database--")) {
///         Some(Skipped { name, reason, .. }) => Err(format!("{name} is not used: {reason}")),
///         None => Ok(()),
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Skipped {
    /// The secret's name.
    pub name: String,
    /// The vault that holds it; `None` for the local file.
    pub vault: Option<String>,
    /// Why.
    pub reason: SkipReason,
}

impl Skipped {
    pub(crate) fn new(name: String, reason: SkipReason) -> Self {
        let vault = None;
        Self { name, vault, reason }
    }

    pub(crate) fn of_vault(self, vault: &str) -> Self {
        let vault = Some(vault.to_owned());
        Self { vault, ..self }
    }
}

/// Why a value did not become a setting.
///
/// ```
/// use config_azure_keyvault::{LoadReport, SkipReason};
///
/// /// What somebody should look at: not what the app left out itself.
/// fn odd(report: &LoadReport) -> impl Iterator<Item = &str> {
///     let skipped = report.skipped.iter();
///     skipped.filter(|skipped| !matches!(skipped.reason, SkipReason::LeftOut(_) | SkipReason::Missing)).map(|s| s.name.as_str())
/// }
/// assert_eq!(SkipReason::NotYetValid.to_string(), "not valid yet");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SkipReason {
    /// It is disabled.
    Disabled,
    /// It is the backing secret of a certificate (`managed`).
    Managed,
    /// It was deleted between the list and the get.
    Deleted,
    /// An optional name that the vault does not hold.
    Missing,
    /// It has expired, and expired secrets are to be skipped.
    Expired,
    /// It is not valid yet, and such secrets are to be skipped.
    NotYetValid,
    /// Your own choice; by which, in words (`by the filter`).
    LeftOut(&'static str),
    /// It cannot be placed in the configuration; in words.
    NotPlaced(String),
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Disabled => "disabled",
            Self::Managed => "managed: the backing secret of a certificate (`managed(Managed::Load)` takes it)",
            Self::Deleted => "deleted while loading",
            Self::Missing => "optional, and not in the vault",
            Self::Expired => "expired",
            Self::NotYetValid => "not valid yet",
            Self::LeftOut(by) => return write!(f, "left out {by}"),
            Self::NotPlaced(why) => why,
        })
    }
}

/// Something that wants attention, though the load went through.
///
/// ```
/// use config_azure_keyvault::{LoadReport, Warning};
///
/// /// For a metric: how many secrets of this process have expired.
/// fn expired(report: &LoadReport) -> usize {
///     report.warnings.iter().filter(|warning| matches!(warning, Warning::Expired { .. })).count()
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Warning {
    /// The secret has expired; it was loaded all the same.
    Expired {
        /// The secret's name.
        name: String,
        /// When it expired.
        since: SystemTime,
    },
    /// The secret is not valid yet; it was loaded all the same.
    NotYetValid {
        /// The secret's name.
        name: String,
        /// When it becomes valid.
        from: SystemTime,
    },
    /// The secret ends within 30 days.
    EndsSoon {
        /// The secret's name.
        name: String,
        /// When it expires.
        at: SystemTime,
    },
    /// A vault is named, and not asked: this is Development.
    VaultNotAsked {
        /// The place that names the vault.
        named_by: String,
        /// What says that this is Development: a variable's name, or the code.
        development_by: String,
        /// The local file that stands in for the vault, whether it is there or not.
        file: String,
    },
    /// An earlier source holds a value where the vault holds a section; the value gave way.
    Replaced {
        /// The setting, as `Section.Key`.
        key: String,
    },
    /// The secret became a setting, but one that its reader may not look for.
    Stray {
        /// The secret's name.
        name: String,
        /// The setting, as `Section.Key`.
        key: String,
        /// Why, in words.
        reason: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expired { name, .. } => write!(f, "secret `{name}` has expired"),
            Self::NotYetValid { name, .. } => write!(f, "secret `{name}` is not valid yet"),
            Self::EndsSoon { name, at } => {
                write!(f, "secret `{name}` expires on {}", OffsetDateTime::from(*at).date())
            }
            Self::VaultNotAsked {
                named_by,
                development_by,
                file,
            } => write!(
                f,
                "the vault that {named_by} names is not asked: {development_by} says that this is Development, where {file} stands in \
                 for it"
            ),
            Self::Replaced { key } => write!(f, "the value of an earlier source at `{key}` gave way to a section"),
            Self::Stray { name, key, reason } => {
                write!(f, "secret `{name}` may be read by nobody at `{key}`: {reason}")
            }
        }
    }
}

impl LoadReport {
    /// Did the same vaults give nothing?
    pub(crate) fn lacks_as(&self, other: &Self) -> bool {
        self.not_loaded.len() == other.not_loaded.len()
            && self
                .not_loaded
                .iter()
                .zip(&other.not_loaded)
                .all(|(one, other)| one.is_as(other))
    }

    /// Did a vault give nothing that need not be there?
    #[must_use]
    pub fn is_degraded(&self) -> bool {
        !self.not_loaded.is_empty()
    }
}

impl fmt::Display for LoadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "loaded {} from {} in {} ms ({} skipped, {})",
            counted(self.loaded.len() as u64, "value"),
            self.from,
            self.elapsed.as_millis(),
            self.skipped.len(),
            counted(self.requests, "request")
        )
    }
}

/// A number of things, in English.
fn counted(n: u64, what: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{n} {what}{s}")
}
