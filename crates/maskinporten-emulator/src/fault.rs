//! Faults, as the kit knows them, for the kinds of requests there are here.

use emulator_kit::{FaultAction, FaultFor};

use crate::grant::GrantError;
use crate::record::RequestKind;

/// A fault and the requests to this emulator that it hits.
///
/// ```
/// use maskinporten_emulator::{Fault, RequestKind};
///
/// let busy = Fault::throttled(Some(1)).for_kind(RequestKind::Token).times(2);
/// let proxy = Fault::status(502, "Bad gateway").header("content-type", "text/plain").once();
/// ```
///
/// See [`FaultFor`] for everything it can do.
pub type Fault = FaultFor<RequestKind>;

/// The answer of Maskinporten with this status, `error` and description, under this MP number if there is one.
///
/// It has a trace id and the address of the number's page, as the answers of the token endpoint do.
///
/// ```
/// use maskinporten_emulator::{Fault, MaskinportenEmulator, RequestKind, oauth_error};
///
/// let emulator = MaskinportenEmulator::start_blocking()?;
/// let expired = oauth_error(400, "invalid_grant", "The key has expired.", Some(121));
/// emulator.inject(Fault::new(expired).for_kind(RequestKind::Token).once());
/// # Ok::<(), maskinporten_emulator::EmulatorError>(())
/// ```
#[must_use]
pub fn oauth_error(status: u16, error: &str, description: &str, number: Option<u16>) -> FaultAction {
    FaultAction::Status {
        status,
        body: GrantError::body(error, description, number).to_string(),
        headers: Vec::new(),
    }
}
