//! An HTTP client that authenticates itself with Maskinporten, and exchanges its tokens for Altinn's.

mod altinn;
mod authority;
mod client;
mod clock;
mod error;
#[cfg(test)]
mod fake;
mod grant;
mod key;
#[doc(hidden)]
pub mod measured;
mod middleware;
mod request;
#[cfg(test)]
mod server;
mod settings;
mod token;
mod transport;

pub use altinn::AltinnEnvironment;
pub use authority::Environment;
pub use client::{MaskinportenClient, MaskinportenClientBuilder, Stats};
pub use error::{Error, ErrorKind, Retry, Stage};
pub use key::{Algorithm, FileKey, KeyOptions, KeySource, SigningKey};
#[cfg(feature = "tower")]
pub use middleware::{MaskinportenLayer, MaskinportenService};
pub use middleware::{MaskinportenMiddleware, MaskinportenRequest};
pub use request::{SystemUser, TokenRequest};
pub use reqwest;
pub use reqwest_middleware;
pub use secrecy::SecretString;
pub use settings::MaskinportenSettings;
pub use token::Token;
#[cfg(feature = "redis")]
pub use token::redis::RedisTokenStore;
pub use token::store::{StoreError, TokenStore};
