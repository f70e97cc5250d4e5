//! Where the key comes from.

use std::error::Error as StdError;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};

use super::options::KeyOptions;
use super::problem::Problem;
use super::signing::SigningKey;
use crate::error::{Error, ErrorKind, Retry, Stage};
use crate::quoted::Secrets;
use crate::runtime::Flights;
use crate::slip;

/// A source that takes longer holds up everybody who waits for the key.
const LIMIT: Duration = Duration::from_secs(10);

/// Where the signing key comes from: the settings, a file, or a place of your own.
///
/// It is asked when the first token is, and again when Maskinporten says that the key has expired or is not known: a key that was
/// rotated meanwhile is then used at once.
///
/// ```
/// use async_trait::async_trait;
/// use maskinporten::{Error, KeyOptions, KeySource, SigningKey};
///
/// #[derive(Debug)]
/// struct Mounted;
///
/// #[async_trait]
/// impl KeySource for Mounted {
///     async fn load(&self) -> Result<SigningKey, Error> {
///         let text = tokio::task::spawn_blocking(|| std::fs::read("/mnt/secrets/key.json")).await;
///         let text = text.map_err(Error::key_source)?.map_err(Error::key_source)?;
///         SigningKey::read(text, &KeyOptions::new())
///     }
/// }
/// ```
#[async_trait]
pub trait KeySource: fmt::Debug + Send + Sync {
    /// The key as it is now. It is given up after ten seconds, and asked for again when it is needed again.
    async fn load(&self) -> Result<SigningKey, Error>;
}

impl Error {
    /// For a [`KeySource`] of your own: the key cannot be had. The error's text is shown, without what looks like a token and without the
    /// user of an address; it must hold no secret.
    pub fn key_source(error: impl StdError + Send + Sync + 'static) -> Self {
        let cause = Secrets::none().cut(&format!("the key cannot be had: {error}"));
        Self::new(ErrorKind::Key, Stage::Key, cause).with_source(error)
    }
}

/// A key is its own source; it never changes.
#[async_trait]
impl KeySource for SigningKey {
    async fn load(&self) -> Result<SigningKey, Error> {
        Ok(self.clone())
    }
}

/// A file in any of the spellings that [`SigningKey::read`] takes, read again at each load.
///
/// A key that is mounted as a file, and replaced there when it is rotated:
///
/// ```no_run
/// use maskinporten::{Environment, FileKey, KeyOptions, MaskinportenClient, MaskinportenSettings};
///
/// let settings = MaskinportenSettings::new("0ab1", Environment::Test).scope("altinn:serviceowner");
/// let maskinporten = MaskinportenClient::builder(settings)
///     .key_source(FileKey::new("/mnt/secrets/key.pem", KeyOptions::new().kid("2026-1")))
///     .build()?;
/// # Ok::<(), maskinporten::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct FileKey {
    path: PathBuf,
    options: KeyOptions,
    setting: Option<String>,
}

impl FileKey {
    /// The file, and what it does not say by itself: a PKCS#12 file's password, a `kid`.
    pub fn new(path: impl Into<PathBuf>, options: KeyOptions) -> Self {
        Self {
            path: path.into(),
            options,
            setting: None,
        }
    }

    /// The setting that an error names.
    pub(crate) fn named(mut self, setting: String) -> Self {
        self.setting = Some(setting);
        self
    }

    pub(crate) fn read(&self) -> Result<SigningKey, Error> {
        let setting = self.setting.as_deref();
        // A name that is the key itself would be printed where it is not found.
        if let Some(slip) = self.path.to_str().and_then(slip::of_any) {
            return Err(Problem::Slip(slip).error(setting));
        }
        let bytes = std::fs::read(&self.path).map_err(|error| {
            let path = self.path.display().to_string();
            let why = error.to_string();
            Problem::File { path, why }.error(setting).with_source(error)
        })?;
        let bytes = SecretSlice::from(bytes);
        SigningKey::parse(bytes.expose_secret(), &self.options).map_err(|problem| problem.error(setting))
    }
}

#[async_trait]
impl KeySource for FileKey {
    async fn load(&self) -> Result<SigningKey, Error> {
        let file = self.clone();
        // A slow disk, and a PKCS#12 file's password of many thousand rounds.
        tokio::task::spawn_blocking(move || file.read())
            .await
            .map_err(|_| Error::new(ErrorKind::Key, Stage::Key, "reading the key's file was cut short"))?
    }
}

/// A key that is in the settings as text.
#[derive(Debug, Clone)]
pub(crate) struct SettingsKey {
    pub(crate) setting: String,
    pub(crate) text: SecretString,
    pub(crate) options: KeyOptions,
}

impl SettingsKey {
    pub(crate) fn read(&self) -> Result<SigningKey, Error> {
        let text = self.text.expose_secret().as_bytes();
        let key = SigningKey::parse(text, &self.options).or_else(|problem| match problem {
            // .NET reads such a text without a password, whatever is set beside it.
            Problem::Password => {
                let without = KeyOptions {
                    password: None,
                    ..self.options.clone()
                };
                SigningKey::parse(text, &without).map_err(|again| match again {
                    Problem::PasswordNeeded => problem,
                    other => other,
                })
            }
            other => Err(other),
        });
        key.map_err(|problem| problem.error(Some(&self.setting)))
    }
}

#[async_trait]
impl KeySource for SettingsKey {
    async fn load(&self) -> Result<SigningKey, Error> {
        self.read()
    }
}

fn late() -> Error {
    let cause = format!("the key's source gave no key within {} s", LIMIT.as_secs());
    Error::new(ErrorKind::Key, Stage::Key, cause)
        .with_remedy("check that this host reaches the place where the key is kept")
        .with(|inner| inner.retry = Retry::After(None))
}

/// The key that is in use, and where to get it anew. A cheap clone.
#[derive(Clone)]
pub(crate) struct Keys {
    source: Arc<dyn KeySource>,
    current: Arc<RwLock<Option<SigningKey>>>,
    /// Each runtime its own: nobody waits for what another has to drive.
    loading: Arc<Flights<Result<SigningKey, Error>>>,
}

impl Keys {
    /// Keys whose first one is already loaded, or is loaded when it is first asked for.
    pub(crate) fn new(source: Arc<dyn KeySource>, first: Option<SigningKey>) -> Self {
        Self {
            source,
            current: Arc::new(RwLock::new(first)),
            loading: Arc::new(Flights::new()),
        }
    }

    /// The key in use, if one was loaded.
    pub(crate) fn current(&self) -> Option<SigningKey> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The key in use; loaded by the first who asks.
    pub(crate) async fn get(&self) -> Result<SigningKey, Error> {
        match self.current() {
            Some(key) => Ok(key),
            None => self.load().await.0,
        }
    }

    /// Loads the key again because `used` was refused. `true` if another one is in use now.
    pub(crate) async fn replace(&self, used: &SigningKey) -> Result<bool, Error> {
        let changed = || self.current().is_some_and(|key| key.identity() != used.identity());
        // What was under way already may bring the key that was refused.
        for _ in 0..2 {
            if changed() {
                return Ok(true);
            }
            let (loaded, own) = self.load().await;
            if own {
                loaded?;
                break;
            }
        }
        Ok(changed())
    }

    /// In a task that goes on when the caller goes away, and whether it is this caller's. A key that cannot be loaded leaves the one
    /// in use.
    async fn load(&self) -> (Result<SigningKey, Error>, bool) {
        let keys = self.clone();
        let load = || async move {
            let loaded = tokio::time::timeout(LIMIT, keys.source.load()).await;
            let key = loaded.map_err(|_| late())??;
            *keys.current.write().unwrap_or_else(PoisonError::into_inner) = Some(key.clone());
            Ok(key)
        };
        let loaded = self.loading.join(LIMIT + Duration::from_secs(1), load).await;
        loaded.unwrap_or_else(|| {
            let error = Error::new(ErrorKind::Key, Stage::Key, "the key's source was cut short");
            (Err(error.with(|inner| inner.retry = Retry::After(None))), true)
        })
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use tokio::time::Instant;

    use super::*;

    #[derive(Debug, Default)]
    struct Hanging(AtomicBool);

    #[async_trait]
    impl KeySource for Hanging {
        async fn load(&self) -> Result<SigningKey, Error> {
            if !self.0.swap(true, Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            Err(Error::new(ErrorKind::Key, Stage::Key, "asked again"))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_source_that_hangs_holds_nobody_up_for_ever() {
        let keys = Keys::new(Arc::new(Hanging::default()), None);
        let start = Instant::now();
        let both = async { tokio::join!(keys.get(), keys.get()) };
        let (first, second) = tokio::time::timeout(Duration::from_secs(60), both)
            .await
            .expect("an end");
        let first = first.expect_err("no key");
        assert_eq!((first.stage(), first.retry()), (Stage::Key, Retry::After(None)));
        assert!(first.to_string().contains("no key within 10 s"), "{first}");
        // One load for both.
        assert_eq!(second.expect_err("no key").to_string(), first.to_string());
        assert_eq!(start.elapsed(), LIMIT);
        assert!(
            keys.get()
                .await
                .expect_err("no key")
                .to_string()
                .contains("asked again")
        );
    }
}
