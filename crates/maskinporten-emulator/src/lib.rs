//! A local Maskinporten, Altinn exchange and protected API, over real TLS.
//!
//! ```toml
//! [dependencies] # or [dev-dependencies], as for most
//! maskinporten-emulator = "0.1"
//! reqwest = { version = "0.13", default-features = false, features = ["form"] }
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
//! ```
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
//!
//! # Testing
//!
//! With the client under test in the same process, over the emulator's own HTTP client or one that trusts
//! [`ca_pem`](MaskinportenEmulator::ca_pem):
//!
//! ```test_harness
//! use maskinporten_emulator::MaskinportenEmulator;
//!
//! /// The client under test: one request with a token.
//! async fn ask(emulator: &MaskinportenEmulator, scope: &str) -> Result<reqwest::Response, reqwest::Error> {
//!     let form = [
//!         ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
//!         ("assertion", &emulator.assertion(&emulator.client(), scope)),
//!     ];
//!     emulator.http_client().post(emulator.token_endpoint()).form(&form).send().await
//! }
//!
//! #[tokio::test]
//! async fn a_scope_that_was_withdrawn_is_refused() -> Result<(), Box<dyn std::error::Error>> {
//!     let emulator = MaskinportenEmulator::start().await?;
//!     assert_eq!(ask(&emulator, "altinn:serviceowner").await?.status(), 200);
//!
//!     emulator.withdraw_scope("altinn:serviceowner", emulator.client().org());
//!     let refused = ask(&emulator, "altinn:serviceowner").await?;
//!     assert_eq!(refused.status(), 400);
//!     assert!(refused.text().await?.contains("invalid_scope"));
//!
//!     let last = &emulator.requests()[1];
//!     assert_eq!(last.scope.as_deref(), Some("altinn:serviceowner"));
//!     Ok(())
//! }
//! ```
//!
//! `maskinporten` shows the whole way from its settings to a request with a token in its own section of this name.
//!
//! ## Another process, another language
//!
//! Whatever reads the settings of the .NET libraries takes them from its environment: the authority by its address, and the id and the
//! key of a client that is registered here.
//!
//! ```test_harness
//! use std::process::Command;
//!
//! use maskinporten_emulator::MaskinportenEmulator;
//!
//! #[test]
//! fn my_app_starts() -> Result<(), Box<dyn std::error::Error>> {
//!     let emulator = MaskinportenEmulator::start_blocking()?;
//!     let client = emulator.client();
//!
//!     // The app: `env!("CARGO_BIN_EXE_my-app")`, `node app.js`, `dotnet app.dll`. Here one that shows its environment.
//!     let mut app = Command::new("env");
//!     let output = app.env_clear().env("PATH", std::env::var("PATH")?)
//!         .env("MaskinportenSettings__Environment", emulator.issuer())
//!         .env("MaskinportenSettings__TokenExchangeEnvironment", emulator.exchange_base())
//!         .env("MaskinportenSettings__ClientId", client.client_id())
//!         .env("MaskinportenSettings__EncodedJwk", client.encoded_jwk())
//!         .output()?;
//!     assert!(output.status.success());
//!     assert!(String::from_utf8(output.stdout)?.contains(client.client_id()));
//!     Ok(())
//! }
//! ```
//!
//! The app has to trust [`ca_pem`](MaskinportenEmulator::ca_pem), written to a file: `SSL_CERT_FILE`, `NODE_EXTRA_CA_CERTS`,
//! `REQUESTS_CA_BUNDLE`, or a trust store for Java. A test that is not in Rust starts the program `maskinporten-emulator` and reads one
//! line of JSON, which has the addresses, the certificate and the keys: see the README.

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
mod self_service;
mod service;
mod state;
mod token;

/// The one that [`MaskinportenEmulator::http_client`] is of.
pub use emulator_kit::reqwest;

pub use builder::Builder;
pub use client::{Client, ClientSpec};
pub use emulator::MaskinportenEmulator;
/// An emulator that could not be started.
///
/// ```
/// use maskinporten_emulator::{EmulatorError, MaskinportenEmulator};
///
/// match MaskinportenEmulator::builder().port(8443).start_blocking() {
///     Ok(emulator) => println!("{}", emulator.issuer()),
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
/// use maskinporten_emulator::{Fault, FaultAction, MaskinportenEmulator, RequestKind};
///
/// let emulator = MaskinportenEmulator::start_blocking()?;
/// // JSON that ends too early, once; and a proxy's page in HTML in place of the API.
/// emulator.inject(Fault::new(FaultAction::MalformedJson).for_kind(RequestKind::Token).once());
/// emulator.inject(Fault::new(FaultAction::Html { status: 502 }).for_kind(RequestKind::Api));
/// # Ok::<(), maskinporten_emulator::EmulatorError>(())
/// ```
///
/// As the kit has it:
pub use emulator_kit::FaultAction;
/// A fault and the requests that it hits.
///
/// ```
/// use maskinporten_emulator::{Fault, MaskinportenEmulator, RequestKind};
///
/// let emulator = MaskinportenEmulator::start_blocking()?;
/// // `Fault` is this type. The second token request and the third hang.
/// emulator.inject(Fault::hang().for_kind(RequestKind::Token).skip(1).times(2));
/// # Ok::<(), maskinporten_emulator::EmulatorError>(())
/// ```
///
/// As the kit has it:
pub use emulator_kit::FaultFor;
/// Which versions of HTTP the emulator offers.
///
/// ```
/// use maskinporten_emulator::{MaskinportenEmulator, Protocols};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let emulator = MaskinportenEmulator::builder().protocols(Protocols::Http1).start().await?;
/// emulator.http_client().get(emulator.metadata_url()).send().await?;
/// assert_eq!(emulator.requests()[0].http_version, "HTTP/1.1");
/// # Ok(())
/// # }
/// ```
///
/// As the kit has it:
pub use emulator_kit::Protocols;
pub use fault::{Fault, oauth_error};
pub use key::{ClientKey, KeyError};
pub use record::{Counts, RecordedRequest, RequestKind};

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
