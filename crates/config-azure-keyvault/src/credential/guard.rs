//! What stands between the SDK and the credential: one token request at a time, a bound on its time, and its root cause.

use std::sync::Arc;
use std::time::Duration;

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

use crate::clock::Clock;
use crate::failure::{CredentialFailure, Failure};
use crate::transport::Transport;

/// A token that ends sooner than this is fetched again.
const MARGIN: i64 = 30;

/// One credential, its last token and its last failure.
#[derive(Debug)]
pub(crate) struct Guard {
    credential: Arc<dyn TokenCredential>,
    /// Which it is and why, for the error.
    name: String,
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
        name: String,
        transport: Transport,
        limit: Duration,
        clock: Clock,
    ) -> Self {
        Self {
            credential,
            name,
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
        CredentialFailure::new(self.name.clone(), cause)
    }
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
        let deadline = Instant::now() + self.limit;
        self.transport.begin(deadline, self.limit);
        let outcome = match timeout_at(deadline, self.credential.get_token(scopes, options)).await {
            Ok(Ok(token)) => Ok(token),
            Ok(Err(error)) => Err(self.failure(self.transport.cause_of_credential_error(&error))),
            Err(_) => Err(self.failure(self.transport.cause_of_timeout())),
        };
        let answer = outcome.clone().map_err(Into::into);
        *last = Some(Last {
            scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
            outcome,
        });
        answer
    }
}
