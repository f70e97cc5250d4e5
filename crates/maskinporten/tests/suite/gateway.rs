//! A host of another name before an emulator, over plain HTTP.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use maskinporten_emulator::MaskinportenEmulator;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

/// No name server knows it.
pub(crate) const HOST: &str = "gateway.test";

pub(crate) struct Gateway {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
    task: AbortHandle,
}

impl Gateway {
    /// Sends what arrives to the emulator's own paths, and metadata with these replacements back.
    pub(crate) async fn before(emulator: &MaskinportenEmulator, replaced: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let replaced: Vec<(String, String)> = replaced
            .iter()
            .map(|(from, to)| ((*from).to_owned(), (*to).to_owned()))
            .collect();
        let all = (
            emulator.http_client(),
            emulator.issuer().trim_end_matches('/').to_owned(),
            replaced,
            Arc::clone(&seen),
        );
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let all = all.clone();
                let service = service_fn(move |request| {
                    let (http, base, replaced, seen) = all.clone();
                    async move {
                        seen.lock().unwrap().push(request.uri().path().to_owned());
                        Ok::<_, Infallible>(passed_on(request, &http, &base, &replaced).await)
                    }
                });
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        Self {
            address,
            seen,
            task: task.abort_handle(),
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{HOST}:{}{path}", self.address.port())
    }

    /// For a client's own HTTP clients: they know the host.
    pub(crate) fn known(&self) -> impl Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync + 'static {
        let address = self.address;
        move |http| http.no_proxy().resolve(HOST, address)
    }

    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

async fn passed_on(
    request: Request<Incoming>,
    http: &reqwest::Client,
    base: &str,
    replaced: &[(String, String)],
) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let mut headers = parts.headers;
    headers.remove("host");
    let sent = http
        .request(parts.method, format!("{base}{}", parts.uri))
        .headers(headers);
    let reply = sent.body(body).send().await.unwrap();
    let status = reply.status();
    let mut text = reply.text().await.unwrap();
    if parts.uri.path().contains(".well-known") {
        for (from, to) in replaced {
            text = text.replace(from, to);
        }
    }
    Response::builder().status(status).body(text.into()).unwrap()
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.task.abort();
    }
}
