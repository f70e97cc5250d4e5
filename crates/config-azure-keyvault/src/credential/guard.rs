//! What stands between the SDK and the credential: one token request at a time, a bound on its time, and its root cause.

use std::sync::Arc;
use std::time::Duration;

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

use super::choice::Choice;
use crate::clock::{Clock, after};
use crate::failure::{CredentialFailure, Failure};
use crate::transport::Transport;

/// A token that ends sooner than this is fetched again.
const MARGIN: i64 = 30;

/// One credential, its last token and its last failure.
#[derive(Debug)]
pub(crate) struct Guard {
    credential: Arc<dyn TokenCredential>,
    /// Which it is and why, for the error.
    choice: Choice,
    transport: Transport,
    limit: Duration,
    clock: Clock,
    last: Mutex<Option<Last>>,
}

#[derive(Debug)]
struct Last {
    scopes: Vec<String>,
    outcome: Result<AccessToken, CredentialFailure>,
}

impl Guard {
    pub(crate) fn new(
        credential: Arc<dyn TokenCredential>,
        choice: Choice,
        transport: Transport,
        limit: Duration,
        clock: Clock,
    ) -> Self {
        Self {
            credential,
            choice,
            transport,
            limit,
            clock,
            last: Mutex::new(None),
        }
    }

    /// Forgets a failure, so that the next load tries again. Between loads nobody else holds the lock.
    pub(crate) fn forgive(&self) {
        if let Ok(mut last) = self.last.try_lock()
            && last.as_ref().is_some_and(|last| last.outcome.is_err())
        {
            *last = None;
        }
    }

    fn is_fresh(&self, token: &AccessToken) -> bool {
        token.expires_on.unix_timestamp() > self.clock.unix() + MARGIN
    }

    fn failure(&self, cause: Failure) -> CredentialFailure {
        CredentialFailure {
            name: self.choice.to_string(),
            advice: self.choice.advice(),
            host: self.transport.host(),
            cause,
        }
    }

    /// The time is up: is it a token that is waited for?
    pub(crate) fn out_of_time(&self, within: Duration) -> Option<CredentialFailure> {
        // Whoever fetches a token holds the lock.
        let is_busy = self.last.try_lock().is_err();
        is_busy.then(|| self.failure(self.transport.cause_of_late_token(within)))
    }
}

/// May it go into a header (RFC 6750, section 2.1)? The SDK sends an empty one, and the vault then asks for a token.
fn is_sound(token: &AccessToken) -> bool {
    let token = token.token.secret();
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())
}

#[async_trait::async_trait]
impl TokenCredential for Guard {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        // Held across the request on purpose: the first request of the vault waits here for the one that primes it.
        let mut last = self.last.lock().await;
        if let Some(last) = last.as_ref().filter(|last| last.scopes == scopes) {
            match &last.outcome {
                Ok(token) if self.is_fresh(token) => return Ok(token.clone()),
                Err(failure) => return Err(failure.clone().into()),
                Ok(_) => {}
            }
        }
        let deadline = after(Instant::now(), self.limit);
        self.transport.begin(deadline, self.limit);
        let outcome = match timeout_at(deadline, self.credential.get_token(scopes, options)).await {
            Ok(Ok(token)) if is_sound(&token) => Ok(token),
            Ok(Ok(_)) => Err(self.failure(Failure::Other {
                cause: "the token is empty, or holds what no header may hold".to_owned(),
            })),
            Ok(Err(error)) => Err(self.failure(self.transport.cause_of_credential_error(&error))),
            Err(_) => Err(self.failure(self.transport.cause_of_late_token(self.limit))),
        };
        let answer = outcome.clone().map_err(Into::into);
        *last = Some(Last {
            scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
            outcome,
        });
        answer
    }
}
