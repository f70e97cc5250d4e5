//! The doors: a trait for the plain case, a builder for the others.

use std::fmt;

use config::Config;
use serde::de::DeserializeOwned;

use crate::error::{Error, Missing};
use crate::report::{self, Options};
use crate::session::Session;
use crate::solve::solve;
use crate::tree::Tree;

/// [`BindConfig`] with options.
///
/// ```
/// use config::{Config, File, FileFormat};
/// use config_bind::Binder;
/// use serde::Deserialize;
///
/// #[derive(Debug, Deserialize)]
/// struct Database {
///     host: String,
///     password: String,
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let file = File::from_str(r#"{ "Database": { "Host": "db", "$schema": "x" } }"#, FileFormat::Json);
/// let config = Config::builder().add_source(file).build()?;
/// let error = Binder::new(&config)
///     .section("Database")
///     .strict()
///     .ignoring(|key, _origin| key.ends_with("$schema"))
///     .remedy(|missing| Some(format!("set {}", missing.path.join("__").to_uppercase())))
///     .bind::<Database>()
///     .unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "configuration does not fit: `Database.Password`: is missing (set DATABASE__PASSWORD)"
/// );
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct Binder<'c> {
    config: &'c Config,
    section: String,
    options: Options<'c>,
}

impl<'c> Binder<'c> {
    /// Binds the whole configuration, and keys that nothing reads are fine.
    pub fn new(config: &'c Config) -> Self {
        Self {
            config,
            section: String::new(),
            options: Options::default(),
        }
    }

    /// One section, in the spellings that [`bind_section`](BindConfig::bind_section) takes.
    pub fn section(mut self, section: impl Into<String>) -> Self {
        self.section = section.into();
        self
    }

    /// Keys that nothing reads are problems.
    pub fn strict(mut self) -> Self {
        self.options.strict = true;
        self
    }

    /// With [`strict`](Self::strict): keys that may go unread all the same, by key ([`Problem::key`](crate::Problem::key)) and
    /// origin.
    pub fn ignoring(mut self, ignoring: impl Fn(&str, Option<&str>) -> bool + 'c) -> Self {
        self.options.ignoring = Some(Box::new(ignoring));
        self
    }

    /// What would set a missing key, in words that end up in brackets behind the problem; `None` says nothing.
    pub fn remedy(mut self, remedy: impl Fn(&Missing) -> Option<String> + 'c) -> Self {
        self.options.remedy = Some(Box::new(remedy));
        self
    }

    /// Binds.
    ///
    /// # Errors
    /// Every setting that does not fit, in [`problems`](Error::problems).
    pub fn bind<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let mut session = Session::new(Tree::new(&self.config.cache, &self.section));
        let readable = session.wrong.get_mut().is_empty();
        let value = readable.then(|| solve(&mut session, self.options.strict)).flatten();
        let mut problems = report::problems(&session, &self.options);
        if readable && self.options.strict {
            problems.extend(report::unread(&session, &self.options));
        }
        value.filter(|_| problems.is_empty()).ok_or(Error::new(problems))
    }
}

impl fmt::Debug for Binder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Binder")
            .field("section", &self.section)
            .field("strict", &self.options.strict)
            .finish_non_exhaustive()
    }
}

/// Typed settings out of a [`Config`], however its keys are spelled and although every value may be a text.
///
/// ```
/// use config::{Config, File, FileFormat};
/// use config_bind::BindConfig;
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct MaskinportenSettings {
///     client_id: String,
///     #[serde(default)]
///     debug: bool,
///     timeout_seconds: Option<u16>,
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let file = r#"{ "MaskinportenSettings": { "ClientId": "0ab1", "DEBUG": "yes", "TimeoutSeconds": " 30 " } }"#;
/// let config = Config::builder().add_source(File::from_str(file, FileFormat::Json)).build()?;
///
/// let settings: MaskinportenSettings = config.bind_section("MaskinportenSettings")?;
/// assert_eq!(settings.client_id, "0ab1");
/// assert!(settings.debug);
/// assert_eq!(settings.timeout_seconds, Some(30));
/// # Ok(())
/// # }
/// ```
///
/// # Why not `try_deserialize`
///
/// It still works, but `config` matches keys by their exact spelling, coerces texts nowhere under `flatten` and tagged enums,
/// reports one problem a run, **and its errors hold the values**: a secret that is bound to a number ends up in the log.
/// The same goes for `{:?}` of a [`Config`]. An error of `bind` names the key, what was expected, where the value came
/// from and, where the caller has one, a [remedy](Binder::remedy); never a value:
///
/// ```
/// # use config::{Config, File, FileFormat};
/// # use config_bind::BindConfig;
/// # use serde::Deserialize;
/// #[derive(Debug, Deserialize)]
/// struct MaskinportenSettings {
///     client_id: String,
///     encoded_jwk: String,
///     timeout_seconds: u16,
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let file = r#"{ "MaskinportenSettings": { "ClientId": "0ab1", "TimeoutSeconds": "hunter2" } }"#;
/// # let config = Config::builder().add_source(File::from_str(file, FileFormat::Json)).build()?;
/// let error = config.bind_section::<MaskinportenSettings>("MaskinportenSettings").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "configuration does not fit, 2 problems: \
///      `MaskinportenSettings.TimeoutSeconds`: expected an integer from 0 to 65535, found a text that is none; \
///      `MaskinportenSettings.EncodedJwk`: is missing"
/// );
/// # Ok(())
/// # }
/// ```
///
/// # Rules
///
/// * **Keys.** A field takes its key without regard to ASCII case, `_` and `-`; so do aliases, tags and the names of an
///   enum's variants. Of several such keys in one table the one without an origin wins (an override), then the one spelled exactly
///   as the field; otherwise it is a problem that names them all. Two spellings of a section are read as one. A map's keys stay
///   as they are spelled.
/// * **Texts.** Trimmed texts become booleans (`true`, `1`, `yes`, `on` and their opposites), integers of every width, floats,
///   characters and units, also under `flatten` and in tagged enums. Numbers and booleans become texts where a text is asked for.
///   A text that is asked for as such is not touched. In an untagged enum a text stays a text as long as some variant takes it.
/// * **Nothing.** `null` is as good as absent. A blank text is `None` for an `Option` of anything but a text.
/// * **Lists** come from arrays and from tables whose keys are all indexes, in numeric order and with gaps closed. A text is no list.
/// * **Strict** binding also refuses keys that nothing reads. What `flatten`s into a map reads everything.
///
/// # Limits
///
/// Behind `flatten` and tagged or untagged enums serde tells neither names nor types, and `bind` finds them out by trying, in a
/// number of passes that the type and the number of distinct problems bound:
///
/// * A type may be deserialized many times before a result is handed out, and be shown stand-ins for what is missing or was
///   refused. A result that such a stand-in went into is never handed out. `Deserialize` should not have side effects.
/// * Such a field is found under the key's own spelling, in snake, camel, Pascal, kebab and upper case, with all words in one,
///   and, if the key tells nothing of its words (`clientid`), with one `_` put back. An optional field of three or more words
///   is not found from a key that has lost them.
/// * Once 4 texts of one such section had to become something else, its other texts are taken for what they look like unless
///   their field refuses that: an untagged enum or a `serde_json::Value` beside them may get a number for `"17"`.
/// * What is learnt of one element of a list or map is taken to hold for the others. Elements that are different variants and spell
///   the same words differently (`host_name` here, `hostName` there) get what the first one wants.
/// * An error of the type's own (`try_from`, `deserialize_with`) cannot always be told from one of the field read last before.
/// * `u128` and `i128`, and maps whose keys are no texts, do not work there, as in serde itself; the error says so.
/// * `#[serde(flatten)]` on an `Option` is `None` where what is in it does not fit, as in serde itself.
///
/// And anywhere:
///
/// * After 100 problems that cost passes of their own (behind `flatten` and tagged or untagged enums) the rest of that section is not
///   looked at, and the last problem says so and how many keys those are.
/// * After 16 problems of a kind among the elements of a list or map, those that can only be found one by one are not looked at
///   any more, and the last of the 16 says so.
/// * A problem that no stand-in can repair may hide others of the same section.
/// * A list takes the indexes of a table and leaves its other keys; strict binding names them. `null` is no element.
/// * Nothing is read that is nested more than 128 levels deep: that is an error.
/// * The words of a type's own error are shown only if they share no piece of four characters with the value, quote nothing
///   of it, and repeat nothing longer of any other value. A type that disguises a value (say in hex) would not be noticed.
/// * The errors of `config` itself (a file that does not parse, `get`, `try_deserialize`) and `{:?}` of a [`Config`] print values.
/// * A default (`set_default`) has no origin, as an override has none. Spelled otherwise than in the file that should beat it, it
///   looks like an override and wins: spell defaults as the files do, or wrap the sources in
///   `config_azure_keyvault::ignore_case`.
pub trait BindConfig {
    /// Binds the whole configuration.
    ///
    /// # Errors
    /// Every setting that does not fit, in [`problems`](Error::problems).
    fn bind<T: DeserializeOwned>(&self) -> Result<T, Error>;

    /// Binds one section: `"MaskinportenSettings"`; a path as `"A.B"`, `"A:B"` or `"A--B"`; an element as `"A.0"` or `"A[0]"`.
    /// Case, `_` and `-` do not matter. A section that is not there is bound as an empty one, so that an error lists what it
    /// would need.
    ///
    /// # Errors
    /// As [`bind`](Self::bind).
    fn bind_section<T: DeserializeOwned>(&self, section: &str) -> Result<T, Error>;

    /// Binds the whole configuration, and refuses keys that nothing reads: a setting that is misspelt.
    ///
    /// ```
    /// # use config::{Config, File, FileFormat};
    /// # use config_bind::BindConfig;
    /// # use serde::Deserialize;
    /// #[derive(Debug, Deserialize)]
    /// struct Settings {
    ///     log_level: Option<String>,
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let file = File::from_str(r#"{ "LogLevle": "debug" }"#, FileFormat::Json);
    /// let config = Config::builder().add_source(file).build()?;
    /// let error = config.bind_strict::<Settings>().unwrap_err();
    /// assert_eq!(error.problems()[0].key, "LogLevle");
    /// assert_eq!(error.problems()[0].message, "is a key that nothing reads; did you mean `LogLevel`?");
    /// # Ok(())
    /// # }
    /// ```
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
        Binder::new(self).bind()
    }

    fn bind_section<T: DeserializeOwned>(&self, section: &str) -> Result<T, Error> {
        Binder::new(self).section(section).bind()
    }

    fn bind_strict<T: DeserializeOwned>(&self) -> Result<T, Error> {
        Binder::new(self).strict().bind()
    }

    fn bind_section_strict<T: DeserializeOwned>(&self, section: &str) -> Result<T, Error> {
        Binder::new(self).section(section).strict().bind()
    }
}
