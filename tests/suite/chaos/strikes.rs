//! What a case calls a strike, as the emulators know it.

use std::time::Duration;

use keyvault_emulator::{FaultAction, RequestKind as VaultKind, entra_error};
use maskinporten_emulator::{RequestKind, oauth_error};

use super::case::{Harm, On, Strike};
use crate::support::withdrawn;

/// None of them is what a list, a secret or a token looks like.
const ODD: [&str; 12] = [
    "",
    "[]",
    "null",
    "{}",
    "17",
    "\"a text\"",
    r#"{"value":null}"#,
    r#"{"value":{}}"#,
    r#"{"value":17}"#,
    r#"{"value":"#,
    r#"{"error":{}}"#,
    r#"{"access_token":null}"#,
];

impl Strike {
    /// At the vault or at whoever signs in to it; `name` names a secret.
    pub(super) fn at_the_vault(&self, name: impl Fn(usize) -> String) -> keyvault_emulator::Fault {
        let fault = match self.harm {
            Harm::Withdrawn => withdrawn(),
            Harm::Refused => {
                keyvault_emulator::Fault::new(entra_error(401, "invalid_client", 7_000_222, "It expired."))
            }
            _ => keyvault_emulator::Fault::new(self.action()),
        };
        let fault = match self.on {
            On::Anything | On::Metadata => fault,
            On::List => fault.for_kind(VaultKind::List),
            On::LaterPages => fault.for_kind(VaultKind::List).for_query_containing("skiptoken"),
            On::Get => fault.for_kind(VaultKind::Get),
            On::Secret(secret) => fault.for_kind(VaultKind::Get).for_secret(name(secret)),
            On::Token => fault.for_kind(VaultKind::Token),
        };
        fault.times(self.times).skip(self.skip)
    }

    pub(super) fn at_maskinporten(&self) -> maskinporten_emulator::Fault {
        let action = match self.harm {
            Harm::Refused => oauth_error(400, "invalid_grant", "It expired.", Some(121)),
            _ => self.action(),
        };
        let fault = maskinporten_emulator::Fault::new(action);
        let fault = match self.on {
            On::Token => fault.for_kind(RequestKind::Token),
            On::Metadata => fault.for_kind(RequestKind::Metadata),
            _ => fault,
        };
        fault.times(self.times).skip(self.skip)
    }

    fn action(&self) -> FaultAction {
        let status = |status, body: &str| FaultAction::Status {
            status,
            body: body.to_owned(),
            headers: Vec::new(),
        };
        match self.harm {
            Harm::Throttled(retry_after) => FaultAction::Throttled { retry_after },
            Harm::Status(code) => status(code, r#"{"message":"no upstream"}"#),
            Harm::Reset => FaultAction::Reset,
            Harm::ResetConnection => FaultAction::ResetConnection,
            Harm::HangConnection => FaultAction::HangConnection,
            Harm::Hang => FaultAction::Hang,
            Harm::Delay(millis) => FaultAction::Delay(Duration::from_millis(millis)),
            Harm::Truncated => FaultAction::TruncatedBody,
            Harm::Malformed => FaultAction::MalformedJson,
            Harm::Html(status) => FaultAction::Html { status },
            Harm::Odd(which) => status(200, ODD[which % ODD.len()]),
            Harm::Withdrawn | Harm::Refused => status(401, ""),
        }
    }
}
