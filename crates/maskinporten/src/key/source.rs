//! Where the key comes from.

use std::error::Error as StdError;
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use super::options::KeyOptions;
use super::problem::Problem;
use super::signing::SigningKey;
use crate::error::{Error, ErrorKind, Stage};
use crate::quoted::{self, Secrets};
use crate::slip;

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
    /// user of an address; it must hold no secret. It is the [`source`](StdError::source) of this one, unless it, or what is behind it, tells
    /// such a thing.
    pub fn key_source(error: impl StdError + Send + Sync + 'static) -> Self {
        let cause = Secrets::none().cut(&format!("the key cannot be had: {error}"));
        let shown = Self::new(ErrorKind::Key, Stage::Key, cause);
        match quoted::is_told_by(&error, &[]) {
            true => shown,
            false => shown.with_source(error),
        }
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
#[derive(Clone)]
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

    /// The setting that names it, if one does.
    pub(crate) fn setting(&self) -> Option<&str> {
        self.setting.as_deref()
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        self.path == other.path && self.setting == other.setting && self.options.are(&other.options)
    }

    pub(crate) fn read(&self) -> Result<SigningKey, Error> {
        let setting = self.setting.as_deref();
        // A name that is the key itself would be printed where it is not found.
        if let Some(slip) = self.path.to_str().and_then(slip::of_any) {
            return Err(Problem::Slip(slip).error(setting));
        }
        let bytes = whole(&self.path).map_err(|error| {
            let path = self.path.to_string_lossy();
            let path = match path.contains("://") {
                true => quoted::address(&path),
                false => path.into_owned(),
            };
            let why = error.to_string();
            Problem::File { path, why }.error(setting).with_source(error)
        })?;
        SigningKey::parse(&bytes, &self.options).map_err(|problem| problem.error(setting))
    }
}

/// More than any key has, with all its certificates. What is no file, a device, may have no end.
const MOST: u64 = 1024 * 1024;

fn whole(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let file = File::open(path)?;
    // At once: what is moved as it grows is not wiped where it was.
    let length = file.metadata()?.len().min(MOST);
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(length).unwrap_or_default() + 1));
    file.take(MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "it is longer than 1 MiB, which no key is",
        ));
    }
    Ok(bytes)
}

/// Not read yet: the key itself may stand in the place of its file's name.
impl fmt::Debug for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileKey")
            .field("path", &slip::shown(&self.path.to_string_lossy()))
            .field("options", &self.options)
            .field("setting", &self.setting)
            .finish()
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
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.setting == other.setting
            && self.text.expose_secret() == other.text.expose_secret()
            && self.options.are(&other.options)
    }

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
