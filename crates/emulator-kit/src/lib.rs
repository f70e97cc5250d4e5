//! What an emulator of an HTTPS service is made of: TLS with an authority of its own, HTTP/1.1 and HTTP/2, distance, faults, a
//! journal of requests, a thread of its own, and a program around it.
//!
//! ```toml
//! [dependencies]
//! clap = { version = "4", default-features = false, features = ["std", "derive", "help", "usage"] } # for a program
//! emulator-kit = "0.1"
//! serde_json = "1"
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
//! ```
//!
//! An emulator stands in for a service in tests. What it answers is its own; everything that emulators have in common is here.
//! The parts, in the order in which a request meets them:
//!
//! - [`ServerBuilder`] opens ports on the loopback addresses, makes certificates and starts a [`Server`], which serves on its
//!   own thread and stops when it is dropped. [`launch`] starts it without blocking a runtime. A round trip
//!   ([`ServerBuilder::round_trip`]) is felt by TCP and TLS too.
//! - [`Service`] is what the emulator implements. [`Host`], [`bearer`] and [`read_body`] read a request.
//! - [`Journal`] holds what was asked, as records of the emulator's own type.
//! - [`FaultBook`] holds the faults in force ([`FaultFor`], [`FaultAction`], [`RandomFaults`]); a request is shown to it as a
//!   [`Subject`].
//! - [`Reply`] is an answer, and [`Damage`] what a fault does to it on its way out.
//! - [`SigningKey`] signs tokens, for emulators of whoever issues them.
//! - [`Server::http_client_builder`] makes clients that trust this emulator, find its hosts and reach nothing else by name;
//!   [`client_builder`] makes them for several emulators.
//! - [`program`] makes a program of it, [`seed`] reads what the program is told, and [`testing`](#features) tests it.
//!
//! # An emulator
//!
//! A clock that says the time to whoever asks. It is all there: start, answer, journal, fault, and a client that trusts it.
//!
//! ```
//! use std::sync::Arc;
//!
//! use emulator_kit::hyper::body::Incoming;
//! use emulator_kit::hyper::{Request, Response, StatusCode};
//! use emulator_kit::{
//!     Damage, EmulatorError, FaultAction, FaultBook, FaultFor, Journal, Origin, Payload, Reply, Server, ServerBuilder,
//!     Service, Subject, is_local, launch, reqwest,
//! };
//!
//! /// What a request asks for: what faults are narrowed down by.
//! #[derive(Clone, Copy, Debug, PartialEq, Eq)]
//! pub enum RequestKind {
//!     Time,
//!     Unknown,
//! }
//!
//! pub type Fault = FaultFor<RequestKind>;
//!
//! /// What the journal holds. No body and no token: tests print it.
//! #[derive(Clone, Debug)]
//! pub struct RecordedRequest {
//!     pub kind: RequestKind,
//!     pub http_version: String,
//!     /// 0 if none was sent (yet): hung, or reset.
//!     pub status: u16,
//! }
//!
//! #[derive(Default)]
//! struct Clock {
//!     journal: Journal<RecordedRequest>,
//!     faults: FaultBook<RequestKind>,
//! }
//!
//! impl Service for Clock {
//!     fn connected(&self) -> u64 {
//!         self.journal.connection()
//!     }
//!
//!     fn connection_fault(&self) -> Option<FaultAction> {
//!         self.faults.for_connection()
//!     }
//!
//!     async fn serve(self: Arc<Self>, origin: Origin, request: Request<Incoming>) -> Response<Payload> {
//!         let (parts, _body) = request.into_parts();
//!         let kind = match parts.uri.path() {
//!             "/time" => RequestKind::Time,
//!             _ => RequestKind::Unknown,
//!         };
//!         let id = self.journal.arrived(|_id| RecordedRequest {
//!             kind,
//!             http_version: format!("{:?}", parts.version),
//!             status: 0,
//!         });
//!         let mut damage = Damage::None;
//!         let subject = Subject::new(kind, &parts);
//!         let reply = match self.faults.act(&subject, &origin, &mut damage, throttled).await {
//!             Some(reply) => reply,
//!             None if kind == RequestKind::Time => Reply::text(StatusCode::OK, "text/plain", "noon"),
//!             None => Reply::empty(StatusCode::NOT_FOUND),
//!         };
//!         let status = reply.status.as_u16();
//!         self.journal.change(id, |record| record.status = status);
//!         damage.send(reply)
//!     }
//! }
//!
//! /// 429 in this service's own words.
//! fn throttled(retry_after: Option<u64>) -> Reply {
//!     Reply::text(StatusCode::TOO_MANY_REQUESTS, "text/plain", "patience").retry_after(retry_after)
//! }
//!
//! /// What a test holds. It stops when it is dropped.
//! pub struct ClockEmulator {
//!     server: Server,
//!     clock: Arc<Clock>,
//! }
//!
//! impl ClockEmulator {
//!     pub async fn start() -> Result<Self, EmulatorError> {
//!         launch(|| {
//!             let (server, clock) = ServerBuilder::new("clock-emulator").start(|_ports| Arc::new(Clock::default()))?;
//!             Ok(Self { server, clock })
//!         })
//!         .await
//!     }
//!
//!     pub fn url(&self) -> String {
//!         format!("https://localhost:{}", self.server.ports().tls)
//!     }
//!
//!     pub fn http_client(&self) -> reqwest::Client {
//!         self.server.http_client_builder(is_local).build().expect("a client with a root of its own can be built")
//!     }
//!
//!     pub fn inject(&self, fault: Fault) {
//!         self.clock.faults.inject(fault);
//!     }
//!
//!     pub fn requests(&self) -> Vec<RecordedRequest> {
//!         self.clock.journal.requests()
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let emulator = ClockEmulator::start().await?;
//! emulator.inject(Fault::throttled(Some(1)).for_kind(RequestKind::Time).once());
//!
//! let http = emulator.http_client();
//! let time = || http.get(format!("{}/time", emulator.url())).send();
//! assert_eq!(time().await?.status(), 429);
//! assert_eq!(time().await?.text().await?, "noon");
//!
//! let statuses: Vec<u16> = emulator.requests().iter().map(|request| request.status).collect();
//! assert_eq!(statuses, [429, 200]);
//! # Ok(())
//! # }
//! ```
//!
//! # Testing
//!
//! An emulator is tested by what clients see of it, with the client that it hands out. Here one of letters, and its test:
//!
//! ```test_harness
//! use std::sync::Arc;
//!
//! use emulator_kit::hyper::body::Incoming;
//! use emulator_kit::hyper::{Request, Response, StatusCode};
//! use emulator_kit::{Damage, Origin, Payload, Reply, ServerBuilder, Service, bearer, is_local};
//!
//! struct Letters;
//!
//! impl Service for Letters {
//!     fn connected(&self) -> u64 {
//!         1
//!     }
//!
//!     async fn serve(self: Arc<Self>, _: Origin, request: Request<Incoming>) -> Response<Payload> {
//!         let reply = match bearer(request.headers()) {
//!             Some("a token") => Reply::text(StatusCode::OK, "text/plain", "Dear reader"),
//!             _ => Reply::empty(StatusCode::UNAUTHORIZED),
//!         };
//!         Damage::None.send(reply)
//!     }
//! }
//!
//! #[tokio::test]
//! async fn letters_are_for_whoever_has_a_token() -> Result<(), Box<dyn std::error::Error>> {
//!     let (server, _letters) = ServerBuilder::new("letters-emulator").start(|_ports| Arc::new(Letters))?;
//!     let url = format!("https://localhost:{}/letters/1", server.ports().tls);
//!     let http = server.http_client_builder(is_local).build()?;
//!
//!     assert_eq!(http.get(&url).send().await?.status(), 401);
//!     let letter = http.get(&url).bearer_auth("a token").send().await?;
//!     assert_eq!(letter.text().await?, "Dear reader");
//!     Ok(())
//! }
//! ```
//!
//! An emulator's program is tested with `testing::Program` (feature `testing`): its line, its signals, and how it refuses a seed.
//! What shows that an emulator is like its service is a client that nobody here wrote: drive it with the service's own SDKs.
//!
//! # Features
//!
//! - `testing`: the module `testing`, for the tests of an emulator's program and of its logs.

mod client;
mod connection;
mod delay_line;
mod error;
mod fault;
mod journal;
mod key;
mod launch;
mod listeners;
mod lock;
mod origin;
pub mod program;
mod protocols;
mod reply;
mod request;
pub mod seed;
mod server;
mod service;
#[cfg(feature = "testing")]
pub mod testing;
mod tls;

/// The one that requests and answers are made of.
pub use hyper;
/// The one that clients of emulators are made of.
pub use reqwest;

pub use client::{client_builder, resolver, resolver_to};
pub use error::EmulatorError;
pub use fault::{Barrier, Damage, FaultAction, FaultBook, FaultFor, RandomFaults, Subject};
pub use journal::Journal;
pub use key::{SigningKey, thumbprint};
pub use launch::launch;
pub use listeners::Ports;
pub use origin::Origin;
pub use protocols::Protocols;
pub use reply::{JSON, Payload, Reply};
pub use request::{Host, bearer, is_local, read_body};
pub use server::{Server, ServerBuilder};
pub use service::Service;

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
