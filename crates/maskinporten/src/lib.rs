//! An HTTP client that authenticates itself with Maskinporten, and exchanges its tokens for Altinn's.
//!
//! ```toml
//! [dependencies]
//! async-trait = "0.1" # for a key's source or a store of your own only
//! config = { version = "0.15", default-features = false, features = ["json"] }
//! maskinporten = "0.1"
//! serde_json = "1" # for authorization details of your own only
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
//! tower-layer = "0.3" # with the feature `tower` only
//!
//! [dev-dependencies]
//! maskinporten-emulator = "0.1"
//! ```
//!
//! ```
//! use config::{Config, File, FileFormat};
//! use maskinporten::{MaskinportenClient, MaskinportenRequest, MaskinportenSettings, SystemUser};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // `appsettings.json`; another source adds `ClientId` and `EncodedJwk`: the environment, a mounted file, or a vault.
//! let appsettings = r#"{
//!     "MaskinportenSettings": {
//!         "Environment": "test",
//!         "Scope": "altinn:serviceowner/instances.read",
//!         "ExhangeToAltinnToken": true
//!     }
//! }"#;
//! let config = Config::builder().add_source(File::from_str(appsettings, FileFormat::Json));
//! # let emulator = maskinporten_emulator::MaskinportenEmulator::start().await?;
//! # emulator.approve_system_user("310000000", "customer-123");
//! # let config = config
//! #     .set_override("MaskinportenSettings.ClientId", emulator.client().client_id())?
//! #     .set_override("MaskinportenSettings.EncodedJwk", emulator.client().encoded_jwk())?
//! #     .set_override("MaskinportenSettings.Environment", emulator.issuer())?
//! #     .set_override("MaskinportenSettings.TokenExchangeEnvironment", emulator.exchange_base())?;
//! let settings = MaskinportenSettings::from_config(&config.build()?, "MaskinportenSettings")?;
//! let maskinporten = MaskinportenClient::builder(settings);
//! # let maskinporten = maskinporten.http_client(emulator.http_client()).token_http_client(emulator.http_client());
//! let maskinporten = maskinporten.build()?; // checks settings and key, and sends nothing
//!
//! let http = maskinporten.http_client(); // reqwest, with a token on each request
//! let url = "https://api.example.no/instances";
//! # let url = emulator.api_url();
//! let instances = http.get(url).send().await?.error_for_status()?;
//!
//! let customer = SystemUser::of("310000000").external_ref("customer-123");
//! let request = MaskinportenRequest::new().system_user(customer);
//! # let url = emulator.api_url();
//! let theirs = http.get(url).with_extension(request).send().await?.error_for_status()?;
//!
//! assert_eq!(maskinporten.stats().token_requests, 2);
//! # Ok(())
//! # }
//! ```
//!
//! [`MaskinportenClient::from_config`] is the short way where nothing is to be added. A client is a cheap clone; make one for each
//! set of settings and keep it.
//!
//! # Settings
//!
//! They come from a `config::Config`, whatever its sources are: files, environment variables, a secret store. No crate of Azure is
//! needed; where the key is in Key Vault, `config-azure-keyvault` is the source that reads it, and is added by the app.
//!
//! Both .NET shapes are read from the same section, in any case, so that an app moves over without touching `appsettings.json` or
//! its vault: the flat one of `Altinn.ApiClients.Maskinporten` (`Environment`, `ClientId`, `Scope`, `EncodedJwk`,
//! `ExhangeToAltinnToken`, …) and that of `Altinn.App.Core` (`authority`, `clientId`, `jwk`, `jwkBase64`). [`MaskinportenSettings`]
//! lists them all, and can be made in code. Every problem is reported at once, and for what is missing the secret that would
//! set it.
//!
//! `Environment` is `prod`, `test`, `skyporten`, `skyporten-test`, or an authority's URL, whose metadata (RFC 8414) is then asked.
//! Addresses are https; http is taken for this machine only, unless `AllowInsecureHttp` says otherwise, for a network of tests such as
//! docker-compose's: that is told at WARN. An endpoint's address names its authority or platform as well.
//!
//! Each part can be said by itself: `TokenEndpoint` alone replaces where tokens are asked for, as with a gateway, and `aud` stays the
//! issuer; `Issuer` alone replaces `aud`, and metadata of that issuer is taken whatever name it is asked under, as with a mock in a
//! container; together they need neither `Environment` nor metadata. `TokenExchangeEnvironment` takes the address of a platform or of
//! its exchange, whose path ends as Altinn's does: a gateway may put its own before it.
//!
//! On NAIS, [`MaskinportenSettings::from_nais`] reads the platform's variables; [`AppSecrets`] is the file that Altinn Studio mounts into
//! an app, as a source of `config`.
//!
//! What nobody can have meant is an error that names the setting, before anything is sent: a placeholder (`<client-id>`, `${CLIENT_ID}`,
//! `#{ClientId}#`, `your-client-id`, `TODO`), quotes, a byte order mark, a Key Vault reference that nobody resolved, a key in the place
//! of an id.
//!
//! # Keys
//!
//! An RSA key of 2048 bits or more: a JWK or JWKS, PEM, DER or PKCS#12 (feature `pkcs12`), plainly or in base64
//! ([`SigningKey::read`]). A certificate is sent itself (`x5c`), or, where `Kid` is set, named by it. It is checked when the client is built. [`FileKey`] reads a file, [`KeySource`] a place of your own; both are asked again when Maskinporten
//! says that the key has expired or is not known, so that a rotated key is used at once.
//!
//! # Rotation
//!
//! [`watching`](MaskinportenClient::watching) follows a configuration that changes: it takes a `tokio::sync::watch::Receiver` of it, such
//! as the watch of `config-azure-keyvault` hands out, and the name of the section. There is no task: whoever wants a token, and each
//! request of [`http_client`](MaskinportenClient::http_client), looks first whether there is something newer, which is an atomic load.
//! The first one reads it and whoever comes meanwhile waits those milliseconds; so what is asked for after a change is asked for with
//! all of it, key and settings together. What is under way ends with what it began with, and where that is refused by then, it is asked
//! for once more with the newer.
//!
//! - Tokens that are valid serve on: another key makes none wrong. Another client id or issuer has tokens of its own.
//! - Settings that cannot be used, or a key that is none, change nothing. It is said once at WARN and in
//!   [`health`](MaskinportenClient::health) until better ones are there. They are looked at again by whoever asks, half a minute later at
//!   the earliest: a file that was missing may be there by then, and a certificate valid.
//! - A key that is not known to Maskinporten yet, as it may take some minutes, is stood in for by the one before it, for a quarter of an
//!   hour at most. So register the new key beside the old one, set it, and take the old one away when the log says that the new one is
//!   known, or a quarter of an hour later.
//! - `SecondEncodedJwk` is such a stand-in that is there from the start, for who cannot follow a configuration: a quarter of an hour
//!   from when it is first needed, after which the first one's error comes through.
//! - The end of a key (`exp` of a JWK) or of its certificate is told at WARN when it is taken into use and once a day while tokens are
//!   asked for, from 30 days before.
//!
//! Whoever sends the configurations may go: the last one stays. The receiver may be another runtime's.
//!
//! # Tokens and their cache
//!
//! [`token`](MaskinportenClient::token) and [`altinn_token`](MaskinportenClient::altinn_token) take a [`TokenRequest`]. One that is
//! held and valid is answered from memory; callers who want the same one wait for one request. It is refreshed in the background
//! before it ends, and serves on while that fails. The cache tells apart issuer, client, key, scopes and every claim.
//! At most 1,000 tokens of each kind are kept ([`most_tokens`](MaskinportenClientBuilder::most_tokens)), and 32 requests are on their
//! way at a time, to the token endpoint and the exchange together: of a crowd with a wish each the others wait their turn.
//! [`fresh`](TokenRequest::fresh) insists on a new one, whatever is held.
//! Each attempt signs a fresh assertion; what may pass is retried, within one deadline
//! ([`deadline`](MaskinportenClientBuilder::deadline), 20 s).
//!
//! A [`TokenStore`] shares tokens between processes. It sees digests for keys, and values that are sealed; a store that fails or
//! hangs is not felt. `RedisTokenStore` is one, with the feature `redis`.
//!
//! # Runtimes
//!
//! A client serves several tokio runtimes. Each has its own connections, requests under way and refreshes, and none waits for what
//! another one has to drive: a runtime may stay idle, as after a start-up's `block_on`, or go away, in the middle of a request too. A
//! client of your own ([`token_http_client`](MaskinportenClientBuilder::token_http_client)) has one pool of connections, and so serves
//! one runtime at a time; another is told so at once, while [`configure_http`](MaskinportenClientBuilder::configure_http) has no such
//! bound. So it is with the connections of [`http_client`](MaskinportenClient::http_client) to your APIs, but for a client of your own:
//! those are for you to share or not.
//!
//! # Proxies
//!
//! The usual variables are obeyed (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`), and the error of a request that got no reply names the one
//! that counted. Loopback and link-local addresses are never asked through a proxy, but by a client of your own. SOCKS is not spoken.
//!
//! A company's own CA, or an emulator's, is trusted with [`ca_pem`](MaskinportenClientBuilder::ca_pem).
//!
//! # Altinn's exchange
//!
//! With `ExhangeToAltinnToken` requests carry Altinn's token. It is kept for its own lifetime, thirty minutes, and not for that of
//! the token it came from. `prod` goes with Altinn's `prod` and `test` with `tt02`; for any other pair set
//! `TokenExchangeEnvironment` or [`altinn`](MaskinportenClientBuilder::altinn).
//!
//! # At start
//!
//! Building a client checks settings and key, and sends nothing. [`check`](MaskinportenClient::check) gets the token that requests will
//! carry, exchanged if they are, and fails with the line that the first request would have failed with:
//!
//! ```
//! use maskinporten::{Error, MaskinportenClient};
//!
//! async fn started(config: &config::Config) -> Result<MaskinportenClient, Error> {
//!     let client = MaskinportenClient::from_config(config, "MaskinportenSettings")?;
//!     client.check().await?; // nothing comes up that could not work
//!     Ok(client)
//! }
//! ```
//!
//! Since its release 1.60 AWS-LC, the cryptography under rustls, draws the first random number of a process from the CPU's jitter as well, which
//! takes 40 to 60 ms. It is begun on a thread of its own as soon as there is a client's builder, so make one early. A program that wants
//! the time back is built with `AWS_LC_SYS_NO_JITTER_ENTROPY=1`, in the environment or in the `[env]` of its own `.cargo/config.toml`: it has
//! one source of entropy less then, and the operating system's stays.
//!
//! What stops nothing but is seldom meant is told at WARN when a client is built: no scope, a key that nobody reads but that looks like a
//! setting, production mixed with test, addresses without TLS.
//!
//! # Health and traces
//!
//! [`health`](MaskinportenClient::health) tells from the client's own requests whether requests can be served; [`Health`] shows a
//! readiness check. [`stats`](MaskinportenClient::stats) are numbers for metrics.
//!
//! There are spans of `tracing` for what a token takes (`maskinporten.token`, `maskinporten.exchange`, `maskinporten.metadata`) and, inside
//! them, for each attempt (`http.request`, with the fields of OpenTelemetry's semantic conventions; `http.request.resend_count` says which
//! attempt it is). No value is in any.
//!
//! # The middleware
//!
//! [`http_client`](MaskinportenClient::http_client) is ready-made; [`MaskinportenMiddleware`] goes into a `reqwest-middleware` stack
//! of your own, after what retries, and `MaskinportenLayer` (feature `tower`) into one of `tower`.
//!
//! - [`MaskinportenRequest`] in a request's extensions says what this one wants otherwise: system user, consent, person, resource,
//!   consumer organisation, scopes, exchanged or not.
//! - [`http_client_for`](MaskinportenClient::http_client_for) is an HTTP client all of whose requests want that: several of them share one
//!   client's tokens.
//! - A 401 to our token gives up exactly that token and sends the request once more, if its body can be sent again.
//! - A caller's own `Authorization` header stays, unless `OverwriteAuthorizationHeader` is set.
//! - A token goes over https only, and to no other host when a reply redirects.
//!
//! # Errors
//!
//! An [`Error`] is one line that says what to do, and [`kind`](Error::kind), [`stage`](Error::stage), [`endpoint`](Error::endpoint),
//! [`status`](Error::status), [`oauth_error`](Error::oauth_error), [`mp_code`](Error::mp_code) (Maskinporten's own, such as `MP-121`
//! for a key that has expired), [`trace_id`](Error::trace_id), [`retry`](Error::retry) and [`remedy`](Error::remedy) for code that
//! decides. From the middleware it comes inside `reqwest_middleware::Error::Middleware`; [`find`](Error::find) finds it there, and
//! wherever else it is:
//!
//! ```
//! use maskinporten::reqwest_middleware;
//!
//! fn code(error: &reqwest_middleware::Error) -> Option<&str> {
//!     maskinporten::Error::find(error)?.mp_code()
//! }
//! ```
//!
//! # What is never printed
//!
//! No key, token or assertion is in an error, a log line or a `Debug` of this crate. `EnableDebugLogging` logs an assertion's header
//! and claims without its signature, for this client and no other.
//!
//! A server that refuses may quote what it was sent. Of what comes back is cut whatever was sent as a secret, in whole or in pieces of
//! eight characters, in any spelling, and whatever looks like a token: `(a secret)` stands in its place. The values of claims such as
//! `iss`, `aud` and `scope` are left, as they say what is wrong. An address with a user or a password in it is refused by the settings,
//! and shown without; Redis's is the exception, and is only shown without.
//!
//! What is beyond this crate: a response is the caller's, and `error_for_status` of reqwest prints its address, which an API chose if it
//! redirected.
//!
//! `config` itself does print values: `{:?}` of a `Config` shows them all, and an error of its `get` or `try_deserialize` quotes the
//! one that does not fit. The settings are read with [`config_bind`], whose errors never do; it serves an app's other sections as well.
//!
//! # Testing
//!
//! `maskinporten-emulator` is Maskinporten, Altinn's exchange and an API that both protect, in the test's own process, over real TLS on
//! a free port. A test of an app, complete:
//!
//! ```test_harness
//! use config::Config;
//! use maskinporten::{MaskinportenClient, MaskinportenSettings};
//! use maskinporten_emulator::{Fault, MaskinportenEmulator, RequestKind};
//!
//! #[tokio::test]
//! async fn requests_carry_altinns_token() -> Result<(), Box<dyn std::error::Error>> {
//!     let emulator = MaskinportenEmulator::start().await?;
//!     emulator.inject(Fault::status(503, "").for_kind(RequestKind::Token).once()); // it is tried again
//!
//!     let config = Config::builder()
//!         .set_override("MaskinportenSettings.Environment", emulator.issuer())?
//!         .set_override("MaskinportenSettings.TokenExchangeEnvironment", emulator.exchange_base())?
//!         .set_override("MaskinportenSettings.ClientId", emulator.client().client_id())?
//!         .set_override("MaskinportenSettings.EncodedJwk", emulator.client().encoded_jwk())?
//!         .set_override("MaskinportenSettings.Scope", "altinn:serviceowner/instances.read")?
//!         .set_override("MaskinportenSettings.ExhangeToAltinnToken", true)?
//!         .build()?;
//!     let settings = MaskinportenSettings::from_config(&config, "MaskinportenSettings")?;
//!     let maskinporten = MaskinportenClient::builder(settings)
//!         .http_client(emulator.http_client()) // these trust the emulator, and reach nothing else
//!         .token_http_client(emulator.http_client())
//!         .build()?;
//!
//!     let reply = maskinporten.http_client().get(emulator.api_url()).send().await?;
//!     assert_eq!(reply.status(), 200);
//!     let told = reply.text().await?; // what the token says: whose it is, and for what
//!     assert!(told.contains("altinn:serviceowner/instances.read") && told.contains("991825827"), "{told}");
//!     assert_eq!((emulator.counts().token_requests, emulator.counts().exchange_requests), (2, 1));
//!     Ok(())
//! }
//! ```
//!
//! What ages is tested without waiting: [`clock`](MaskinportenClientBuilder::clock) sets the client's time, and the emulator's `Builder::clock`
//! its. `altinn-emulators` starts Key Vault's emulator beside it, with the client's id and key in the vault.
//!
//! # Types of other crates
//!
//! [`reqwest`], [`reqwest_middleware`] and [`SecretString`] are handed on, so that yours are of the same version.
//!
//! # Features
//!
//! - `pkcs12`, on by default: reads PKCS#12, which is what `EncodedX509` and `CertificatePkcs12Path` mostly hold. Without it some twenty
//!   crates fewer are built, the settings keep their names, and such a file is an error that names this feature; a key with its
//!   certificate as PEM is read all the same.
//! - `redis`: `RedisTokenStore`, which shares tokens through Redis.
//! - `tower`: `MaskinportenLayer` for stacks of `tower` services.
//! - `measured` is for this crate's benchmark and no part of the interface.

mod altinn;
mod authority;
mod client;
mod clock;
mod error;
#[cfg(test)]
mod fake;
#[cfg(test)]
mod fuzz;
mod given;
mod grant;
mod health;
mod key;
#[cfg(feature = "measured")]
#[doc(hidden)]
pub mod measured;
mod middleware;
#[cfg(test)]
mod numbers;
mod problem;
mod quoted;
mod request;
mod runtime;
#[cfg(test)]
mod server;
mod settings;
mod slip;
mod telemetry;
mod token;
mod transport;

pub use altinn::AltinnEnvironment;
pub use authority::Environment;
pub use client::{MaskinportenClient, MaskinportenClientBuilder, Stats};
pub use error::{Error, ErrorKind, Retry, Stage};
pub use given::OptionalText;
pub use health::{Health, HealthState};
pub use key::{Algorithm, FileKey, KeyOptions, KeySource, SigningKey};
#[cfg(feature = "tower")]
pub use middleware::{MaskinportenLayer, MaskinportenService};
pub use middleware::{MaskinportenMiddleware, MaskinportenRequest};
pub use problem::SettingProblem;
pub use request::{Consent, SystemUser, TokenRequest};
pub use reqwest;
pub use reqwest_middleware;
/// Takes the text out of a [`SecretString`]: `secrecy`'s.
///
/// ```
/// use maskinporten::{ExposeSecret, SecretString};
///
/// let assertion = SecretString::from("header.claims.signature");
/// assert_eq!(assertion.expose_secret().split('.').count(), 3);
/// ```
pub use secrecy::ExposeSecret;
/// A text that nobody prints by a slip, for keys and passwords: `secrecy`'s.
///
/// ```
/// use maskinporten::{KeyOptions, SecretString};
///
/// let password = SecretString::from("hunter2");
/// assert!(!format!("{password:?}").contains("hunter2"));
/// let options = KeyOptions::new().password(password);
/// ```
pub use secrecy::SecretString;
pub use settings::{AppSecrets, MaskinportenSettings};
pub use token::Token;
#[cfg(feature = "redis")]
pub use token::redis::RedisTokenStore;
pub use token::store::{StoreError, TokenStore};
