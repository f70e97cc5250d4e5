//! A local Azure Key Vault (secrets), Entra ID token endpoint and managed identity endpoint, over real TLS.
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

mod api;
mod builder;
mod clock;
mod emulator;
mod entra;
mod fault;
mod identity;
mod lock;
mod permissions;
mod record;
mod redacted;
mod service;
mod state;
mod variables;
mod vault;

pub use builder::Builder;
pub use emulator::KeyVaultEmulator;
pub use emulator_kit::{Barrier, EmulatorError, FaultAction, Protocols};
pub use fault::{Fault, entra_error, service_error};
pub use permissions::{Firewall, Permissions, Refusal, SecretPermission};
pub use record::{Counts, RecordedRequest, RequestKind};
pub use variables::SignIn;
pub use vault::{ListItem, ListOrder, SecretSeed, Throttle, Vault};

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
