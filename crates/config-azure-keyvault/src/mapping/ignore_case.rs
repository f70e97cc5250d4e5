//! Any other source under the same rules of case and arrays.

use std::fmt;
use std::iter;

use async_trait::async_trait;
use config::{AsyncSource, Config, ConfigError, Map, Source, Value, ValueKind};

use super::depth::{MOST_LEVELS, TooDeep, bound};
use super::flatten::flatten;
use super::overlay::lay;
use super::plan::Item;

/// Lays a source over the earlier ones without regard to letter case, `_` and `-`.
///
/// `config` compares keys exactly and its `Environment` lower-cases them, so by itself
/// `MASKINPORTENSETTINGS__CLIENTID` does not override `MaskinportenSettings.ClientId`. Wrapped, the source follows the
/// rules of this crate's own:
///
/// - a key that equals an earlier one but for ASCII case overrides that one, and so does one that differs in `_` and `-` too
///   (`MAX_CONNECTIONS`, `max-connections`, `MaxConnections`) where it fits one earlier key and no more;
/// - of two keys of the source that fit one earlier value the nearer overrides it, and the other stays a key of its own;
/// - an array, and a section whose keys are indexes (`HOSTS__1`), goes over an earlier array element by element; what is
///   past its end is appended;
/// - where an earlier source has a section or an array with anything in it, a plain value is ignored: a stray variable
///   `DB` does not wipe out the section `Db`;
/// - a null leaves the earlier value;
/// - a key of more than 128 segments is an error.
///
/// Values keep their kinds and their origins. What has no place is in the log at WARN, by its key.
///
/// ```
/// use config::{Config, Environment, Map};
/// use config_azure_keyvault::ignore_case;
///
/// // As if the process had these variables; without `source` they are the process's own.
/// let variables = Map::from([
///     ("APP__HTTP__BASEADDRESS".to_owned(), "https://b.example".to_owned()),
///     ("APP__HOSTS__1".to_owned(), "c".to_owned()),
/// ]);
/// let environment = Environment::with_prefix("APP").separator("__").source(Some(variables));
///
/// let earlier = Config::builder()
///     .set_override("Http.BaseAddress", "https://a.example")?
///     .set_override("Hosts", vec!["a", "b"])?
///     .build()?;
/// let config = Config::builder()
///     .add_source(earlier)
///     .add_source(ignore_case(environment))
///     .build()?;
///
/// assert_eq!(config.get_string("Http.BaseAddress")?, "https://b.example");
/// assert_eq!(config.get::<Vec<String>>("Hosts")?, ["a", "c"]);
/// # Ok::<(), config::ConfigError>(())
/// ```
///
/// A synchronous builder shows its sources the earlier sources but not its defaults (`set_default`); an asynchronous one
/// shows both.
#[must_use]
pub fn ignore_case<S>(source: S) -> IgnoreCase<S> {
    IgnoreCase { source }
}

/// A source wrapped by [`ignore_case`]: a [`Source`] or an [`AsyncSource`], as the one inside is.
///
/// A setting of an operator's wins over the vault's, in whatever case it is written:
///
/// ```
/// use config::{Config, Environment};
/// use config_azure_keyvault::{IgnoreCase, ignore_case};
///
/// fn overrides() -> IgnoreCase<Environment> {
///     ignore_case(Environment::default().separator("__")) // DATABASE__HOST
/// }
/// # let variables = std::collections::HashMap::from([("DATABASE__HOST".to_owned(), "elsewhere".to_owned())]);
/// # let overrides = || ignore_case(Environment::default().separator("__").source(Some(variables)));
///
/// let files = Config::builder().set_override("Database.Host", "localhost")?.build()?;
/// let config = Config::builder().add_source(files).add_source(overrides()).build()?;
/// assert_eq!(config.get_string("Database.Host")?, "elsewhere");
/// # Ok::<(), config::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct IgnoreCase<S> {
    source: S,
}

/// Without the inner source, as some print their values.
impl<S> fmt::Debug for IgnoreCase<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IgnoreCase").finish_non_exhaustive()
    }
}

impl<S: Source> Source for IgnoreCase<S> {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(ignore_case(Boxed(self.source.clone_into_box())))
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        alone(self.source.collect()?)
    }

    fn collect_to(&self, cache: &mut Value) -> Result<(), ConfigError> {
        lay_over(cache, self.source.collect()?)
    }
}

#[async_trait]
impl<S: AsyncSource> AsyncSource for IgnoreCase<S> {
    async fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        alone(self.source.collect().await?)
    }

    async fn collect_to(&self, cache: &mut Value) -> Result<(), ConfigError> {
        lay_over(cache, self.source.collect().await?)
    }
}

fn alone(properties: Map<String, Value>) -> Result<Map<String, Value>, ConfigError> {
    let mut tree = Value::default();
    lay_over(&mut tree, properties)?;
    tree.into_table()
}

fn lay_over(cache: &mut Value, properties: Map<String, Value>) -> Result<(), ConfigError> {
    bound(cache).map_err(|error| refused("before an `ignore_case` source", &error))?;
    let refused = |error| refused("in an `ignore_case` source", &error);
    let items = items(properties).map_err(refused)?;
    let names: Vec<String> = items.iter().map(|item| item.name.clone()).collect();
    let placed = lay(cache, items).map_err(refused)?;
    // As the vault's own: what is not where its reader looks is what an operator looks for.
    for (index, reason) in placed.dropped {
        tracing::warn!("`{}` of an `ignore_case` source was skipped: {reason}", names[index]);
    }
    for (index, reason) in placed.stray {
        tracing::warn!(
            "`{}` of an `ignore_case` source may be read by nobody: {reason}",
            names[index]
        );
    }
    for replaced in placed.replaced {
        tracing::warn!("{replaced} of an `ignore_case` source");
    }
    Ok(())
}

fn refused(place: &str, error: &TooDeep) -> ConfigError {
    ConfigError::Message(format!("the key {error}, {place}; nest it less"))
}

fn items(properties: Map<String, Value>) -> Result<Vec<Item>, TooDeep> {
    let mut properties = Value::new(None, properties);
    bound(&mut properties)?;
    let mut properties: Vec<_> = match properties.kind {
        ValueKind::Table(properties) => properties.into_iter().collect(),
        _ => Vec::new(),
    };
    // The map has no order; without one of our own, `db` and `db.host` side by side would end differently each time.
    properties.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));

    let mut items = Vec::new();
    for (key, value) in properties {
        if is_too_deep(&key) {
            return Err(TooDeep::new(&key));
        }
        let mut tree = Value::new(None, Map::<String, Value>::new());
        // It only reads what it was given: there is nothing to fail.
        let _ = Property(key, value).collect_to(&mut tree);
        items.extend(flatten(&tree).into_iter().map(|(path, value)| Item {
            name: path.join("."),
            path,
            value,
            updated: None,
        }));
    }
    Ok(items)
}

/// Whether `config` makes a path of the key, with too many segments. What is no path to it is one key, dots and all.
fn is_too_deep(key: &str) -> bool {
    key.matches(['.', '[']).count() >= MOST_LEVELS
        && !matches!(Config::default().get::<Value>(key), Err(ConfigError::PathParse { .. }))
}

/// One property of a source. Its `collect_to` is `config`'s own reading of the key as a path (`db.host`, `hosts[0]`).
#[derive(Clone)]
struct Property(String, Value);

impl fmt::Debug for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Property").field(&self.0).finish_non_exhaustive()
    }
}

impl Source for Property {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        Ok(iter::once((self.0.clone(), self.1.clone())).collect())
    }
}

/// A clone of a source whose type is not known to be `Clone`.
struct Boxed(Box<dyn Source + Send + Sync>);

impl fmt::Debug for Boxed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Boxed").finish_non_exhaustive()
    }
}

impl Source for Boxed {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        self.0.clone_into_box()
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        self.0.collect()
    }
}
