//! The cache and the retry on paused time, over providers that do as they are told.

mod cache;
mod fresh;
mod identity;
mod lifetimes;
mod retry;
mod shared;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;
use secrecy::SecretString;
use tokio::time::{Instant, sleep};

use super::cache::Cached;
use super::limits::CacheLimits;
use super::{Token, TokenProvider};
use crate::error::{Error, ErrorKind, Retry, Stage};
use crate::request::TokenRequest;

type Answer = Result<Arc<Token>, Error>;

/// Answers as told, and counts.
pub(crate) struct Fake {
    calls: AtomicU64,
    answer: Box<dyn Fn(u64) -> BoxFuture<'static, Answer> + Send + Sync>,
}

impl Fake {
    /// The function gets the number of the call, from 1.
    pub(crate) fn new<F>(answer: impl Fn(u64) -> F + Send + Sync + 'static) -> Arc<Self>
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        Arc::new(Self {
            calls: AtomicU64::new(0),
            answer: Box::new(move |call| Box::pin(answer(call))),
        })
    }

    /// Tokens of one lifetime, each a second after it was asked for.
    pub(crate) fn steady(seconds: u64) -> Arc<Self> {
        Self::new(move |call| async move {
            sleep(Duration::from_secs(1)).await;
            Ok(token(call, Some(Duration::from_secs(seconds))))
        })
    }

    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl TokenProvider for Arc<Fake> {
    async fn token(&self, _: &TokenRequest) -> Answer {
        (self.answer)(self.calls.fetch_add(1, Ordering::SeqCst) + 1).await
    }
}

impl fmt::Debug for Fake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fake")
    }
}

/// The token of a call, just received.
pub(crate) fn token(call: u64, lifetime: Option<Duration>) -> Arc<Token> {
    let now = Instant::now();
    let secret = SecretString::from(format!("token {call}"));
    Arc::new(Token::new(secret, now, lifetime.map(|lifetime| now + lifetime), None))
}

pub(crate) fn failure(retry: Retry) -> Error {
    Error::new(ErrorKind::Unavailable, Stage::Token, "it failed").with(|inner| inner.retry = retry)
}

fn cached(fake: &Arc<Fake>) -> Cached {
    Cached::new(Arc::new(fake.clone()), Stage::Token, CacheLimits::default(), None)
}

fn request() -> TokenRequest {
    TokenRequest::new(["some:scope"])
}

/// Lets the tasks run that are ready, without time passing.
async fn settle() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}
