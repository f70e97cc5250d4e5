//! What a case calls a strike, as the emulators know it.

use std::time::Duration;

use keyvault_emulator::{FaultAction, RequestKind as VaultKind, entra_error};
use maskinporten_emulator::{RequestKind, oauth_error};

use super::case::{Harm, OnMaskinporten, OnVault, Strike};
use crate::support::{leaks, withdrawn};

/// None of them is what a list, a secret or a token looks like. `SECRET` is a marker: what cannot be read may be a secret all the same.
const ODD: [&str; 12] = [
    "",
    "[]",
    "null",
    "{}",
    "17",
    "\"SECRET\"",
    r#"{"value":null}"#,
    r#"{"value":{"value":"SECRET"}}"#,
    r#"{"value":17,"more":"SECRET"}"#,
    r#"{"value":"SECRET"#,
    r#"{"error":{}}"#,
    r#"{"access_token":["SECRET"]}"#,
];

impl Strike<OnVault> {
    /// `name` names a secret.
    pub(super) fn fault(&self, name: impl Fn(usize) -> String) -> keyvault_emulator::Fault {
        let fault = match (self.harm, self.on) {
            (Some(harm), _) => keyvault_emulator::Fault::new(harm.action()),
            (None, OnVault::Token) => {
                keyvault_emulator::Fault::new(entra_error(401, "invalid_client", 7_000_222, "It expired."))
            }
            (None, _) => withdrawn(),
        };
        let fault = match self.on {
            OnVault::Anything => fault,
            OnVault::List => fault.for_kind(VaultKind::List),
            OnVault::LaterPages => fault.for_kind(VaultKind::List).for_query_containing("skiptoken"),
            OnVault::Get => fault.for_kind(VaultKind::Get),
            OnVault::Secret(secret) => fault.for_kind(VaultKind::Get).for_secret(name(secret)),
            OnVault::Token => fault.for_kind(VaultKind::Token),
        };
        fault.times(self.times).skip(self.skip)
    }
}

impl Strike<OnMaskinporten> {
    pub(super) fn fault(&self) -> maskinporten_emulator::Fault {
        let refused = || oauth_error(400, "invalid_grant", "It expired.", Some(121));
        let fault = maskinporten_emulator::Fault::new(self.harm.map_or_else(refused, Harm::action));
        let fault = match self.on {
            OnMaskinporten::Anything => fault,
            OnMaskinporten::Token => fault.for_kind(RequestKind::Token),
            OnMaskinporten::Metadata => fault.for_kind(RequestKind::Metadata),
        };
        fault.times(self.times).skip(self.skip)
    }
}

impl Harm {
    fn action(self) -> FaultAction {
        let status = |status, body: &str| FaultAction::Status {
            status,
            body: body.to_owned(),
            headers: Vec::new(),
        };
        match self {
            Self::Throttled(retry_after) => FaultAction::Throttled { retry_after },
            Self::Status(code) => status(code, r#"{"message":"no upstream"}"#),
            Self::Reset => FaultAction::Reset,
            Self::ResetConnection => FaultAction::ResetConnection,
            Self::HangConnection => FaultAction::HangConnection,
            Self::Hang => FaultAction::Hang,
            Self::Delay(millis) => FaultAction::Delay(Duration::from_millis(millis)),
            Self::Truncated => FaultAction::TruncatedBody,
            Self::Malformed => FaultAction::MalformedJson,
            Self::Html(status) => FaultAction::Html { status },
            Self::Odd(which) => status(200, &ODD[which % ODD.len()].replace("SECRET", &leaks::marker())),
        }
    }
}
