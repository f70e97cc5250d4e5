//! What stood in the way, for whoever has to say so.

use std::time::Duration;

use azure_core::error::{Error, ErrorKind};

use super::client::Transport;
use crate::failure::{Answer, Failure, Progress, deepest, find, place, without_tokens};

impl Transport {
    /// The time is up: what stood in the way of this path last?
    pub(crate) fn cause_of_timeout(&self, path: &str, progress: Option<Progress>) -> Failure {
        let state = self.state();
        Failure::Timeout {
            within: state.limit,
            last: state.trouble_of(path).cloned().map(Box::new),
            progress,
        }
    }

    /// A token did not come in time: what stood in its way?
    pub(crate) fn cause_of_late_token(&self, within: Duration) -> Failure {
        Failure::Timeout {
            within,
            last: self.state().any_trouble().cloned().map(Box::new),
            progress: None,
        }
    }

    /// Why a credential gave no token. The SDK's error may hold a whole body, so it is not shown.
    pub(crate) fn cause_of_credential_error(&self, error: &Error) -> Failure {
        if let Some(failure) = find::<Failure>(error) {
            return failure.clone();
        }
        if let Some(failure) = self.state().any_trouble() {
            return failure.clone();
        }
        if let Some(answer) = Answer::of_sdk(self.speaker(), error) {
            return Failure::Answer(answer);
        }
        if let Some(json) = find::<serde_json::Error>(error) {
            return Failure::Unreadable { cause: place(json) };
        }
        match error.kind() {
            ErrorKind::HttpResponse { .. } => Failure::Other {
                cause: "the token endpoint refused".to_owned(),
            },
            // A credential of the caller's own may quote a reply.
            _ => Failure::Other {
                cause: without_tokens(&deepest(error)),
            },
        }
    }
}
