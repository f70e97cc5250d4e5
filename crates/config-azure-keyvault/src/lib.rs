//! Azure Key Vault as a source of the [`config`] crate.

mod error;

pub use error::{Error, ErrorKind, Problem, Stage};
