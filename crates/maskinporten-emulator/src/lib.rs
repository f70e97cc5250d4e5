//! A local Maskinporten, Altinn exchange and protected API, over real TLS.
//!
//! ```
//! use maskinporten_emulator::MaskinportenEmulator;
//!
//! let emulator = MaskinportenEmulator::start_blocking()?;
//! let client = emulator.client();
//!
//! // Configure a client with `client_id()` and `encoded_jwk()`, trust `ca_pem()`, ask at `token_endpoint()`.
//! assert!(emulator.issuer().starts_with("https://localhost:"));
//! assert_eq!(client.org(), "991825827");
//! assert_eq!(emulator.counts().token_requests, 0);
//! # Ok::<(), maskinporten_emulator::EmulatorError>(())
//! ```

mod api;
mod builder;
mod client;
mod emulator;
mod exchange;
mod fault;
mod grant;
mod key;
mod lock;
mod metadata;
mod party;
mod record;
mod service;
mod state;
mod token;

pub use builder::Builder;
pub use client::{Client, ClientSpec};
pub use emulator::MaskinportenEmulator;
pub use emulator_kit::{EmulatorError, FaultAction, FaultFor, Protocols};
pub use fault::{Fault, oauth_error};
pub use key::{ClientKey, KeyError};
pub use record::{Counts, RecordedRequest, RequestKind};

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
