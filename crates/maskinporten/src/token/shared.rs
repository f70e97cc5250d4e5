//! How the cache uses a shared store: by a name that tells nothing, and sealed.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};

use super::Token;
use super::identity::Identity;
use super::life::Life;
use super::seal::Seal;
use super::store::Guarded;
use crate::clock::Clock;
use crate::request::TokenRequest;

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

/// A store as one cache uses it.
pub(crate) struct SharedStore {
    store: Arc<Guarded>,
    owned: Arc<dyn Owned>,
    clock: Clock,
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
    pub(crate) fn new(store: Arc<Guarded>, owned: Arc<dyn Owned>, clock: Clock) -> Self {
        Self { store, owned, clock }
    }

    /// A token that serves and is not one of those known already, of which the first is the one to be replaced.
    pub(crate) async fn get(&self, request: &TokenRequest, known: &[Option<Arc<Token>>; 2]) -> Option<Token> {
        let owner = self.owned.owner().await?;
        let name = owner.identity.name(request);
        let value = self.store.get(&name).await?;
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
            self.store.set(&name, value, serves).await;
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
        let expires = now.checked_add(remaining.min(lifetime))?;
        let received = expires.checked_sub(lifetime).unwrap_or(now);
        Some(Token::new(
            SecretString::from(envelope.token.into_owned()),
            received,
            Some(expires),
            envelope.scope.map(Cow::into_owned),
        ))
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
