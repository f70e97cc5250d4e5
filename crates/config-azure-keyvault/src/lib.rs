//! Azure Key Vault as a source of the [`config`] crate.
//!
//! ```toml
//! [dependencies]
//! azure_identity = "1" # for a credential of your own choice only
//! config = { version = "0.15", default-features = false, features = ["async", "json"] }
//! config-azure-keyvault = "0.1"
//! secrecy = { version = "0.10", features = ["serde"] }
//! serde = { version = "1", features = ["derive"] }
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
//!
//! [dev-dependencies]
//! keyvault-emulator = "0.1"
//! ```
//!
//! ```
//! use config::Config;
//! use config_azure_keyvault::{AzureKeyVault, BindConfig};
//! use serde::Deserialize;
//!
//! #[derive(Deserialize)]
//! struct AppSettings {
//!     database: Database,
//! }
//!
//! #[derive(Deserialize)]
//! struct Database {
//!     host: String,
//!     port: u16,
//!     password: secrecy::SecretString,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let emulator = keyvault_emulator::KeyVaultEmulator::start().await?;
//! # let vault = emulator.vault("my-app");
//! # vault.set("Database--Password", "hunter2");
//! # vault.set("Database--Port", "5432");
//! # let url = emulator.vault_url("my-app");
//! # let source = || AzureKeyVault::new(&url).http_client(emulator.http_client()).environment("Production")
//! #     .process_environment([
//! #         ("AZURE_TENANT_ID", emulator.tenant().to_owned()),
//! #         ("AZURE_CLIENT_ID", emulator.client_id().to_owned()),
//! #         ("AZURE_CLIENT_SECRET", emulator.client_secret().to_owned()),
//! #         ("AZURE_AUTHORITY_HOST", emulator.authority()),
//! #     ]);
//! // The vault holds `Database--Password` and `Database--Port`.
//! let vault = AzureKeyVault::new("https://my-app.vault.azure.net");
//! # let vault = source();
//! let config = Config::builder()
//!     .set_default("Database.Host", "localhost")?
//!     .add_async_source(vault.clone())
//!     .build()
//!     .await?;
//!
//! let app: AppSettings = config.bind()?;
//! assert_eq!((app.database.host.as_str(), app.database.port), ("localhost", 5432));
//!
//! println!("{}", vault.report().expect("it was loaded")); // loaded 2 values from https://… in 80 ms (0 skipped, 4 requests)
//! # Ok(())
//! # }
//! ```
//!
//! Where the settings name the vault, one line does it: `builder.add_azure_key_vault()` ([`AddAzureKeyVault`]).
//!
//! # Where the vault is
//!
//! The first that names a vault wins; blank counts as absent:
//!
//! 1. the code: [`AzureKeyVault::new`];
//! 2. the section `kvSetting` (`SecretUri`) or `KeyVault` (`Url`, or `Name`) of an earlier source; an Altinn pod's
//!    `/altinn-appsettings-secret/altinn-appsettings-secret.json` wins over the earlier sources, setting by setting;
//! 3. the environment variable `AZURE_KEYVAULT_URL`.
//!
//! # Who signs in
//!
//! Exactly one credential, picked by the first rule that speaks. If it fails, the load fails; nobody else is tried.
//!
//! 1. the code: [`AzureKeyVault::credential`];
//! 2. `TenantId`, `ClientId` and `ClientSecret` of the section: a client secret. A part of the three is an error that names the
//!    rest; the ids alone serve a workload identity where `AZURE_FEDERATED_TOKEN_FILE` is set;
//! 3. `AZURE_TOKEN_CREDENTIALS`: `prod` (rule 4), `dev` (Azure CLI, then Azure Developer CLI), or a credential's name, as
//!    `WorkloadIdentityCredential`, `ManagedIdentityCredential`, `EnvironmentCredential`, `AzureCliCredential`,
//!    `AzureDeveloperCliCredential`;
//! 4. the environment: `AZURE_FEDERATED_TOKEN_FILE` → workload identity; `AZURE_CLIENT_SECRET` → client secret, both with
//!    `AZURE_TENANT_ID` and `AZURE_CLIENT_ID`; otherwise the managed identity, the user-assigned one of `AZURE_CLIENT_ID` if it is
//!    set. A variable that is set but blank beside its partners is an error.
//!
//! # Development
//!
//! In the environment `Development` ([`HostEnvironment`]) there is no vault, no credential and no request. `secrets.json` in the
//! working directory stands in if it is there ([`AzureKeyVault::local_file`], [`AzureKeyVault::user_secrets`] name another): JSON
//! with comments and trailing commas, keys as `"Section--Key"`, `"Section:Key"` or nested objects.
//!
//! # Names
//!
//! `--` separates segments. Case, `_` and `-` do not matter: a segment takes the spelling that an earlier source has, so that
//! `Database--MaxConnections` sets a file's `database.max_connections`. The nearest spelling counts: exact, then but for case, then
//! but for `_` and `-`, the last only where it fits one key and no more. An index has neither case nor separators.
//!
//! Two secrets that differ in a hyphen are two settings. Where both fit a value of an earlier source, the nearer one sets it, of
//! equals the newer; the other stays a setting of its own, with a warning. A section takes whatever fits it.
//!
//! An index (`Hosts--1`) overlays an earlier source's array, or appends to it; over nothing, indexes from 0 without a gap make an
//! array. A key beside indexes (`Hosts--x`) loads with a warning: a list takes its indexes and leaves the key out, a map has all of
//! them. A null in a list holds its place. Of two secrets for one setting the newest wins; where a value and a section meet, the
//! section wins. What has no place and what wants attention is in the [`LoadReport`], and in the log at WARN.
//!
//! More than 128 segments are an error, in a name, a file or an earlier source.
//!
//! Sources that are added later win as always in `config`. Its `Environment` lower-cases names, so wrap it:
//! `.add_source(ignore_case(Environment::default().separator("__")))` ([`ignore_case`]).
//!
//! # What is loaded
//!
//! All of the vault's secrets but what is not enabled, `managed` (a certificate's backing secret: [`managed`](AzureKeyVault::managed)
//! takes it), deleted meanwhile or listed without a proper name; expired and not yet valid ones load with a warning. [`names`](AzureKeyVault::names),
//! [`prefix`](AzureKeyVault::prefix) and
//! [`filter`](AzureKeyVault::filter) load less. Anything else that goes wrong fails the load: never a half-loaded configuration.
//!
//! Limits: 32 gets at a time, 30 s for the whole load, 10 s for a token, 8 s for one try, 4 s for connecting; each can be set. What
//! is worth a retry (408, 500, 502, 503, 504, a broken connection) is retried by the SDK up to 5 times. Where the vault refuses a request as
//! one too many (429), all of them wait, and go on one first, until the deadline; a pause that the vault asks for
//! (`Retry-After`) is kept, and where it would outlast the deadline the load fails at once. Where hundreds of instances start together, give
//! them time with [`deadline`](AzureKeyVault::deadline): a second for every 400 requests of all instances, and a minute more.
//!
//! # Reload
//!
//! Off unless it is asked for: [`AzureKeyVault::watch`] lists the vault again every five minutes, gets what has changed, and keeps the
//! last good values whatever fails.
//!
//! ```
//! use config::Config;
//! use config_azure_keyvault::AzureKeyVault;
//! use secrecy::{ExposeSecret, SecretString};
//!
//! #[derive(serde::Deserialize)]
//! struct Database {
//!     password: SecretString,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let emulator = keyvault_emulator::KeyVaultEmulator::start().await?;
//! # emulator.default_vault().set("Database--Password", "hunter2");
//! let vault = AzureKeyVault::default();
//! # let vault = vault.environment("Production").process_environment(emulator.variables(keyvault_emulator::SignIn::ClientSecret)?)
//! #     .http_client(emulator.http_client()).verify_challenge_resource(false);
//! let watch = vault.watch(Config::builder()).start().await?; // the first load
//! let database = watch.bind_section::<Database>("Database")?;
//! let mut changes = watch.changes();
//! # emulator.default_vault().set("Database--Password", "hunter3");
//!
//! // Somebody sets a new `Database--Password`. The next poll would see it; this asks at once.
//! watch.refresh().await?;
//! assert_eq!(database.current().password.expose_secret(), "hunter3");
//! let change = changes.next().await.expect("somebody watches");
//! assert!(change.touches("Database"));
//! # Ok(())
//! # }
//! ```
//!
//! [`Watch::current`] is the newest configuration, without a lock; [`Watch::bind`] the newest that fits a type; [`Watch::changes`] tells of
//! each change, by names and versions and never a value; [`Watch::status`] and [`Watch::health`] tell how it is doing. What fails is
//! tried again between the interval and ten minutes later, at WARN. [`WatchBuilder::files`] are looked at every two seconds, and in
//! Development so is the local file.
//!
//! # References
//!
//! Where it is asked for, a value of an earlier source that names a secret, as App Service and Azure Functions write it, is replaced by
//! the secret: [`AzureKeyVault::resolve_references`], and [`AzureKeyVault::references_only`] for an app without a vault of its own.
//!
//! ```
//! use config::Config;
//! use config_azure_keyvault::AzureKeyVault;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let emulator = keyvault_emulator::KeyVaultEmulator::start().await?;
//! # emulator.vault("shared").set("Password", "hunter2");
//! let earlier = "@Microsoft.KeyVault(VaultName=shared;SecretName=Password)"; // or SecretUri=https://…, with a version or without
//! let vault = AzureKeyVault::new("https://my-app.vault.azure.net").resolve_references();
//! # let vault = AzureKeyVault::new(emulator.vault_url("my-app")).resolve_references().environment("Production")
//! #     .process_environment(emulator.variables(keyvault_emulator::SignIn::ClientSecret)?).http_client(emulator.http_client());
//! let config = Config::builder()
//!     .set_default("Database.Password", earlier)?
//!     .add_async_source(vault)
//!     .build()
//!     .await?;
//! assert_eq!(config.get_string("Database.Password")?, "hunter2");
//! # Ok(())
//! # }
//! ```
//!
//! Nested values and elements of arrays count, in any vault of a known cloud or under the suffix of one's own; whoever signs in to the
//! vault signs in there. A reference that cannot be read or resolved is an error that names its key. What a secret holds is never a
//! reference, and what says who signs in cannot be one. A version that is named is got once; the newest at each load. A source behind the vault
//! overrides the value, but the secret is got all the same.
//!
//! # Several vaults
//!
//! ```
//! use config_azure_keyvault::AzureKeyVault;
//!
//! let vault = AzureKeyVault::layered([
//!     AzureKeyVault::new("https://everybody.vault.azure.net").prefix("MyApp--"),
//!     AzureKeyVault::new("https://my-app.vault.azure.net"), // over the first
//! ]);
//! ```
//!
//! They are loaded side by side, within one deadline, 32 gets at a time for each; the last one that has a setting wins. Those that sign
//! in alike share one credential and token. [`LoadReport::loaded`] says of each value which vault it is from.
//!
//! # Optional
//!
//! A vault must be there. [`AzureKeyVault::optional`] names the cases in which it need not: unreachable, no credential, no permission.
//!
//! ```
//! use config::Config;
//! use config_azure_keyvault::{AzureKeyVault, HealthState, OptionalIf};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let emulator = keyvault_emulator::KeyVaultEmulator::start().await?;
//! # emulator.default_vault().set_permissions(keyvault_emulator::Permissions::none());
//! let vault = AzureKeyVault::default().optional([OptionalIf::NoPermission]);
//! # let vault = vault.environment("Production").process_environment(emulator.variables(keyvault_emulator::SignIn::ClientSecret)?)
//! #     .http_client(emulator.http_client()).verify_challenge_resource(false);
//! let config = Config::builder().set_default("Level", "info")?.add_async_source(vault.clone()).build().await?;
//! assert_eq!(config.get_string("Level")?, "info"); // what the earlier sources say
//! assert_eq!(vault.health().state, HealthState::Degraded);
//! println!("{}", vault.report().expect("it was loaded").not_loaded[0]); // https://… gave nothing, and need not (no permission): …
//! # Ok(())
//! # }
//! ```
//!
//! A watch that began without it takes it in when it is there; from then on it must be there, and its last good values stay.
//!
//! # Spans
//!
//! `tracing` spans at INFO: `keyvault.load`, in it `keyvault.list`, `keyvault.get` and `keyvault.token`, in each of them its requests, named
//! by their method, with the attributes of OpenTelemetry's semantic conventions. `tracing-opentelemetry` hands them on. They hold names
//! of secrets, and no value.
//!
//! # Proxies and runtimes
//!
//! `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` count, in upper or lower case; SOCKS is not spoken. Loopback and link-local
//! addresses are never asked through a proxy: managed identity lives there, in plain HTTP. Where that is not ready yet it is asked
//! again until the load's deadline. `AZURE_POD_IDENTITY_AUTHORITY_HOST` names another place for it near by.
//!
//! A handle may be loaded in one runtime after another, in either form. Nothing that one runtime drives is waited for by another.
//!
//! # How soon it starts
//!
//! Since its release 1.60 AWS-LC, the cryptography under rustls, draws the first random number of a process from the CPU's jitter as well, which
//! takes 40 to 60 ms. It is begun on a thread of its own as soon as there is an [`AzureKeyVault`], so make one early. A program that wants
//! the time back is built with `AWS_LC_SYS_NO_JITTER_ENTROPY=1`, in the environment or in its own `.cargo/config.toml`:
//!
//! ```toml
//! [env]
//! AWS_LC_SYS_NO_JITTER_ENTROPY = "1"
//! ```
//!
//! It has one source of entropy less then: the operating system's stays. The machine's root certificates are read once per process.
//!
//! # No secret is printed
//!
//! Nothing of this crate prints a value: no error, no log line, no `Debug`, no report. What was sent as a secret is cut from every
//! refusal that quotes it. `config` itself does: `{:?}` of a
//! [`Config`](config::Config), and `try_deserialize` where a value does not fit
//! (`invalid type: string "hunter2", expected an integer`). [`bind`](BindConfig::bind) is the way around it, and reads keys
//! without regard to case. Two more things are up to you: give secrets a type that does not print, as
//! `secrecy::SecretString`; and leave the feature `debug` of `azure_core` off, for it prints what the SDK redacts.
//!
//! # Testing
//!
//! `keyvault-emulator` is a vault, Entra ID and managed identity in the test's own process, over real TLS on a free port. A test of
//! an app, complete:
//!
//! ```test_harness
//! use config::Config;
//! use config_azure_keyvault::{AzureKeyVault, BindConfig};
//! use keyvault_emulator::{KeyVaultEmulator, SignIn};
//! use secrecy::{ExposeSecret, SecretString};
//!
//! #[derive(serde::Deserialize)]
//! struct Database {
//!     host: String,
//!     password: SecretString,
//! }
//!
//! #[tokio::test]
//! async fn the_password_comes_from_the_vault() -> Result<(), Box<dyn std::error::Error>> {
//!     let emulator = KeyVaultEmulator::start().await?;
//!     emulator.default_vault().set("Database--Password", "hunter2");
//!
//!     let vault = AzureKeyVault::default()
//!         .environment("Production") // in Development no vault is asked
//!         .process_environment(emulator.variables(SignIn::ClientSecret)?) // where the vault is, and who signs in
//!         .http_client(emulator.http_client()) // trusts the emulator, and reaches nothing else
//!         .verify_challenge_resource(false); // `localhost` is no host of Azure's
//!     let config = Config::builder()
//!         .set_default("Database.Host", "localhost")?
//!         .add_async_source(vault.clone())
//!         .build()
//!         .await?;
//!
//!     let database: Database = config.bind_section("Database")?;
//!     assert_eq!(database.host, "localhost");
//!     assert_eq!(database.password.expose_secret(), "hunter2");
//!     assert_eq!(vault.report().expect("it was loaded").loaded[0].name, "Database--Password");
//!     assert_eq!(emulator.counts().gets, 1);
//!     Ok(())
//! }
//! ```
//!
//! An app takes the `AzureKeyVault` as an argument, so that its tests can hand it this one. Without any vault, in Development, a file of
//! the test's own stands in: `AzureKeyVault::default().environment("Development").local_file(path)`.
//!
//! # Types of other crates
//!
//! [`TokenCredential`] is `azure_core`'s, and [`reqwest`] is its HTTP client: both are handed on here, so that yours are of the
//! same version. `azure_identity` 1.x builds credentials.
//!
//! # Features
//!
//! - `http2` (on): HTTP/2 where the vault offers it, with keep-alive pings.

mod address;
mod bind;
mod clock;
mod cloud;
mod credential;
mod environment;
mod error;
mod failure;
#[cfg(test)]
mod fleet;
#[cfg(test)]
mod fuzz;
mod health;
mod local;
mod mapping;
mod names;
mod obstacle;
mod origin;
mod quoted;
mod reference;
mod reload;
mod report;
mod settings;
mod sign_in;
mod source;
mod telemetry;
mod transport;
mod variables;
mod vault;

/// Who signs in: a credential of `azure_identity`'s, or one of your own.
///
/// ```
/// use azure_identity::DeveloperToolsCredential;
/// use config_azure_keyvault::{AzureKeyVault, TokenCredential};
/// use std::sync::Arc;
///
/// // A tool for the command line, which signs in as whoever runs it.
/// let me: Arc<dyn TokenCredential> = DeveloperToolsCredential::new(None)?;
/// let vault = AzureKeyVault::new("https://my-app.vault.azure.net").credential(me);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub use azure_core::credentials::TokenCredential;
pub use bind::BindConfig;
pub use cloud::Cloud;
pub use environment::HostEnvironment;
pub use error::{Error, ErrorKind, Problem, Stage};
pub use health::{Health, HealthState};
pub use mapping::{IgnoreCase, ignore_case};
pub use obstacle::Obstacle;
pub use reload::{Bound, Change, ChangeKind, ChangedKey, Changes, Failed, Status, Watch, WatchBuilder};
pub use report::{LoadReport, Loaded, LoadedFrom, NotLoaded, OptionalIf, SkipReason, Skipped, Warning};
pub use reqwest;
pub use source::{AddAzureKeyVault, AzureKeyVault, LoadPlan, PlannedVault};
pub use vault::{CurrentSecret, Managed, NewSecret, SecretEditor, SecretName, SecretProperties, ValidityPolicy};
