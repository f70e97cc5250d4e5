//! The end of a load, for who waits for it: a poll tells nobody that nothing has changed.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use config::{AsyncSource, ConfigError, Map, Source, Value};
use tokio::sync::Notify;

/// A source that tells when it has been read. On a runtime of one thread whoever waits gets his turn once the load is over: behind the last
/// source, and behind one that failed, there is nothing that waits.
#[derive(Debug, Clone)]
pub(super) struct Heard<S> {
    source: S,
    ended: Arc<Notify>,
}

impl<S> Heard<S> {
    pub(super) fn of(source: S, ended: &Arc<Notify>) -> Self {
        let ended = Arc::clone(ended);
        Self { source, ended }
    }
}

impl<S: Source + Clone + Debug + Send + Sync + 'static> Source for Heard<S> {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        let collected = self.source.collect();
        self.ended.notify_one();
        collected
    }
}

#[async_trait]
impl<S: AsyncSource + Send + Sync> AsyncSource for Heard<S> {
    async fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        let collected = self.source.collect().await;
        self.ended.notify_one();
        collected
    }

    async fn collect_to(&self, cache: &mut Value) -> Result<(), ConfigError> {
        let collected = self.source.collect_to(cache).await;
        self.ended.notify_one();
        collected
    }
}
