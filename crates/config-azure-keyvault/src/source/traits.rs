//! What `config` asks of a source, and what its builder gains.

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use config::builder::{AsyncState, DefaultState};
use config::{AsyncSource, ConfigBuilder, ConfigError, Map, Source, Value, ValueKind};

use super::handle::{AzureKeyVault, Place};
use crate::error::Error;

mod sealed {
    /// The builders are `config`'s own two, so that a method may be added here.
    pub trait Sealed {}

    impl Sealed for super::ConfigBuilder<super::DefaultState> {}
    impl Sealed for super::ConfigBuilder<super::AsyncState> {}
}

/// Adds Azure Key Vault to a builder, in one line. Both builders of `config` have it, and nothing else can.
///
/// ```no_run
/// use config::{Config, File};
/// use config_azure_keyvault::{AddAzureKeyVault, ignore_case};
///
/// # async fn load() -> Result<Config, config::ConfigError> {
/// let config = Config::builder()
///     .add_source(File::with_name("appsettings")) // may name the vault: `kvSetting`, `KeyVault`
///     .add_azure_key_vault()
///     .add_source(ignore_case(config::Environment::default().separator("__"))) // wins over the vault
///     .build()
///     .await?;
/// # Ok(config)
/// # }
/// ```
pub trait AddAzureKeyVault: sealed::Sealed {
    /// Adds the vault that the earlier sources or the environment name, over all sources added before. In Development
    /// `secrets.json` stands in for it. The same as `.add_async_source(AzureKeyVault::default())`.
    ///
    /// A sync builder becomes an async one; who wants to stay sync uses `.add_source(AzureKeyVault::default())`.
    fn add_azure_key_vault(self) -> ConfigBuilder<AsyncState>;

    #[doc(hidden)]
    fn into_async(self) -> ConfigBuilder<AsyncState>;
}

impl AddAzureKeyVault for ConfigBuilder<DefaultState> {
    fn add_azure_key_vault(self) -> ConfigBuilder<AsyncState> {
        self.add_async_source(AzureKeyVault::default())
    }

    fn into_async(self) -> ConfigBuilder<AsyncState> {
        self.add_async_source(Nothing)
    }
}

impl AddAzureKeyVault for ConfigBuilder<AsyncState> {
    fn add_azure_key_vault(self) -> ConfigBuilder<AsyncState> {
        self.add_async_source(AzureKeyVault::default())
    }

    fn into_async(self) -> ConfigBuilder<AsyncState> {
        self
    }
}

/// A sync builder becomes an async one by a source, and by nothing else.
#[derive(Debug)]
struct Nothing;

#[async_trait]
impl AsyncSource for Nothing {
    async fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        Ok(Map::new())
    }
}

fn empty() -> Value {
    Value::new(None, ValueKind::Table(Map::new()))
}

fn table(value: Value) -> Map<String, Value> {
    match value.kind {
        ValueKind::Table(table) => table,
        _ => Map::new(),
    }
}

#[async_trait]
impl AsyncSource for AzureKeyVault {
    async fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        let mut cache = empty();
        self.is_asked();
        self.load_over(&mut cache, Place::current()).await?;
        Ok(table(cache))
    }

    async fn collect_to(&self, cache: &mut Value) -> Result<(), ConfigError> {
        self.is_asked();
        Ok(self.load_over(cache, Place::current()).await?)
    }
}

impl Source for AzureKeyVault {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        let mut cache = empty();
        self.load_on_a_thread(&mut cache)?;
        Ok(table(cache))
    }

    fn collect_to(&self, cache: &mut Value) -> Result<(), ConfigError> {
        Ok(self.load_on_a_thread(cache)?)
    }
}

impl AzureKeyVault {
    /// On a thread and a runtime of its own: blocking on the caller's runtime would be refused or would hang.
    fn load_on_a_thread(&self, cache: &mut Value) -> Result<(), Error> {
        self.is_asked();
        let dispatch = tracing::dispatcher::get_default(Clone::clone);
        let span = tracing::Span::current();
        let inside_a_runtime = tokio::runtime::Handle::try_current().is_ok();
        if inside_a_runtime && !self.shared.said.blocks.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "the sync form of Azure Key Vault blocks this thread while it loads, and a tokio runtime runs here: use an \
                 async builder and `add_async_source`"
            );
        }
        let load = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            match runtime {
                Ok(runtime) => {
                    let loaded = runtime.block_on(async {
                        if inside_a_runtime {
                            self.load_over_without_waiting(cache, Place::OwnThread).await
                        } else {
                            self.load_over(cache, Place::OwnThread).await
                        }
                    });
                    // Looking a host up blocks a thread of the runtime's; it is not waited for.
                    runtime.shutdown_background();
                    loaded
                }
                Err(error) => Err(Error::no_runtime(error)),
            }
        };
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new()
                .name("azure-key-vault".to_owned())
                .spawn_scoped(scope, || {
                    tracing::dispatcher::with_default(&dispatch, || span.in_scope(load))
                });
            match thread {
                Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                Err(error) => Err(Error::no_runtime(error)),
            }
        })
    }
}
