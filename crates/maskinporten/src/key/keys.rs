//! The key that is in use: where to get it anew, which keys were in use before, and when it ends.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::time::Instant;

use super::ending::Ending;
use super::signing::SigningKey;
use super::source::KeySource;
use super::spare::{Spare, Spares};
use crate::error::{Error, ErrorKind, Retry, Stage};
use crate::runtime::Flights;

/// A source that takes longer holds up everybody who waits for the key.
const LIMIT: Duration = Duration::from_secs(10);

fn late() -> Error {
    let cause = format!("the key's source gave no key within {} s", LIMIT.as_secs());
    Error::new(ErrorKind::Key, Stage::Key, cause)
        .with_remedy("check that this host reaches the place where the key is kept")
        .with(|inner| inner.retry = Retry::After(None))
}

/// The key that is in use, and where to get it anew. A cheap clone.
#[derive(Clone)]
pub(crate) struct Keys {
    source: Arc<dyn KeySource>,
    current: Arc<RwLock<Option<SigningKey>>>,
    /// Each runtime its own: nobody waits for what another has to drive.
    loading: Arc<Flights<Result<SigningKey, Error>>>,
    /// What is tried where the one in use is not known.
    spares: Arc<Spares>,
    ending: Arc<Ending>,
}

impl Keys {
    /// Keys whose first one is already loaded, or is loaded when it is first asked for.
    pub(crate) fn new(source: Arc<dyn KeySource>, first: Option<SigningKey>) -> Self {
        Self {
            source,
            current: Arc::new(RwLock::new(first)),
            loading: Arc::new(Flights::new()),
            spares: Arc::default(),
            ending: Arc::default(),
        }
    }

    /// The setting that a warning of its end names.
    pub(crate) fn named(self, setting: Option<&str>) -> Self {
        Self {
            ending: Arc::new(Ending::of(setting)),
            ..self
        }
    }

    /// The one that settings name beside it.
    pub(crate) fn with_second(self, second: Option<SigningKey>) -> Self {
        Self {
            spares: Arc::new(Spares::of(second)),
            ..self
        }
    }

    /// In the place of these, which are tried for a while where the new one is not known yet. The same key in another spelling is no
    /// rotation.
    pub(crate) fn in_place_of(self, before: &Self, now: Instant) -> Self {
        let (Some(key), Some(used)) = (self.current(), before.current()) else {
            return self;
        };
        let replaced = Some(used).filter(|used| used.identity() != key.identity());
        let spares = Arc::new(self.spares.after(&before.spares, replaced, now));
        Self { spares, ..self }
    }

    /// The keys to try in place of `used`, in this order, as it is not known.
    pub(crate) fn spares(&self, used: &SigningKey, now: Instant) -> Vec<&Spare> {
        self.spares.in_force(used, now)
    }

    /// A spare was taken where `used` was not.
    pub(crate) fn spare_served(&self, used: &SigningKey, spare: &Spare, now: Instant, refusal: &Error) {
        self.spares.served(used, spare, now, refusal);
    }

    /// The issuer took this key.
    pub(crate) fn works(&self, key: &SigningKey) {
        self.spares.needless(key);
    }

    /// Warns of the end of the key in use, if it is time to: `now` is in unix seconds.
    pub(crate) fn look_at_its_end(&self, key: &SigningKey, now: i64) {
        self.ending.look_at(key, now);
    }

    /// The key in use, if one was loaded.
    pub(crate) fn current(&self) -> Option<SigningKey> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The key in use; loaded by the first who asks.
    pub(crate) async fn get(&self) -> Result<SigningKey, Error> {
        match self.current() {
            Some(key) => Ok(key),
            None => self.load().await.0,
        }
    }

    /// Loads the key again because `used` was refused. `true` if another one is in use now.
    pub(crate) async fn replace(&self, used: &SigningKey) -> Result<bool, Error> {
        let changed = || self.current().is_some_and(|key| key.identity() != used.identity());
        // What was under way already may bring the key that was refused.
        for _ in 0..2 {
            if changed() {
                return Ok(true);
            }
            let (loaded, own) = self.load().await;
            if own {
                loaded?;
                break;
            }
        }
        Ok(changed())
    }

    /// In a task that goes on when the caller goes away, and whether it is this caller's. A key that cannot be loaded leaves the one
    /// in use.
    async fn load(&self) -> (Result<SigningKey, Error>, bool) {
        let keys = self.clone();
        let load = || async move {
            let loaded = tokio::time::timeout(LIMIT, keys.source.load()).await;
            let key = loaded.map_err(|_| late())??;
            *keys.current.write().unwrap_or_else(PoisonError::into_inner) = Some(key.clone());
            Ok(key)
        };
        let loaded = self.loading.join(LIMIT + Duration::from_secs(1), load).await;
        loaded.unwrap_or_else(|| {
            let error = Error::new(ErrorKind::Key, Stage::Key, "the key's source was cut short");
            (Err(error.with(|inner| inner.retry = Retry::After(None))), true)
        })
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use async_trait::async_trait;

    use super::*;

    #[derive(Debug, Default)]
    struct Hanging(AtomicBool);

    #[async_trait]
    impl KeySource for Hanging {
        async fn load(&self) -> Result<SigningKey, Error> {
            if !self.0.swap(true, Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            Err(Error::new(ErrorKind::Key, Stage::Key, "asked again"))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_source_that_hangs_holds_nobody_up_for_ever() {
        let keys = Keys::new(Arc::new(Hanging::default()), None);
        let start = Instant::now();
        let both = async { tokio::join!(keys.get(), keys.get()) };
        let (first, second) = tokio::time::timeout(Duration::from_secs(60), both)
            .await
            .expect("an end");
        let first = first.expect_err("no key");
        assert_eq!((first.stage(), first.retry()), (Stage::Key, Retry::After(None)));
        assert!(first.to_string().contains("no key within 10 s"), "{first}");
        // One load for both.
        assert_eq!(second.expect_err("no key").to_string(), first.to_string());
        assert_eq!(start.elapsed(), LIMIT);
        assert!(
            keys.get()
                .await
                .expect_err("no key")
                .to_string()
                .contains("asked again")
        );
    }
}
