//! Faults, as the kit knows them, for what there is here: secrets, vaults, and two services' words.

use std::time::Duration;

use emulator_kit::{FaultAction, FaultFor, Subject};
use hyper::http::request::Parts;

use crate::record::RequestKind;
use crate::{api, entra};

/// What faults are narrowed down by, besides what any emulator knows.
const SECRET: &str = "secret";
const VAULT: &str = "vault";

/// A fault and the requests to this emulator that it hits: all of them, unless narrowed down.
///
/// A vault's requests are hit only once their token is accepted, so that the challenge of a client's first request
/// does not use a fault up; [`Fault::before_authentication`] changes that. Of several faults that match, the one
/// injected first acts.
///
/// ```
/// use keyvault_emulator::{Fault, KeyVaultEmulator, RequestKind, service_error};
///
/// let emulator = KeyVaultEmulator::start_blocking()?;
/// // The first two gets are throttled, …
/// emulator.inject(Fault::throttled(Some(1)).for_kind(RequestKind::Get).times(2));
/// // … one secret cannot be had, …
/// let broken = service_error(500, "InternalServerError", None, "The service encountered an internal error.");
/// emulator.inject(Fault::new(broken).for_secret("Database--Password"));
/// // … and the proxy in front of the vault asks for a password, once.
/// emulator.inject(Fault::status(407, "").before_authentication().once());
/// # Ok::<(), keyvault_emulator::EmulatorError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Fault(FaultFor<RequestKind>);

impl From<Fault> for FaultFor<RequestKind> {
    fn from(fault: Fault) -> Self {
        fault.0
    }
}

impl Fault {
    /// This action for every request, until the faults are cleared.
    #[must_use]
    pub fn new(action: FaultAction) -> Self {
        Self(FaultFor::new(action))
    }

    /// Answer with this status and body.
    #[must_use]
    pub fn status(status: u16, body: impl Into<String>) -> Self {
        Self(FaultFor::status(status, body))
    }

    /// Answer properly, but later.
    #[must_use]
    pub fn delay(delay: Duration) -> Self {
        Self(FaultFor::delay(delay))
    }

    /// Answer properly, once this many of these requests are in flight at once: whoever asks for one after the other waits in
    /// vain. From then on it lets every request pass, so it says nothing about how many come at most.
    #[must_use]
    pub fn until_in_flight(requests: usize) -> Self {
        Self(FaultFor::until_in_flight(requests))
    }

    /// Take the request and never answer.
    #[must_use]
    pub fn hang() -> Self {
        Self(FaultFor::hang())
    }

    /// Reset the connection instead of answering.
    #[must_use]
    pub fn reset() -> Self {
        Self(FaultFor::reset())
    }

    /// 429 as the service words it.
    #[must_use]
    pub fn throttled(retry_after: Option<u64>) -> Self {
        Self(FaultFor::throttled(retry_after))
    }

    /// Adds a header to the answer of [`FaultAction::Status`]; without effect on another action.
    #[must_use]
    pub fn header(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        Self(self.0.header(name, value))
    }

    /// Only for requests of this kind.
    #[must_use]
    pub fn for_kind(self, kind: RequestKind) -> Self {
        Self(self.0.for_kind(kind))
    }

    /// Only for requests about this secret, in any spelling.
    #[must_use]
    pub fn for_secret(self, name: impl Into<String>) -> Self {
        Self(self.0.for_named(SECRET, name))
    }

    /// Only for requests to this vault.
    #[must_use]
    pub fn for_vault(self, name: impl Into<String>) -> Self {
        Self(self.0.for_named(VAULT, name))
    }

    /// Only for requests whose path contains this.
    #[must_use]
    pub fn for_path_containing(self, part: impl Into<String>) -> Self {
        Self(self.0.for_path_containing(part))
    }

    /// Only for requests whose query contains this; `skiptoken` picks every page but the first.
    #[must_use]
    pub fn for_query_containing(self, part: impl Into<String>) -> Self {
        Self(self.0.for_query_containing(part))
    }

    /// Hit a vault's requests before their token is looked at, as a proxy in front of it would.
    #[must_use]
    pub fn before_authentication(self) -> Self {
        Self(self.0.before_authentication())
    }

    /// Act on this many matching requests, then no more.
    #[must_use]
    pub fn times(self, times: usize) -> Self {
        Self(self.0.times(times))
    }

    /// Act on one matching request, then no more.
    #[must_use]
    pub fn once(self) -> Self {
        Self(self.0.once())
    }

    /// Let this many matching requests pass first.
    #[must_use]
    pub fn skip(self, skip: usize) -> Self {
        Self(self.0.skip(skip))
    }
}

/// An error as a vault words it: code, inner code if any, message.
///
/// ```
/// use keyvault_emulator::{Fault, KeyVaultEmulator, RequestKind, service_error};
///
/// let emulator = KeyVaultEmulator::start_blocking()?;
/// let disabled = service_error(403, "Forbidden", Some("SecretDisabled"), "Operation get is not allowed on a disabled secret.");
/// emulator.inject(Fault::new(disabled).for_kind(RequestKind::Get).for_secret("Off"));
/// # Ok::<(), keyvault_emulator::EmulatorError>(())
/// ```
#[must_use]
pub fn service_error(status: u16, code: &str, inner: Option<&str>, message: &str) -> FaultAction {
    FaultAction::Status {
        status,
        body: api::error_body(code, inner, message).to_string(),
        headers: Vec::new(),
    }
}

/// An error as Entra ID words it: `error`, the `AADSTS` number and what follows its colon.
///
/// The description ends in the trace and correlation ids, behind real line breaks.
///
/// ```
/// use keyvault_emulator::{Fault, KeyVaultEmulator, RequestKind, entra_error};
///
/// let emulator = KeyVaultEmulator::start_blocking()?;
/// let expired = entra_error(401, "invalid_client", 7000222, "The provided client secret keys for app '…' are expired.");
/// emulator.inject(Fault::new(expired).for_kind(RequestKind::Token));
/// # Ok::<(), keyvault_emulator::EmulatorError>(())
/// ```
#[must_use]
pub fn entra_error(status: u16, error: &str, number: u32, message: &str) -> FaultAction {
    FaultAction::Status {
        status,
        body: entra::error_body(error, number, message).to_string(),
        headers: Vec::new(),
    }
}

/// What goes wrong at a vault now and then.
pub(crate) fn random(number: u32) -> FaultAction {
    match number % 5 {
        0 => FaultAction::Throttled { retry_after: None },
        1 => service_error(
            500,
            "InternalServerError",
            None,
            "The service encountered an internal error.",
        ),
        2 => service_error(
            503,
            "ServiceUnavailable",
            None,
            "The service is temporarily unavailable.",
        ),
        3 => FaultAction::Reset,
        _ => FaultAction::Delay(Duration::from_millis(u64::from(1 + number / 5 % 50))),
    }
}

/// A request, as a fault is matched against it. Only a vault asks for a token, and only there faults come at random.
pub(crate) fn subject<'a>(
    kind: RequestKind,
    parts: &'a Parts,
    secret: Option<&'a str>,
    vault: Option<&'a str>,
    authenticated: bool,
) -> Subject<'a, RequestKind> {
    let subject = Subject::new(kind, parts).named(SECRET, secret).named(VAULT, vault);
    if kind.is_vault() {
        subject.authenticated(authenticated)
    } else {
        subject.spared()
    }
}
