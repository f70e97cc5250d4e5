//! Secrets one by one: listed, got, set and deleted, for tools. A service reads its configuration and has no need of it.

use std::fmt;
use std::pin::pin;
use std::time::SystemTime;

use azure_core::http::RequestContent;
use azure_core::time::OffsetDateTime;
use azure_security_keyvault_secrets::models::{SecretAttributes, SetSecretParameters};
use futures::future::{Either, select};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::{Instant, sleep_until};

use super::client::Session;
use super::limits::Limits;
use super::loader::listed;
use super::page;
use super::properties::SecretProperties;
use super::refusal::{answer, of_failure, translate};
use crate::clock::after;
use crate::error::{Error, ErrorKind, Stage};
use crate::names::is_secret_name;

/// One vault's secrets, one at a time: for a tool that fills a vault or looks into it. Made by
/// [`AzureKeyVault::editor`](crate::AzureKeyVault::editor), which signs in as a load would, by the same rule, and with the same limits.
///
/// ```no_run
/// use config::Config;
/// use config_azure_keyvault::{AzureKeyVault, NewSecret};
///
/// # async fn fill() -> Result<(), Box<dyn std::error::Error>> {
/// let vault = AzureKeyVault::new("https://my-app.vault.azure.net");
/// let mut editor = vault.editor(&Config::default())?;
/// let version = editor.set("Database--Password", &NewSecret::new("s3cret".to_owned())).await?;
/// for secret in editor.list().await? {
///     println!("{}", secret.name); // never a value
/// }
/// # drop(version);
/// # Ok(())
/// # }
/// ```
pub struct SecretEditor {
    session: Session,
    limits: Limits,
}

/// A value to set, and what goes with it.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use config_azure_keyvault::NewSecret;
///
/// let secret = NewSecret::new("s3cret".to_owned())
///     .content_type("text/plain")
///     .expires(SystemTime::UNIX_EPOCH + Duration::from_secs(2_000_000_000));
/// assert!(!format!("{secret:?}").contains("s3cret"));
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct NewSecret {
    value: SecretString,
    content_type: Option<String>,
    expires: Option<SystemTime>,
}

/// A secret as it is in the vault.
///
/// ```no_run
/// use config_azure_keyvault::{CurrentSecret, SecretEditor};
/// use secrecy::ExposeSecret as _;
///
/// async fn is_in_force(editor: &mut SecretEditor, name: &str, value: &str) -> Result<bool, config_azure_keyvault::Error> {
///     let found: Option<CurrentSecret> = editor.get(name).await?;
///     Ok(found.is_some_and(|secret| secret.value.expose_secret() == value))
/// }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CurrentSecret {
    /// The value of its newest version.
    pub value: SecretString,
    /// That version.
    pub version: Option<String>,
    /// What else the vault tells of it.
    pub properties: SecretProperties,
}

impl NewSecret {
    /// This value.
    pub fn new(value: impl Into<SecretString>) -> Self {
        Self {
            value: value.into(),
            content_type: None,
            expires: None,
        }
    }

    /// What the value is, as `application/json`.
    pub fn content_type(self, content_type: impl Into<String>) -> Self {
        Self {
            content_type: Some(content_type.into()),
            ..self
        }
    }

    /// When it ends (`exp`), in whole seconds. A vault still gives it out afterwards; a load warns of it.
    pub fn expires(self, at: SystemTime) -> Self {
        Self {
            expires: Some(at),
            ..self
        }
    }

    fn parameters(&self) -> SetSecretParameters {
        SetSecretParameters {
            value: Some(self.value.expose_secret().to_owned()),
            content_type: self.content_type.clone(),
            secret_attributes: self.expires.map(|at| SecretAttributes {
                expires: Some(OffsetDateTime::from(at)),
                ..Default::default()
            }),
            ..Default::default()
        }
    }
}

impl SecretEditor {
    pub(crate) fn new(session: Session, limits: Limits) -> Self {
        Self { session, limits }
    }

    /// The vault: its URL, without a slash at the end.
    #[must_use]
    pub fn vault(&self) -> &str {
        self.session.name()
    }

    /// All secrets by name, without their values; disabled ones and certificates' too.
    ///
    /// # Errors
    ///
    /// [`Stage::List`] or [`Stage::Credential`], as of a load.
    pub async fn list(&mut self) -> Result<Vec<SecretProperties>, Error> {
        let started = self.begin();
        let run = listed(&self.session, started);
        in_time(&self.session, &self.limits, started, Stage::List, "/secrets", run)
            .await
            .map_err(|error| error.with_vault(self.session.name()))
    }

    /// The newest version of a secret, or `None` where there is none of that name. One that is disabled is an error.
    ///
    /// # Errors
    ///
    /// [`Stage::Get`] or [`Stage::Credential`], as of a load.
    pub async fn get(&mut self, name: &str) -> Result<Option<CurrentSecret>, Error> {
        let name = self.named(name, Stage::Get)?;
        let started = self.begin();
        let session = &self.session;
        let run = got(session, &name);
        let path = format!("/secrets/{name}");
        in_time(session, &self.limits, started, Stage::Get, &path, run)
            .await
            .map_err(|error| error.with_vault(session.name()).with_secret(&name))
    }

    /// The newest versions of these secrets, in their order and several at a time, as of a load: `None` where there is none of that name.
    /// All of them share one deadline.
    ///
    /// # Errors
    ///
    /// As of [`get`](Self::get), for the first that fails.
    pub async fn get_all<N: AsRef<str>>(
        &mut self,
        names: impl IntoIterator<Item = N>,
    ) -> Result<Vec<Option<CurrentSecret>>, Error> {
        let names = names.into_iter().map(|name| self.named(name.as_ref(), Stage::Get));
        let names: Vec<String> = names.collect::<Result<_, _>>()?;
        let started = self.begin();
        let session = &self.session;
        let one = |name: String| async move { got(session, &name).await.map_err(|error| error.with_secret(&name)) };
        let run = async {
            let mut names = names.into_iter();
            let mut all = Vec::with_capacity(names.len());
            // Alone: the SDK learns from it whom to sign in to.
            if let Some(first) = names.next() {
                all.push(one(first).await?);
            }
            let rest = stream::iter(names.map(one)).buffered(self.limits.concurrency);
            all.extend(rest.try_collect::<Vec<_>>().await?);
            Ok(all)
        };
        in_time(session, &self.limits, started, Stage::Get, "/secrets", run)
            .await
            .map_err(|error| error.with_vault(session.name()))
    }

    /// Sets a secret's value, and tells the version that the vault made of it. The versions before stay.
    ///
    /// # Errors
    ///
    /// [`Stage::Set`] or [`Stage::Credential`]. Where the answer is lost the value may have been set; setting it again makes another
    /// version of the same value.
    pub async fn set(&mut self, name: &str, secret: &NewSecret) -> Result<Option<String>, Error> {
        let name = self.named(name, Stage::Set)?;
        let started = self.begin();
        let session = &self.session;
        let run = async {
            let parameters: RequestContent<SetSecretParameters> = secret.parameters().try_into().map_err(|_| {
                Error::new(
                    ErrorKind::InvalidSetting,
                    Stage::Set,
                    "the value cannot be written as JSON",
                )
            })?;
            let reply = session
                .client
                .set_secret(&name, parameters, None)
                .await
                .map_err(|error| translate(&error, Stage::Set, session.host()))?;
            let unreadable = |failure| of_failure(&failure, Stage::Set, session.host());
            let set = page::Got::read(reply.into_body().as_ref()).map_err(unreadable)?;
            Ok(set.version())
        };
        let path = format!("/secrets/{name}");
        in_time(session, &self.limits, started, Stage::Set, &path, run)
            .await
            .map_err(|error| error.with_vault(session.name()).with_secret(&name))
    }

    /// Deletes a secret with all its versions. Where soft delete is on it can be recovered.
    ///
    /// # Errors
    ///
    /// [`Stage::Delete`] or [`Stage::Credential`]. Deleting one that is not there is no error.
    pub async fn delete(&mut self, name: &str) -> Result<(), Error> {
        let name = self.named(name, Stage::Delete)?;
        let started = self.begin();
        let session = &self.session;
        let run = async {
            match session.client.delete_secret(&name, None).await {
                Ok(_) => Ok(()),
                Err(error) if answer(&error).is_some_and(|answer| answer.is_no_such_secret()) => Ok(()),
                Err(error) => Err(translate(&error, Stage::Delete, session.host())),
            }
        };
        let path = format!("/secrets/{name}");
        in_time(session, &self.limits, started, Stage::Delete, &path, run)
            .await
            .map_err(|error| error.with_vault(session.name()).with_secret(&name))
    }

    /// The vault's own clock at its last answer less this machine's, in seconds: `None` before the first answer.
    #[must_use]
    pub fn clock_ahead(&self) -> Option<i64> {
        let there = self.session.transport.service_time()?;
        Some(there - self.session.clock.unix())
    }

    fn begin(&self) -> Instant {
        let started = Instant::now();
        let deadline = after(started, self.limits.deadline);
        self.session.transport.begin(deadline, self.limits.deadline);
        self.session.credential.begin(deadline);
        started
    }

    fn named(&self, name: &str, stage: Stage) -> Result<String, Error> {
        if is_secret_name(name) {
            return Ok(name.to_owned());
        }
        let cause = "a secret's name has letters, digits and hyphens, 1 to 127 of them";
        Err(Error::new(ErrorKind::InvalidSetting, stage, cause)
            .with_remedy("write `--` where sections are nested, as `Section--Key`")
            .with_vault(self.session.name()))
    }
}

/// The newest version of a secret, if there is one of that name.
async fn got(session: &Session, name: &str) -> Result<Option<CurrentSecret>, Error> {
    let reply = match session.client.get_secret(name, None).await {
        Ok(reply) => reply,
        Err(error) if answer(&error).is_some_and(|answer| answer.is_no_such_secret()) => return Ok(None),
        Err(error) => return Err(translate(&error, Stage::Get, session.host())),
    };
    let unreadable = |failure| of_failure(&failure, Stage::Get, session.host());
    let got = page::Got::read(reply.into_body().as_ref()).map_err(unreadable)?;
    let (version, properties) = (got.version(), got.properties(name.to_owned()));
    let value = got.value.map(SecretString::from).ok_or_else(|| {
        Error::new(ErrorKind::InvalidResponse, Stage::Get, "the secret holds no value")
            .with_remedy("check what stands between here and the vault")
    })?;
    Ok(Some(CurrentSecret {
        value,
        version,
        properties,
    }))
}

/// Within the deadline, or an error that says what was met last.
async fn in_time<T>(
    session: &Session,
    limits: &Limits,
    started: Instant,
    stage: Stage,
    path: &str,
    run: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let deadline = after(started, limits.deadline);
    match select(pin!(run), pin!(sleep_until(deadline))).await {
        Either::Left((done, _)) => done,
        Either::Right(((), _still_running)) => {
            let failure = session.transport.cause_of_timeout(path, None);
            Err(of_failure(&failure, stage, session.host()))
        }
    }
}

impl fmt::Debug for SecretEditor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretEditor")
            .field("vault", &self.vault())
            .finish_non_exhaustive()
    }
}
