//! What stands between the SDK and the credential: one token request at a time, a bound on its time, and its root cause.

use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex as Lock, MutexGuard, PoisonError};
use std::time::Duration;

use azure_core::cloud::CloudConfiguration;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument as _;

use super::build::build;
use super::choice::Choice;
use super::withdrawn::Tokens;
use crate::clock::{Clock, after};
use crate::error::{Error, ErrorKind};
use crate::failure::{CredentialFailure, Failure};
use crate::sign_in::SignIn;
use crate::telemetry;
use crate::transport::Transport;

/// A token that ends sooner than this is fetched again.
const MARGIN: i64 = 30;

/// One credential, its last token and its last failure.
#[derive(Debug)]
pub(crate) struct Guard {
    maker: Maker,
    limit: Duration,
    /// When the load must be over.
    deadline: Lock<Option<Instant>>,
    clock: Clock,
    /// Held across a token request: who asks meanwhile waits for its outcome.
    signed_in: Mutex<SignedIn>,
    tokens: Lock<Tokens>,
}

/// What the credential is made of, as often as it is to be made.
struct Maker {
    /// Which it is and why, for the error.
    choice: Choice,
    transport: Transport,
    cloud: Arc<CloudConfiguration>,
}

impl Maker {
    fn make(&self) -> Result<Arc<dyn TokenCredential>, Error> {
        build(&self.choice, &self.transport, Some(Arc::clone(&self.cloud)))
    }
}

impl fmt::Debug for Maker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.choice.fmt(f)
    }
}

#[derive(Debug)]
struct SignedIn {
    credential: Arc<dyn TokenCredential>,
    last: Option<Last>,
}

#[derive(Debug)]
struct Last {
    scopes: Vec<String>,
    outcome: Result<AccessToken, CredentialFailure>,
    /// A token that was dead on arrival, as was the one before: no other is to be had in this load.
    is_dead: bool,
}

impl Guard {
    /// Builds the credential. No request is made.
    pub(crate) fn new(
        choice: Choice,
        transport: Transport,
        cloud: Arc<CloudConfiguration>,
        limit: Duration,
        clock: Clock,
    ) -> Result<Self, Error> {
        let maker = Maker {
            choice,
            transport,
            cloud,
        };
        let credential = maker.make()?;
        Ok(Self {
            maker,
            limit,
            deadline: Lock::default(),
            clock,
            signed_in: Mutex::new(SignedIn { credential, last: None }),
            tokens: Lock::default(),
        })
    }

    fn tokens(&self) -> MutexGuard<'_, Tokens> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_fresh(&self, token: &AccessToken) -> bool {
        token.expires_on.unix_timestamp() > self.clock.unix() + MARGIN
    }

    fn is_dead(&self, outcome: &Result<AccessToken, CredentialFailure>) -> bool {
        let now = self.clock.unix();
        outcome
            .as_ref()
            .is_ok_and(|token| token.expires_on.unix_timestamp() <= now)
    }

    fn failure(&self, cause: Failure) -> CredentialFailure {
        CredentialFailure {
            name: self.maker.choice.to_string(),
            advice: self.maker.choice.advice(),
            host: self.maker.transport.host(),
            is_managed: self.maker.choice.is_managed(),
            cause,
        }
    }

    /// Asks for a token, and once more for one that is dead on arrival: it comes out of somebody's cache. What comes then is for
    /// the vault to judge, as this machine's clock may be wrong.
    async fn fetch(
        &self,
        credential: &dyn TokenCredential,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> Last {
        let begun = Instant::now();
        let mut outcome = self.ask(credential, scopes, options.clone(), begun).await;
        if self.is_dead(&outcome) {
            outcome = self.ask(credential, scopes, options, begun).await;
        }
        Last {
            scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
            is_dead: self.is_dead(&outcome),
            outcome,
        }
    }

    async fn ask(
        &self,
        credential: &dyn TokenCredential,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
        now: Instant,
    ) -> Result<AccessToken, CredentialFailure> {
        let transport = &self.maker.transport;
        let deadline = after(now, self.limit);
        let (end, limit) = match *self.deadline.lock().unwrap_or_else(PoisonError::into_inner) {
            // A machine's identity may take longer to begin than anybody waits for a token else.
            Some(end) if self.maker.choice.is_managed() && end > deadline => (end, end - now),
            _ => (deadline, self.limit),
        };
        transport.begin(end, limit);
        let span = telemetry::token(&self.maker.choice.to_string());
        let mut asked = pin!(credential.get_token(scopes, options).instrument(span.clone()));
        let mut answer = timeout_at(deadline, &mut asked).await;
        let mut waited = self.limit;
        if answer.is_err() && end > deadline && transport.is_not_ready() {
            answer = timeout_at(end, asked).await;
            waited = limit;
        }
        let answer = match answer {
            Ok(Ok(token)) if is_sound(&token) => Ok(token),
            Ok(Ok(_)) => Err(self.failure(Failure::Other {
                cause: "the token is empty, or holds what no header may hold".to_owned(),
            })),
            Ok(Err(error)) => Err(self.failure(transport.cause_of_credential_error(&error))),
            Err(_) => Err(self.failure(transport.cause_of_late_token(waited))),
        };
        if answer.is_err() {
            telemetry::failed(&span, &ErrorKind::Credential.to_string());
        }
        answer
    }
}

#[async_trait::async_trait]
impl SignIn for Guard {
    fn begin(&self, deadline: Instant) {
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner) = Some(deadline);
        self.tokens().begin();
        // A load that was dropped may have left a failure behind. Between loads nobody else holds the lock.
        if let Ok(mut signed_in) = self.signed_in.try_lock() {
            signed_in.last.take_if(|last| last.outcome.is_err() || last.is_dead);
        }
    }

    fn out_of_time(&self, within: Duration) -> Option<CredentialFailure> {
        // Whoever fetches a token holds the lock.
        let is_busy = self.signed_in.try_lock().is_err();
        is_busy.then(|| self.failure(self.maker.transport.cause_of_late_token(within)))
    }

    fn accepted(&self, token: &str) {
        self.tokens().accept(token);
    }

    fn instead_of(&self, token: &str) -> Option<String> {
        self.tokens().instead_of(token).map(str::to_owned)
    }

    async fn anew(&self, refused: &str) -> azure_core::Result<Option<String>> {
        let mut signed_in = self.signed_in.lock().await;
        // Of many requests with one token the first to be refused signs in, and the others send what it got.
        if let Some(token) = self.instead_of(refused) {
            return Ok(Some(token));
        }
        if !self.tokens().is_withdrawn(refused) {
            return Ok(self.tokens().came_again(refused).then(|| refused.to_owned()));
        }
        let Some(Last { scopes, .. }) = signed_in.last.take() else {
            return Ok(None);
        };
        // The credential has a cache of its own, and would hand out the same token until it expires.
        signed_in.credential = self.maker.make().map_err(|error| {
            let cause = error.cause().to_owned();
            self.failure(Failure::Other { cause })
        })?;
        let asked: Vec<&str> = scopes.iter().map(String::as_str).collect();
        let last = self.fetch(&*signed_in.credential, &asked, None).await;
        let answer = last.outcome.clone().map(|token| token.token.secret().to_owned());
        if let Ok(token) = &answer {
            self.tokens().renew(refused, token);
        }
        signed_in.last = Some(last);
        Ok(Some(answer?))
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
        let mut signed_in = self.signed_in.lock().await;
        if let Some(last) = signed_in.last.as_ref().filter(|last| last.scopes == scopes) {
            match &last.outcome {
                Ok(token) if last.is_dead || self.is_fresh(token) => return Ok(token.clone()),
                Err(failure) => return Err(failure.clone().into()),
                Ok(_) => {}
            }
        }
        let last = self.fetch(&*signed_in.credential, scopes, options).await;
        let answer = last.outcome.clone().map_err(Into::into);
        signed_in.last = Some(last);
        answer
    }
}
