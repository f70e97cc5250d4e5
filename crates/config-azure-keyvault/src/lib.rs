//! Azure Key Vault as a source of the [`config`] crate.

mod bind;
mod error;

pub use bind::BindConfig;
pub use error::{Error, ErrorKind, Problem, Stage};
