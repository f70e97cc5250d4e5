//! Azure Key Vault as a source of the [`config`] crate.

mod bind;
mod clock;
mod cloud;
mod credential;
mod environment;
mod error;
mod failure;
mod local;
mod mapping;
mod report;
mod settings;
mod source;
mod transport;
mod vault;

pub use bind::BindConfig;
pub use cloud::Cloud;
pub use environment::HostEnvironment;
pub use error::{Error, ErrorKind, Problem, Stage};
pub use mapping::{IgnoreCase, ignore_case};
pub use report::{LoadReport, Loaded, LoadedFrom, SkipReason, Skipped, Warning};
pub use source::{AddAzureKeyVault, AzureKeyVault};
pub use vault::{SecretName, SecretProperties, ValidityPolicy};
