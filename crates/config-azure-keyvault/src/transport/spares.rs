//! Connections that are opened before they are needed.
//!
//! Over HTTP/1.1 each request in flight needs a connection, and opening one takes as long as two requests. A load would find out only
//! where its first page has arrived, so they are opened as soon as its first connection is known to speak no HTTP/2 and to be far. The HTTP
//! client has no way to open one without a request. So a second client, built as the first one, opens them: its requests end where they are
//! connected, and the first client takes over the connection instead of opening its own.

use std::any::Any;
use std::collections::VecDeque;
use std::error::Error;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::{Either, join_all, select};
use hyper_util::client::legacy::connect::Connection;
use reqwest::ClientBuilder;
use tokio::sync::oneshot;
use tokio::time::Instant;
use tower_layer::Layer;
use tower_service::Service;
use url::Url;

/// Where the first connection took less, the handshakes of all the others cost more than they save: 24 of them take some 15 ms of a
/// processor's time. What the process waits for its first random number counts as distance: a near vault pays these 15 ms with AWS-LC's
/// default build.
const FAR: Duration = Duration::from_millis(20);

/// After so long unused a server may have closed one, and nobody would have noticed.
const FRESH: Duration = Duration::from_secs(5);

/// The spare connections of one client.
#[derive(Clone, Default)]
pub(crate) struct Spares(Arc<Mutex<Store>>);

#[derive(Default)]
struct Store {
    /// So many are opened with the first connection. None is kept where none are wanted.
    wanted: usize,
    /// Loads of the vault that want some: it may be in two layers, and referred to.
    loads: usize,
    waiting: VecDeque<Spare>,
}

/// One that is there, or on its way.
struct Spare {
    begun: Instant,
    /// The connection's type is the HTTP client's own.
    connection: oneshot::Receiver<Box<dyn Any + Send>>,
}

/// As long as it lives, spare connections may be opened and are kept.
pub(crate) struct Wanted(Spares);

impl Drop for Wanted {
    fn drop(&mut self) {
        let mut store = self.0.store();
        store.loads -= 1;
        if store.loads == 0 {
            *store = Store::default();
        }
    }
}

impl Spares {
    /// Opens so many with the first connection, where that one speaks HTTP/1.1 and took its time. What is left of them when the result is
    /// dropped, is closed.
    pub(super) fn want(&self, count: usize) -> Option<Wanted> {
        if count == 0 {
            return None;
        }
        let mut store = self.store();
        store.wanted = store.wanted.max(count);
        store.loads += 1;
        drop(store);
        Some(Wanted(self.clone()))
    }

    /// For the client that sends. `opener` is built as that one, for the same vault.
    pub(crate) fn taking(&self, opener: ClientBuilder, vault: &Url) -> Taking {
        Taking {
            spares: self.clone(),
            opener: Arc::new(Mutex::new(Some(opener.connector_layer(Opening(self.clone()))))),
            vault: vault.clone(),
        }
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next one that is there or on its way.
    fn next(&self) -> Option<Spare> {
        let waiting = &mut self.store().waiting;
        std::iter::from_fn(|| waiting.pop_front()).find(|spare| spare.begun.elapsed() < FRESH)
    }

    /// Where a connection goes that is being opened, if it is still wanted.
    fn place(&self) -> Option<oneshot::Sender<Box<dyn Any + Send>>> {
        let mut store = self.store();
        if store.wanted == 0 {
            return None;
        }
        let (opened, connection) = oneshot::channel();
        let begun = Instant::now();
        store.waiting.push_back(Spare { begun, connection });
        Some(opened)
    }
}

type Failed = Box<dyn Error + Send + Sync>;
type Connecting<C> = Pin<Box<dyn Future<Output = Result<C, Failed>> + Send>>;

/// Connects by a spare connection where there is one.
#[derive(Clone)]
pub(crate) struct Taking {
    spares: Spares,
    /// Until the first connection.
    opener: Arc<Mutex<Option<ClientBuilder>>>,
    vault: Url,
}

impl Taking {
    /// One more connection is there. The first one begins the others.
    fn connected(&self, connection: &impl Connection, took: Duration) {
        let opener = self.opener.lock().unwrap_or_else(PoisonError::into_inner).take();
        let count = self.spares.store().wanted;
        let is_worth_it = count > 0 && took >= FAR && !connection.connected().is_negotiated_h2();
        let Some(opener) = opener.filter(|_| is_worth_it) else {
            return;
        };
        let vault = self.vault.clone();
        // Nobody waits for it: whoever finds no spare connection opens one.
        tokio::spawn(async move {
            if let Ok(opener) = opener.build() {
                join_all((0..count).map(|_| opener.get(vault.clone()).send())).await;
            }
        });
    }
}

impl<S> Layer<S> for Taking {
    type Service = With<Self, S>;

    fn layer(&self, connector: S) -> Self::Service {
        With(self.clone(), connector)
    }
}

/// How the requests of the opening client end; nobody reads it.
const NO_REQUEST: &str = "the connection is somebody else's";

/// Opens spare connections, and sends nothing over them.
#[derive(Clone)]
struct Opening(Spares);

impl<S> Layer<S> for Opening {
    type Service = With<Self, S>;

    fn layer(&self, connector: S) -> Self::Service {
        With(self.clone(), connector)
    }
}

/// A layer over the HTTP client's own connector.
#[derive(Clone)]
pub(crate) struct With<L, S>(L, S);

impl<S, T> Service<T> for With<Taking, S>
where
    S: Service<T, Error = Failed> + Clone + Send + 'static,
    S::Response: Connection + Send + 'static,
    S::Future: Send + 'static,
    T: Send + 'static,
{
    type Response = S::Response;
    type Error = Failed;
    type Future = Connecting<S::Response>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        self.1.poll_ready(context)
    }

    fn call(&mut self, target: T) -> Self::Future {
        let Some(spare) = self.0.spares.next() else {
            let (taking, began) = (self.0.clone(), Instant::now());
            let connecting = self.1.call(target);
            return Box::pin(async move {
                let own = connecting.await?;
                taking.connected(&own, began.elapsed());
                Ok(own)
            });
        };
        // The one that is ready.
        let next = self.1.clone();
        let mut connector = mem::replace(&mut self.1, next);
        Box::pin(async move {
            let opened = spare.connection.await.ok();
            match opened.and_then(|connection| connection.downcast().ok()) {
                Some(connection) => Ok(*connection),
                None => connector.call(target).await,
            }
        })
    }
}

impl<S, T> Service<T> for With<Opening, S>
where
    S: Service<T, Error = Failed>,
    S::Response: Send + 'static,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = Failed;
    type Future = Connecting<S::Response>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        self.1.poll_ready(context)
    }

    fn call(&mut self, target: T) -> Self::Future {
        let Some(mut opened) = self.0.0.place() else {
            return Box::pin(async { Err(NO_REQUEST.into()) });
        };
        let connecting = Box::pin(self.1.call(target));
        Box::pin(async move {
            // Where nobody wants it any more, it is dropped on its way.
            let unwanted = Box::pin(opened.closed());
            let connection = match select(connecting, unwanted).await {
                Either::Left((connection, _)) => Some(connection?),
                Either::Right(_) => None,
            };
            if let Some(connection) = connection {
                let _ = opened.send(Box::new(connection));
            }
            Err(NO_REQUEST.into())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Spares;

    #[test]
    fn they_are_wanted_until_the_last_load_is_over() {
        let spares = Spares::default();
        assert!(spares.want(0).is_none() && spares.place().is_none());
        let (one, other) = (spares.want(3), spares.want(5));
        drop(other);
        assert!(spares.place().is_some(), "one load is still under way");
        assert!(spares.next().is_some());
        drop(one);
        assert!(spares.place().is_none() && spares.next().is_none());
    }
}
