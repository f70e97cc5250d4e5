//! A server for tests: what a function says, over plain HTTP on this machine.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use http::header::AUTHORIZATION;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

type Reply = Response<Full<Bytes>>;
type Handler = dyn Fn(Seen) -> BoxFuture<'static, Reply> + Send + Sync;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) authorization: Option<String>,
    pub(crate) body: Bytes,
}

pub(crate) struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: AbortHandle,
}

impl Server {
    pub(crate) async fn start<F>(answer: impl Fn(Seen) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Reply> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let seen = Arc::default();
        let handler: Arc<Handler> = Arc::new(move |seen| Box::pin(answer(seen)));
        let task = tokio::spawn(serve(listener, handler, Arc::clone(&seen)));
        Self {
            address,
            seen,
            task: task.abort_handle(),
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("unpoisoned").clone()
    }

    /// The `Authorization` headers that arrived, in order.
    pub(crate) fn authorizations(&self) -> Vec<Option<String>> {
        self.seen().into_iter().map(|seen| seen.authorization).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) fn reply(status: u16, body: &str) -> Reply {
    let mut reply = Response::new(Full::from(body.to_owned()));
    *reply.status_mut() = status.try_into().expect("a status");
    reply
}

async fn serve(listener: TcpListener, handler: Arc<Handler>, seen: Arc<Mutex<Vec<Seen>>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (handler, seen) = (handler.clone(), seen.clone());
        let service = service_fn(move |request: Request<Incoming>| {
            let (handler, seen) = (handler.clone(), seen.clone());
            async move {
                let (head, body) = request.into_parts();
                let header = head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
                let request = Seen {
                    path: head.uri.to_string(),
                    authorization: header.map(str::to_owned),
                    body: body.collect().await.map(|body| body.to_bytes()).unwrap_or_default(),
                };
                seen.lock().expect("unpoisoned").push(request.clone());
                Ok::<_, Infallible>(handler(request).await)
            }
        });
        let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        tokio::spawn(connection);
    }
}
