//! Azure Key Vault as a source of the [`config`] crate.

mod error;
mod mapping;

pub use error::{Error, ErrorKind, Problem, Stage};
pub use mapping::{IgnoreCase, ignore_case};
