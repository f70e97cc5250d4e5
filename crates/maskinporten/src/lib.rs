//! An HTTP client that authenticates itself with Maskinporten, and exchanges its tokens for Altinn's.

// The rooms are being built.
#![allow(dead_code)]

mod authority;
mod clock;
mod error;
#[cfg(test)]
mod fake;
mod grant;
mod key;
mod request;
mod settings;
mod token;
mod transport;

pub use authority::Environment;
pub use error::{Error, ErrorKind, Retry, Stage};
pub use key::{Algorithm, FileKey, KeyOptions, KeySource, SigningKey};
pub use request::{SystemUser, TokenRequest};
pub use settings::MaskinportenSettings;
pub use token::Token;
