//! One opaque error: what failed, where, why, and what to do about it.
//!
//! Its text is one line. It never holds a secret's value nor the body of a reply.

use std::error::Error as StdError;
use std::fmt;

use crate::obstacle::Obstacle;

/// What went wrong, for code that decides on it.
///
/// An app that may start without its vault where nobody named one, and not otherwise:
///
/// ```
/// use config::{Config, ConfigError};
/// use config_azure_keyvault::{AzureKeyVault, Error, ErrorKind};
///
/// fn load(vault: AzureKeyVault, files: Config) -> Result<Config, ConfigError> {
///     match Config::builder().add_source(files.clone()).add_source(vault).build() {
///         Err(error) if Error::find(&error).is_some_and(|error| error.kind() == ErrorKind::NoVault) => Ok(files),
///         other => other,
///     }
/// }
/// # let vault = AzureKeyVault::default().environment("Production").process_environment([("A", "b")]);
/// # assert!(load(vault, Config::default()).is_ok());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No place names a vault, and this is not Development.
    NoVault,
    /// A setting of the vault or of this source cannot be used (a URL that is not https, a bad name, an empty list).
    InvalidSetting,
    /// The credential could not be chosen or gave no token.
    Credential,
    /// The vault could not be reached: name, route, port, TLS.
    Unreachable,
    /// The vault refused the token (401).
    Unauthorized,
    /// The vault refused the request (403).
    Forbidden,
    /// A required secret is missing, disabled or no setting, a policy makes it an error, or one that was deleted holds its name.
    Secret,
    /// Too many requests (429) for longer than the deadline allows.
    Throttled,
    /// The vault failed (5xx).
    Service,
    /// The deadline passed.
    Timeout,
    /// The vault's reply could not be understood or was refused.
    InvalidResponse,
    /// The local file of Development cannot be read.
    LocalFile,
    /// Settings do not fit the type they are bound to; see [`Error::problems`].
    Bind,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoVault => "no vault",
            Self::InvalidSetting => "invalid setting",
            Self::Credential => "credential",
            Self::Unreachable => "unreachable",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::Secret => "secret",
            Self::Throttled => "throttled",
            Self::Service => "service",
            Self::Timeout => "timeout",
            Self::InvalidResponse => "invalid response",
            Self::LocalFile => "local file",
            Self::Bind => "bind",
        })
    }
}

/// Where it went wrong.
///
/// ```
/// use config::Config;
/// use config_azure_keyvault::{AzureKeyVault, Error, Stage};
///
/// let vault = AzureKeyVault::default().environment("Development").local_file("no-such-file.json");
/// let error = Config::builder().add_source(vault).build().unwrap_err();
/// assert_eq!(Error::find(&error).map(Error::stage), Some(Stage::LocalFile));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Finding the vault and reading this source's own settings.
    Settings,
    /// Choosing the credential and fetching a token.
    Credential,
    /// Listing the vault's secrets.
    List,
    /// Getting one secret.
    Get,
    /// Setting a secret.
    Set,
    /// Deleting a secret.
    Delete,
    /// Making settings of the secrets.
    Mapping,
    /// Reading the file that stands in for the vault in Development.
    LocalFile,
    /// Binding configuration to a type.
    Bind,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Settings => "settings",
            Self::Credential => "credential",
            Self::List => "list",
            Self::Get => "get",
            Self::Set => "set",
            Self::Delete => "delete",
            Self::Mapping => "mapping",
            Self::LocalFile => "local file",
            Self::Bind => "bind",
        })
    }
}

/// One setting that does not fit the type it is bound to. Holds no value.
///
/// ```
/// use config::Config;
/// use config_azure_keyvault::BindConfig;
///
/// #[derive(Debug, serde::Deserialize)]
/// struct Database {
///     host: String,
///     password: String,
/// }
///
/// let config = Config::builder().set_override("Database.Host", "localhost")?.build()?;
/// let error = config.bind_section::<Database>("Database").unwrap_err();
/// let problem = &error.problems()[0];
/// assert_eq!((problem.key.as_str(), problem.message.as_str()), ("Database.Password", "is missing"));
/// assert_eq!(problem.secret.as_deref(), Some("Database--Password"));
/// # Ok::<(), config::ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The setting, as `Section.Key`; an array's element as `Section.Key[0]`.
    pub key: String,
    /// What is wrong with it, in words.
    pub message: String,
    /// Where the value came from, if it is there.
    pub origin: Option<String>,
    /// The Key Vault secret that would set it, if a secret can.
    pub secret: Option<String>,
    /// In Development, the key in the local file that would set it, and where that file was looked for.
    pub local: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.key, self.message)?;
        if let Some(origin) = &self.origin {
            write!(f, " (from {origin})")?;
        }
        if let Some(secret) = &self.secret {
            write!(f, " (the Key Vault secret `{secret}` would set it)")?;
        }
        if let Some(local) = &self.local {
            write!(f, " (this is Development: {local} would set it)")?;
        }
        Ok(())
    }
}

/// The error of this crate.
///
/// [`Display`](fmt::Display) is one line: where (vault, stage, secret), the root cause, the remedy. The chain of
/// [`source`](StdError::source) goes down to the transport's own error where there is one. `Debug` writes the same line, so that
/// `fn main() -> Result<(), Error>` ends with something to read.
///
/// Inside a [`config::ConfigError`] it is the `Foreign` variant; [`Error::find`] gets it back out.
///
/// ```
/// use config::Config;
/// use config_azure_keyvault::{AzureKeyVault, Error, ErrorKind};
///
/// let vault = AzureKeyVault::new("http://my-app.vault.azure.net").environment("Production");
/// let error = Config::builder().add_source(vault).build().unwrap_err();
///
/// let error = Error::find(&error).expect("it is this crate's");
/// assert_eq!(error.kind(), ErrorKind::InvalidSetting);
/// println!("{error}"); // Azure Key Vault …: settings failed: …
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    stage: Stage,
    vault: Option<String>,
    secret: Option<String>,
    version: Option<String>,
    key: Option<String>,
    status: Option<u16>,
    code: Option<String>,
    obstacle: Option<Obstacle>,
    cause: String,
    remedy: Option<String>,
    problems: Vec<Problem>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, stage: Stage, cause: impl AsRef<str>) -> Self {
        Self(Box::new(Inner {
            kind,
            stage,
            vault: None,
            secret: None,
            version: None,
            key: None,
            status: None,
            code: None,
            obstacle: None,
            cause: without_stop(one_line(cause.as_ref())),
            remedy: None,
            problems: Vec::new(),
            source: None,
        }))
    }

    pub(crate) fn no_runtime(error: std::io::Error) -> Self {
        Self::new(
            ErrorKind::InvalidSetting,
            Stage::Settings,
            format!("no thread can be started to load on: {error}"),
        )
        .with_remedy("raise the limit of threads or memory, or use the async builder")
        .with_source(error)
    }

    pub(crate) fn bind(problems: Vec<Problem>) -> Self {
        let mut error = Self::new(ErrorKind::Bind, Stage::Bind, "");
        error.0.problems = problems;
        error
    }

    pub(crate) fn with_vault(mut self, vault: impl Into<String>) -> Self {
        self.0.vault = Some(vault.into());
        self
    }

    pub(crate) fn with_secret(mut self, secret: impl Into<String>) -> Self {
        self.0.secret = Some(one_line(&secret.into()));
        self
    }

    /// Of the secret, where one was asked for.
    pub(crate) fn with_version(mut self, version: Option<&str>) -> Self {
        self.0.version = version.map(one_line);
        self
    }

    /// The version that was asked for.
    pub(crate) fn version(&self) -> Option<&str> {
        self.0.version.as_deref()
    }

    /// The setting whose value is a reference to the secret.
    pub(crate) fn with_key(mut self, key: impl AsRef<str>) -> Self {
        self.0.key = Some(one_line(key.as_ref()));
        self
    }

    /// Status and code are facts beside the cause, which names them in its own words.
    pub(crate) fn with_facts(mut self, status: Option<u16>, code: Option<String>) -> Self {
        self.0.status = status;
        self.0.code = code;
        self
    }

    pub(crate) fn with_obstacle(mut self, obstacle: Option<Obstacle>) -> Self {
        self.0.obstacle = obstacle;
        self
    }

    pub(crate) fn with_remedy(mut self, remedy: impl AsRef<str>) -> Self {
        self.0.remedy = Some(without_stop(one_line(remedy.as_ref())));
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Where it went wrong.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.0.stage
    }

    /// The vault's URL, once it is known.
    #[must_use]
    pub fn vault(&self) -> Option<&str> {
        self.0.vault.as_deref()
    }

    /// The secret's name, if one secret is concerned.
    #[must_use]
    pub fn secret(&self) -> Option<&str> {
        self.0.secret.as_deref()
    }

    /// The setting that refers to a secret (`@Microsoft.KeyVault(…)`), if one is concerned.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.0.key.as_deref()
    }

    /// The HTTP status of the reply, if one came.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The service's own code: Key Vault's inner code where there is one (`ForbiddenByRbac`), else its code, or
    /// Entra ID's (`AADSTS7000215`).
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// What stood in the way, if there was no connection: to the vault, or, of an error of [`Stage::Credential`], to who signs in.
    #[must_use]
    pub fn obstacle(&self) -> Option<Obstacle> {
        self.0.obstacle
    }

    /// The root cause alone, without the place and the remedy; empty for an error of [`bind`](crate::BindConfig::bind), which has
    /// [`problems`](Self::problems).
    #[must_use]
    pub fn cause(&self) -> &str {
        &self.0.cause
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> Option<&str> {
        self.0.remedy.as_deref()
    }

    /// Every setting that does not fit, for an error of [`bind`](crate::BindConfig::bind); empty for any other.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.0.problems
    }

    /// This crate's error inside the one that `config`'s builder returned, if it is ours.
    #[must_use]
    pub fn find(error: &config::ConfigError) -> Option<&Self> {
        match error {
            config::ConfigError::Foreign(inner) => inner.downcast_ref(),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        if inner.stage == Stage::Bind {
            match inner.problems.len() {
                1 => f.write_str("configuration does not fit: ")?,
                n => write!(f, "configuration does not fit, {n} problems: ")?,
            }
            for (n, problem) in inner.problems.iter().enumerate() {
                if n > 0 {
                    f.write_str("; ")?;
                }
                write!(f, "{problem}")?;
            }
            return Ok(());
        }
        f.write_str("Azure Key Vault")?;
        if let Some(vault) = &inner.vault {
            write!(f, " {vault}")?;
        }
        write!(f, ": {} failed", inner.stage)?;
        if let Some(secret) = &inner.secret {
            write!(f, " for secret `{secret}`")?;
        }
        if let Some(version) = &inner.version {
            write!(f, " version {version}")?;
        }
        if let Some(key) = &inner.key {
            write!(f, ", which `{key}` refers to")?;
        }
        f.write_str(": ")?;
        f.write_str(&inner.cause)?;
        if let Some(remedy) = &inner.remedy {
            write!(f, "; {remedy}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|e| e as &(dyn StdError + 'static))
    }
}

impl From<Error> for config::ConfigError {
    fn from(error: Error) -> Self {
        Self::Foreign(Box::new(error))
    }
}

/// What follows goes on in the same sentence.
fn without_stop(mut line: String) -> String {
    line.truncate(line.trim_end_matches(['.', ' ']).len());
    line
}

/// Text from outside on one line, without control characters, cut to a length a log line can bear.
pub(crate) fn one_line(text: &str) -> String {
    const MOST: usize = 400;
    let mut line = String::with_capacity(text.len().min(MOST));
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        if word.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if line.chars().count() > MOST {
        line = line.chars().take(MOST).collect();
        line.push('…');
    }
    line
}
