//! No token, in words an operator can use.

use std::error::Error as StdError;
use std::fmt;

use super::Failure;

/// A credential that gave no token: which it was, why it was picked, and the root cause.
#[derive(Debug, Clone)]
pub(crate) struct CredentialFailure {
    pub(crate) name: String,
    /// What helps whoever signs in this way; without it, what the cause suggests does.
    pub(crate) advice: Option<&'static str>,
    /// Whom it asked, if that went through our transport.
    pub(crate) host: Option<String>,
    /// Is it the machine's own?
    pub(crate) is_managed: bool,
    pub(crate) cause: Failure,
}

impl CredentialFailure {
    pub(crate) fn remedy(&self) -> String {
        let answer = self.cause.answer();
        if self.is_managed && self.cause.is_not_ready() {
            return not_ready(answer.map(|answer| answer.status)).to_owned();
        }
        if self.is_managed && answer.is_some_and(|answer| !answer.is_service) {
            return "what answers there is not managed identity: check where this machine's or pod's network leads"
                .to_owned();
        }
        match answer.and_then(|answer| answer.code.as_deref()) {
            Some("AADSTS7000215" | "AADSTS7000222") => {
                "set the secret's value (not its id) of a client secret that has not expired".to_owned()
            }
            Some("AADSTS700016") => "check the client id and that the app is registered in this tenant".to_owned(),
            Some("AADSTS90002" | "AADSTS900023") => "check the tenant id".to_owned(),
            Some("AADSTS70021" | "AADSTS700211" | "AADSTS700212" | "AADSTS700213") => {
                "check the app's federated credential: issuer, subject and audience".to_owned()
            }
            Some("AADSTS500011") => "check that tenant, cloud and vault belong together".to_owned(),
            Some("AADSTS700024") => {
                "the federated token has expired: let the file of AZURE_FEDERATED_TOKEN_FILE be renewed, as a kubelet does, and \
                 check this machine's clock"
                    .to_owned()
            }
            Some("AADSTS700027") => "the federated token's signature does not fit: check that its issuer's keys are published where \
                                     the federated credential's issuer says"
                .to_owned(),
            Some("AADSTS50027" | "AADSTS5002727" | "AADSTS50013") => {
                "the federated token is none that Entra ID can read: let the file of AZURE_FEDERATED_TOKEN_FILE hold one whole token"
                    .to_owned()
            }
            Some("AADSTS7000216" | "AADSTS7000218") => {
                "no secret and no federated token arrived: check that AZURE_CLIENT_SECRET, or the file of \
                 AZURE_FEDERATED_TOKEN_FILE, holds one"
                    .to_owned()
            }
            Some("AADSTS50196") => "the same sign-in was asked for too often in a short time: find what restarts in a loop, and wait \
                                    some minutes"
                .to_owned(),
            Some("AADSTS53003") => "let the tenant's conditional access let this app in".to_owned(),
            _ => self
                .advice
                .map_or_else(|| self.cause.remedy(&self.endpoint()), str::to_owned),
        }
    }
}

/// What helps where the machine's own identity is not ready yet.
fn not_ready(status: Option<u16>) -> &'static str {
    match status {
        Some(404) => {
            "IMDS is not ready, or this machine has none: allow more time with `deadline`, or set AZURE_TENANT_ID, \
             AZURE_CLIENT_ID and AZURE_CLIENT_SECRET"
        }
        Some(410) => "IMDS is being updated, for up to 70 s: allow more time with `deadline`, or start again",
        Some(429) => {
            "IMDS is asked too often: spread the starts of what runs on this machine, or allow more time with `deadline`"
        }
        _ => "IMDS is not ready: allow more time with `deadline`, or look at this machine's health",
    }
}

impl CredentialFailure {
    fn endpoint(&self) -> String {
        match &self.host {
            Some(host) => format!("the token endpoint {host}"),
            None => "the token endpoint".to_owned(),
        }
    }
}

impl fmt::Display for CredentialFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Some(host) => write!(f, "{} got no token from {host}: {}", self.name, self.cause),
            None => write!(f, "{} gave no token: {}", self.name, self.cause),
        }
    }
}

impl StdError for CredentialFailure {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.cause)
    }
}

impl From<CredentialFailure> for azure_core::Error {
    fn from(failure: CredentialFailure) -> Self {
        Self::with_error(
            azure_core::error::ErrorKind::Credential,
            failure,
            "the credential gave no token",
        )
    }
}
