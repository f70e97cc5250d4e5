//! A local Azure Key Vault (secrets), Entra ID token endpoint and managed identity endpoint, over real TLS.
//!
//! ```toml
//! [dependencies] # or [dev-dependencies], as for most
//! keyvault-emulator = "0.1"
//! serde_json = "1" # for odd items of a list only
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
//! ```
//!
//! ```
//! use keyvault_emulator::KeyVaultEmulator;
//!
//! let emulator = KeyVaultEmulator::start_blocking()?;
//! emulator.default_vault().set("Database--Password", "a value");
//!
//! // Point a client at `url()`, trust `ca_pem()`, sign in at `authority()`.
//! assert!(emulator.url().starts_with("https://localhost:"));
//! assert_eq!(emulator.counts().requests, 0);
//! # Ok::<(), keyvault_emulator::EmulatorError>(())
//! ```
//!
//! # Testing
//!
//! With the client under test in the same process, over the emulator's own HTTP client or one that trusts [`ca_pem`](KeyVaultEmulator::ca_pem):
//!
//! ```test_harness
//! use keyvault_emulator::{Fault, KeyVaultEmulator, RequestKind, reqwest};
//!
//! /// The client under test: yours, or an SDK.
//! async fn password(vault: &str, token: &str, http: &reqwest::Client) -> Result<String, reqwest::Error> {
//!     let url = format!("{vault}/secrets/Database--Password?api-version=7.5");
//!     loop {
//!         let reply = http.get(&url).bearer_auth(token).send().await?;
//!         if reply.status() != 429 {
//!             return reply.error_for_status()?.text().await;
//!         }
//!     }
//! }
//!
//! #[tokio::test]
//! async fn a_busy_vault_is_asked_again() -> Result<(), Box<dyn std::error::Error>> {
//!     let emulator = KeyVaultEmulator::start().await?;
//!     emulator.default_vault().set("Database--Password", "s3cret");
//!     emulator.inject(Fault::throttled(None).for_kind(RequestKind::Get).once());
//!
//!     let token = emulator.access_token("https://vault.azure.net");
//!     let password = password(&emulator.url(), &token, &emulator.http_client()).await?;
//!     assert!(password.contains("s3cret"));
//!     assert_eq!(emulator.counts().gets, 2);
//!     Ok(())
//! }
//! ```
//!
//! `config-azure-keyvault` shows the whole way from its source to typed settings in its own section of this name.
//!
//! ## Another process, another language
//!
//! [`variables`](KeyVaultEmulator::variables) is all that another process needs: it takes an environment that says where the vault is, whom to
//! trust and who signs in, and any of Azure's SDKs picks its credential from that.
//!
//! ```test_harness
//! use std::process::Command;
//!
//! use keyvault_emulator::{KeyVaultEmulator, SignIn};
//!
//! #[test]
//! fn my_app_starts_with_a_workload_identity() -> Result<(), Box<dyn std::error::Error>> {
//!     let emulator = KeyVaultEmulator::start_blocking()?;
//!     emulator.default_vault().set("Database--Password", "s3cret");
//!
//!     // The app: `env!("CARGO_BIN_EXE_my-app")`, `python3 app.py`, `java -jar app.jar`. Here one that shows its environment.
//!     let mut app = Command::new("env");
//!     let output = app.env_clear().env("PATH", std::env::var("PATH")?)
//!         .envs(emulator.variables(SignIn::WorkloadIdentity)?)
//!         .output()?;
//!     assert!(output.status.success());
//!     assert!(String::from_utf8(output.stdout)?.contains(&emulator.url()));
//!     Ok(())
//! }
//! ```
//!
//! A test that is not in Rust starts the program `keyvault-emulator` and reads one line of JSON, which has the same:
//! `cargo install keyvault-emulator`, then as the README says. `SSL_CERT_FILE` is what Go, Python (httpx), Ruby and Rust look at;
//! `NODE_EXTRA_CA_CERTS` is Node's, `REQUESTS_CA_BUNDLE` that of Python's requests, and Java wants the certificate in a trust store.
//! A client's check of the challenge has to be off for `https://localhost` (`verify_challenge_resource=False`,
//! `disableChallengeResourceVerification`, `DisableChallengeResourceVerification`).

mod api;
mod builder;
mod clock;
mod emulator;
mod entra;
mod fault;
mod identity;
mod lock;
mod on_disk;
mod permissions;
mod record;
mod redacted;
mod service;
mod state;
mod variables;
mod vault;

/// The one that [`KeyVaultEmulator::http_client`] is of.
pub use emulator_kit::reqwest;

pub use builder::Builder;
pub use emulator::KeyVaultEmulator;
/// Holds requests back until enough of them are in flight at once.
///
/// ```
/// use keyvault_emulator::{Barrier, Fault, FaultAction, KeyVaultEmulator, RequestKind};
///
/// let emulator = KeyVaultEmulator::start_blocking()?;
/// let two_at_once = Barrier::new(2);
/// emulator.inject(Fault::new(FaultAction::Barrier(two_at_once.clone())).for_kind(RequestKind::Get));
/// // … the client that must get two secrets at a time runs here …
/// assert!(!two_at_once.is_open(), "nobody asked");
/// # Ok::<(), keyvault_emulator::EmulatorError>(())
/// ```
///
/// As the kit has it:
pub use emulator_kit::Barrier;
/// An emulator that could not be started.
///
/// ```
/// use keyvault_emulator::{EmulatorError, KeyVaultEmulator};
///
/// match KeyVaultEmulator::builder().port(8443).start_blocking() {
///     Ok(emulator) => println!("{}", emulator.url()),
///     Err(EmulatorError::Listen(error)) => println!("somebody else is there: {error}"),
///     Err(error) => println!("{error}"),
/// }
/// ```
///
/// As the kit has it:
pub use emulator_kit::EmulatorError;
/// What goes wrong.
///
/// ```
/// use keyvault_emulator::{Fault, FaultAction, KeyVaultEmulator, RequestKind};
///
/// let emulator = KeyVaultEmulator::start_blocking()?;
/// // JSON that ends too early, once; and a proxy's page in HTML where tokens are asked for.
/// emulator.inject(Fault::new(FaultAction::MalformedJson).for_kind(RequestKind::List).once());
/// emulator.inject(Fault::new(FaultAction::Html { status: 502 }).for_kind(RequestKind::Token));
/// # Ok::<(), keyvault_emulator::EmulatorError>(())
/// ```
///
/// As the kit has it:
pub use emulator_kit::FaultAction;
/// Which versions of HTTP the emulator offers.
///
/// ```
/// use keyvault_emulator::{KeyVaultEmulator, Protocols};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let emulator = KeyVaultEmulator::builder().protocols(Protocols::Http1).start().await?;
/// emulator.http_client().get(emulator.url()).send().await?;
/// assert_eq!(emulator.requests()[0].http_version, "HTTP/1.1");
/// # Ok(())
/// # }
/// ```
///
/// As the kit has it:
pub use emulator_kit::Protocols;
pub use fault::{Fault, entra_error, service_error};
pub use permissions::{Firewall, Permissions, Refusal, SecretPermission};
pub use record::{Counts, RecordedRequest, RequestKind};
pub use variables::SignIn;
pub use vault::{ListItem, ListOrder, SecretSeed, Throttle, Vault};

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
