//! What stands between the SDK and the credential: one token request at a time, a bound on its time, and its root cause.

use std::fmt;
use std::sync::{Arc, Mutex as Lock, MutexGuard, PoisonError};
use std::time::Duration;

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

use super::choice::Choice;
use crate::clock::{Clock, after};
use crate::failure::{CredentialFailure, Failure};
use crate::sign_in::SignIn;
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
    refusal: Lock<Refusal>,
}

/// What the vault refused since the load began.
#[derive(Default)]
struct Refusal {
    token: Option<String>,
    /// Once in a load is enough: what comes instead may be refused as well.
    was_heeded: bool,
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refusal")
            .field("token", &self.token.is_some())
            .field("was_heeded", &self.was_heeded)
            .finish()
    }
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
            refusal: Lock::default(),
        }
    }

    fn refusal(&self) -> MutexGuard<'_, Refusal> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Is this the token that the vault refused? Said once in a load.
    fn is_refused(&self, token: &AccessToken) -> bool {
        let mut refusal = self.refusal();
        let is_refused = !refusal.was_heeded && refusal.token.as_deref() == Some(token.token.secret());
        refusal.was_heeded |= is_refused;
        is_refused
    }

    /// Forgets a failure, so that the next load tries again. Between loads nobody else holds the lock.
    pub(crate) fn forgive(&self) {
        self.refusal().was_heeded = false;
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
}

impl SignIn for Guard {
    fn out_of_time(&self, within: Duration) -> Option<CredentialFailure> {
        // Whoever fetches a token holds the lock.
        let is_busy = self.last.try_lock().is_err();
        is_busy.then(|| self.failure(self.transport.cause_of_late_token(within)))
    }

    fn refused(&self, token: &str) {
        self.refusal().token = Some(token.to_owned());
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
                Ok(token) if self.is_fresh(token) && !self.is_refused(token) => return Ok(token.clone()),
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
