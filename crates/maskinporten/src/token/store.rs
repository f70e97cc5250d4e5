//! Sharing tokens between processes: the seam for a store, and how the cache uses one.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::Token;
use super::identity::Identity;
use super::life::Life;
use super::seal::Seal;
use crate::clock::Clock;
use crate::request::TokenRequest;

/// Why a store could not do it. Its text is logged: it must not hold what was to be stored.
pub type StoreError = Box<dyn StdError + Send + Sync>;

/// Where tokens are shared between processes of one client, so that a fleet that starts makes few token requests.
///
/// A store sees neither tokens nor what they are for: the key is a digest, and the value is sealed (AES-256-GCM) with a key
/// that is derived from the client's signing key. It needs no locking: the last writer wins.
///
/// The client keeps working from memory while a store fails, and is not slowed down by one that hangs.
#[async_trait]
pub trait TokenStore: fmt::Debug + Send + Sync {
    /// The value under the key, unless it has expired.
    ///
    /// # Errors
    ///
    /// The store cannot be reached. A key that is not there is no error.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Keeps the value under the key, for so long at most, in place of what is there.
    ///
    /// # Errors
    ///
    /// The store cannot be reached.
    async fn set(&self, key: &str, value: Vec<u8>, time_to_live: Duration) -> Result<(), StoreError>;
}

#[async_trait]
impl<S: TokenStore + ?Sized> TokenStore for Arc<S> {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        (**self).get(key).await
    }

    async fn set(&self, key: &str, value: Vec<u8>, time_to_live: Duration) -> Result<(), StoreError> {
        (**self).set(key, value, time_to_live).await
    }
}

/// A store that takes longer is slower than a token request is worth.
const TIMEOUT: Duration = Duration::from_millis(500);

/// A store that failed is left alone for so long.
const PAUSE: Duration = Duration::from_secs(10);

/// What serves less long than this is not worth a round trip.
const WORTH_STORING: Duration = Duration::from_secs(2);

/// Whose tokens they are, and how they are sealed.
#[derive(Debug)]
pub(crate) struct Owner {
    pub(crate) identity: Identity,
    pub(crate) seal: Seal,
}

/// Says who the owner is, once the key is loaded; it changes when the key does.
#[async_trait]
pub(crate) trait Owned: fmt::Debug + Send + Sync {
    async fn owner(&self) -> Option<Arc<Owner>>;
}

/// A store as the cache uses it: sealed, bounded in time, and never the reason for a failure.
pub(crate) struct SharedStore {
    store: Arc<dyn TokenStore>,
    owned: Arc<dyn Owned>,
    clock: Clock,
    /// When to ask a store again that failed.
    down: Mutex<Option<Instant>>,
}

#[derive(Serialize, Deserialize)]
struct Envelope<'a> {
    token: Cow<'a, str>,
    scope: Option<Cow<'a, str>>,
    /// By the wall clock, in unix seconds: the only clock that processes share.
    expires: i64,
    /// In milliseconds.
    lifetime: u64,
}

impl SharedStore {
    pub(crate) fn new(store: Arc<dyn TokenStore>, owned: Arc<dyn Owned>, clock: Clock) -> Self {
        Self {
            store,
            owned,
            clock,
            down: Mutex::new(None),
        }
    }

    /// A token that serves and is not one of those known already, of which the first is the one to be replaced.
    pub(crate) async fn get(&self, request: &TokenRequest, known: &[Option<Arc<Token>>; 2]) -> Option<Token> {
        let owner = self.owned.owner().await?;
        let name = owner.identity.name(request);
        let value = self.ask(self.store.get(&name)).await??;
        let Some(token) = self.read(&owner.seal, &name, &value) else {
            tracing::debug!("the token store holds a value that this key did not seal");
            return None;
        };
        let held = known[0].as_ref().and_then(|held| held.expires);
        let serves = Life::of(&token).is_some_and(|life| self.clock.instant() < life.end);
        let known = known.iter().flatten().any(|known| known.secret() == token.secret());
        (serves && !known && token.expires > held).then_some(token)
    }

    pub(crate) async fn set(&self, request: &TokenRequest, token: &Token) {
        let Some((lifetime, serves)) = self.times(token) else {
            return;
        };
        let envelope = Envelope {
            token: token.secret().into(),
            scope: token.scope().map(Into::into),
            expires: self
                .clock
                .unix()
                .saturating_add(seconds(token.remaining().unwrap_or_default())),
            lifetime: u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX),
        };
        let Some(owner) = self.owned.owner().await else {
            return;
        };
        let name = owner.identity.name(request);
        let Ok(plain) = serde_json::to_vec(&envelope).map(Zeroizing::new) else {
            return;
        };
        if let Ok(value) = owner.seal.close(&name, &plain) {
            self.ask(self.store.set(&name, value, serves)).await;
        }
    }

    fn times(&self, token: &Token) -> Option<(Duration, Duration)> {
        let serves = Life::of(token)?.end.saturating_duration_since(self.clock.instant());
        let lifetime = token.expires?.saturating_duration_since(token.received);
        (serves >= WORTH_STORING).then_some((lifetime, serves))
    }

    fn read(&self, seal: &Seal, name: &str, value: &[u8]) -> Option<Token> {
        let plain = seal.open(name, value).ok()?;
        let envelope: Envelope<'_> = serde_json::from_slice(&plain).ok()?;
        let remaining = Duration::from_secs(u64::try_from(envelope.expires.checked_sub(self.clock.unix())?).ok()?);
        let lifetime = Duration::from_millis(envelope.lifetime);
        let now = self.clock.instant();
        // Another's clock may be behind ours, but no token gets longer in a store.
        let expires = now + remaining.min(lifetime);
        let received = expires.checked_sub(lifetime).unwrap_or(now);
        Some(Token::new(
            SecretString::from(envelope.token.into_owned()),
            received,
            Some(expires),
            envelope.scope.map(Cow::into_owned),
        ))
    }

    /// `None` if the store failed, now or a moment ago.
    async fn ask<T>(&self, answer: impl Future<Output = Result<T, StoreError>>) -> Option<T> {
        if self.down().is_some_and(|until| self.clock.instant() < until) {
            return None;
        }
        let failure = match tokio::time::timeout(TIMEOUT, answer).await {
            Ok(Ok(value)) => {
                if self.down().take().is_some() {
                    tracing::info!("the token store answers again");
                }
                return Some(value);
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {TIMEOUT:?}"),
        };
        let until = self.clock.instant() + PAUSE;
        // Once, not for every call that comes by while it is down.
        if self.down().replace(until).is_none() {
            let failure = crate::error::one_line(&failure);
            tracing::warn!(
                failure,
                "the token store fails; tokens are kept in this process's memory only"
            );
        }
        None
    }

    fn down(&self) -> MutexGuard<'_, Option<Instant>> {
        self.down.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

impl fmt::Debug for SharedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedStore")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}
