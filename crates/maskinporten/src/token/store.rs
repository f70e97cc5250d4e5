//! Sharing tokens between processes: the seam for a store, and what keeps a bad one from being felt.

use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use crate::error::one_line;
use crate::quoted::Secrets;

/// Why a store could not do it. Its text is logged, without what looks like a token and without the user of an address: it must not
/// hold what was to be stored, nor a password.
///
/// ```
/// use maskinporten::StoreError;
///
/// fn lost(key: &str) -> StoreError {
///     format!("no connection for {key}").into() // any error is one
/// }
/// ```
pub type StoreError = Box<dyn StdError + Send + Sync>;

/// Where tokens are shared between processes of one client, so that a fleet that starts makes few token requests.
///
/// A store sees neither tokens nor what they are for: the key is a digest, and the value is sealed (AES-256-GCM) with a key
/// that is derived from the client's signing key. It needs no locking: the last writer wins.
///
/// The client keeps working from memory while a store fails, and is not slowed down by one that hangs.
///
/// One in memory, as a test of your own may want it; a real one talks to a server:
///
/// ```
/// use std::collections::HashMap;
/// use std::sync::Mutex;
/// use std::time::{Duration, Instant};
///
/// use async_trait::async_trait;
/// use maskinporten::{StoreError, TokenStore};
///
/// #[derive(Debug, Default)]
/// struct InMemory(Mutex<HashMap<String, (Instant, Vec<u8>)>>);
///
/// #[async_trait]
/// impl TokenStore for InMemory {
///     async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
///         let held = self.0.lock().map_err(|_| "the lock is poisoned")?;
///         Ok(held.get(key).filter(|(ends, _)| Instant::now() < *ends).map(|(_, value)| value.clone()))
///     }
///
///     async fn set(&self, key: &str, value: Vec<u8>, time_to_live: Duration) -> Result<(), StoreError> {
///         let mut held = self.0.lock().map_err(|_| "the lock is poisoned")?;
///         held.insert(key.to_owned(), (Instant::now() + time_to_live, value));
///         Ok(())
///     }
/// }
/// ```
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

/// A store that a client's caches share: bounded in time, and never the reason for a failure.
#[derive(Debug)]
pub(crate) struct Guarded {
    store: Arc<dyn TokenStore>,
    /// When to ask a store again that failed.
    down: Mutex<Option<Instant>>,
}

impl Guarded {
    pub(crate) fn new(store: Arc<dyn TokenStore>) -> Self {
        Self {
            store,
            down: Mutex::new(None),
        }
    }

    pub(crate) async fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.ask(self.store.get(key)).await?
    }

    pub(crate) async fn set(&self, key: &str, value: Vec<u8>, time_to_live: Duration) {
        self.ask(self.store.set(key, value, time_to_live)).await;
    }

    /// `None` if the store failed, now or a moment ago.
    async fn ask<T>(&self, answer: impl Future<Output = Result<T, StoreError>>) -> Option<T> {
        if self.down().is_some_and(|until| Instant::now() < until) {
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
        let until = Instant::now() + PAUSE;
        // Once, not for every call that comes by while it is down.
        if self.down().replace(until).is_none() {
            let failure = one_line(&Secrets::none().cut(&failure));
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
