//! Typed settings, with the secret's name beside each setting that is missing.

mod secret;

use std::cell::OnceCell;

use config::Config;
use config_bind::Binder;
use serde::de::DeserializeOwned;

use crate::error::{Error, Problem};
use crate::origin::Naming;

/// Typed settings out of a [`Config`], as of [`config_bind`], whose errors name the Key Vault secret that would set what is missing.
///
/// All rules are [`config_bind::BindConfig`]'s.
///
/// ```
/// use config::Config;
/// use config_azure_keyvault::BindConfig;
/// use secrecy::SecretString;
///
/// #[derive(Debug, serde::Deserialize)]
/// struct Database {
///     host: String,
///     password: SecretString,
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let config = Config::builder()
///     .set_override("Database.Host", "localhost")?
///     .set_override("Database.Password", "hunter2")?
///     .build()?;
/// let database: Database = config.bind_section("Database")?;
/// assert_eq!(database.host, "localhost");
///
/// let error = config.bind_section::<Database>("Reporting").unwrap_err();
/// assert!(error.to_string().contains("(the Key Vault secret `Reporting--Password` would set it)"));
/// # Ok(())
/// # }
/// ```
///
/// # Which secret
///
/// The one that the vault of this configuration would load for the setting, its prefix included. None is named where no secret
/// would do, or nobody can tell: where the vault is loaded by [`names`](crate::AzureKeyVault::names), a
/// [`filter`](crate::AzureKeyVault::filter) or a [`key_mapper`](crate::AzureKeyVault::key_mapper), where several vaults are named
/// differently, and for a section or a map as a whole. Without any vault, one that is loaded whole is thought of. In Development it is
/// the key in the local file instead, and where that file was looked for.
/// A sync builder does not tell of a vault or a file that it loaded nothing from; an async one does.
pub trait BindConfig {
    /// Binds the whole configuration.
    ///
    /// # Errors
    /// [`ErrorKind::Bind`](crate::ErrorKind::Bind) with every setting that does not fit in
    /// [`problems`](crate::Error::problems).
    fn bind<T: DeserializeOwned>(&self) -> Result<T, Error>;

    /// Binds one section: `"MaskinportenSettings"`; a path as `"A.B"`, `"A:B"` or `"A--B"`; an element as `"A.0"` or `"A[0]"`.
    ///
    /// # Errors
    /// As [`bind`](Self::bind).
    fn bind_section<T: DeserializeOwned>(&self, section: &str) -> Result<T, Error>;

    /// Binds the whole configuration, and refuses keys that nothing reads: a setting that is misspelt.
    ///
    /// # Errors
    /// As [`bind`](Self::bind), and a problem for each key that nothing reads.
    fn bind_strict<T: DeserializeOwned>(&self) -> Result<T, Error>;

    /// Binds one section, as [`bind_section`](Self::bind_section), and refuses keys in it that nothing reads.
    ///
    /// # Errors
    /// As [`bind`](Self::bind), and a problem for each key that nothing reads.
    fn bind_section_strict<T: DeserializeOwned>(&self, section: &str) -> Result<T, Error>;
}

impl BindConfig for Config {
    fn bind<T: DeserializeOwned>(&self) -> Result<T, Error> {
        bound(self, Binder::new(self))
    }

    fn bind_section<T: DeserializeOwned>(&self, section: &str) -> Result<T, Error> {
        bound(self, Binder::new(self).section(section))
    }

    fn bind_strict<T: DeserializeOwned>(&self) -> Result<T, Error> {
        bound(self, Binder::new(self).strict())
    }

    fn bind_section_strict<T: DeserializeOwned>(&self, section: &str) -> Result<T, Error> {
        bound(self, Binder::new(self).section(section).strict())
    }
}

fn bound<T: DeserializeOwned>(config: &Config, binder: Binder<'_>) -> Result<T, Error> {
    // Looked for once something is missing, and once for all that is.
    let naming = OnceCell::new();
    let remedy = |missing: &config_bind::Missing| {
        let naming = naming.get_or_init(|| Naming::told_in(&config.cache).unwrap_or(Naming::Whole));
        secret::of(&config.cache, naming, &missing.path, missing.shape)
    };
    binder.remedy(remedy).bind().map_err(|error| {
        let problems = error.problems().iter().map(|problem| {
            let (secret, local) = match (naming.get(), &problem.remedy) {
                (Some(Naming::Local { file, is_there }), Some(name)) => (None, Some(in_file(name, file, *is_there))),
                (_, name) => (name.clone(), None),
            };
            Problem {
                key: problem.key.clone(),
                message: problem.message.clone(),
                // The root's says which vault took part, and not where a value came from.
                origin: problem
                    .origin
                    .clone()
                    .filter(|origin| config.cache.origin() != Some(origin)),
                secret,
                local,
            }
        });
        Error::bind(problems.collect())
    })
}

/// A key of the local file, and where that is.
fn in_file(key: &str, file: &str, is_there: bool) -> String {
    let missing = if is_there { "" } else { ", which is not there" };
    format!("`{key}` in {file}{missing}")
}
