//! An HTTP client that authenticates itself with Maskinporten, and exchanges its tokens for Altinn's.

// The rooms are being built.
#![allow(dead_code)]

mod clock;
mod error;
mod request;
mod token;

pub use error::{Error, ErrorKind, Retry, Stage};
pub use request::{SystemUser, TokenRequest};
pub use token::Token;
#[cfg(feature = "redis")]
pub use token::redis::RedisTokenStore;
pub use token::store::{StoreError, TokenStore};
