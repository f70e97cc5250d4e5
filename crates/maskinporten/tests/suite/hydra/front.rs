//! What stands before a server: it passes requests on, or does to them what a bad network or a proxy does.

use std::collections::{HashSet, VecDeque};
use std::convert::Infallible;
use std::future::pending;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use futures::StreamExt as _;
use futures::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, DATE, RETRY_AFTER};
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::AbortHandle;

type Reply = Response<UnsyncBoxBody<Bytes, Infallible>>;

/// What is done to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Pass,
    /// The server does its work, and the connection is closed in place of the reply.
    LoseReply,
    /// The same with a reset.
    ResetAfter,
    /// A reset before the server hears of it.
    ResetBefore,
    /// The server does its work, and half of the reply comes.
    CutReply,
    /// The server does its work, and the reply never comes.
    Hang,
    /// The server gets it twice; the reply is the second one.
    SendTwice,
    /// A reply of the front's own, with a `Retry-After`.
    Say(u16, Option<&'static str>),
}

/// A request as it came, by the assertion in it.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) assertion: String,
    pub(crate) jti: String,
    /// Counted from zero.
    pub(crate) connection: usize,
}

/// It stops when it is dropped.
pub(crate) struct Front {
    address: SocketAddr,
    work: Arc<Work>,
    task: AbortHandle,
}

struct Work {
    server: String,
    http: reqwest::Client,
    acts: Mutex<VecDeque<Act>>,
    then: Mutex<Act>,
    sent: Mutex<Vec<Sent>>,
}

impl Front {
    /// Before this token endpoint: does these things to the requests as they come, and the last to all that follow.
    pub(crate) async fn before(server: String, acts: impl IntoIterator<Item = Act>, then: Act) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let work = Arc::new(Work {
            server,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            acts: Mutex::new(acts.into_iter().collect()),
            then: Mutex::new(then),
            sent: Mutex::default(),
        });
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(accept(listener, work.clone())).abort_handle();
        Self { address, work, task }
    }

    pub(crate) fn token_endpoint(&self) -> String {
        format!("http://{}/token", self.address)
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.work.sent.lock().unwrap().clone()
    }

    /// From now on.
    pub(crate) fn pass_all(&self) {
        self.work.acts.lock().unwrap().clear();
        *self.work.then.lock().unwrap() = Act::Pass;
    }

    /// How many assertions came, of which none came before.
    pub(crate) fn all_different(&self) -> usize {
        let sent = self.sent();
        let ids: HashSet<_> = sent.iter().map(|sent| &sent.jti).collect();
        assert_eq!(ids.len(), sent.len(), "an assertion was sent twice");
        sent.len()
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, work: Arc<Work>) {
    for connection in 0.. {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(serve(stream, connection, work.clone()));
    }
}

/// How a connection ends before its time.
#[derive(Default)]
struct End {
    now: Notify,
    reset: Mutex<bool>,
}

async fn serve(mut stream: TcpStream, connection: usize, work: Arc<Work>) {
    let end = Arc::new(End::default());
    {
        let service = service_fn(|request| {
            let (work, end) = (work.clone(), end.clone());
            async move { Ok::<_, Infallible>(work.answer(request, connection, end).await) }
        });
        let talk = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(&mut stream), service);
        tokio::select! {
            _ = talk => {}
            () = end.now.notified() => {}
        }
    }
    if *end.reset.lock().unwrap() {
        stream.set_zero_linger().unwrap();
    }
}

impl Work {
    async fn answer(&self, request: Request<Incoming>, connection: usize, end: Arc<End>) -> Reply {
        let (head, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        self.sent.lock().unwrap().push(Sent::read(&body, connection));
        let next = self.acts.lock().unwrap().pop_front();
        let act = next.unwrap_or(*self.then.lock().unwrap());
        let arrives = !matches!(act, Act::ResetBefore | Act::Say(..));
        if act == Act::SendTwice {
            self.pass_on(&head.headers, &body).await;
        }
        let reply = match arrives {
            true => self.pass_on(&head.headers, &body).await,
            false => Response::default(),
        };
        match act {
            Act::Pass | Act::SendTwice => reply.map(|body| Full::new(body).boxed_unsync()),
            Act::Say(status, pause) => said(status, pause),
            Act::CutReply => half(reply, end),
            Act::Hang => pending().await,
            Act::LoseReply => {
                end.now.notify_one();
                pending().await
            }
            Act::ResetAfter | Act::ResetBefore => {
                *end.reset.lock().unwrap() = true;
                end.now.notify_one();
                pending().await
            }
        }
    }

    async fn pass_on(&self, headers: &HeaderMap, body: &Bytes) -> Response<Bytes> {
        let mut request = self.http.post(&self.server).body(body.clone());
        for name in [AUTHORIZATION, CONTENT_TYPE] {
            if let Some(value) = headers.get(&name) {
                request = request.header(name, value);
            }
        }
        let reply = request.send().await.unwrap();
        let mut passed = Response::builder().status(reply.status());
        for name in [CONTENT_TYPE, DATE] {
            if let Some(value) = reply.headers().get(&name) {
                passed = passed.header(name, value);
            }
        }
        passed.body(reply.bytes().await.unwrap()).unwrap()
    }
}

impl Sent {
    fn read(form: &[u8], connection: usize) -> Self {
        let mut form = url::form_urlencoded::parse(form);
        let (_, assertion) = form.find(|(name, _)| name == "assertion").unwrap();
        let claims = assertion.split('.').nth(1).unwrap();
        let claims: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
        Self {
            jti: claims["jti"].as_str().unwrap().to_owned(),
            assertion: assertion.into_owned(),
            connection,
        }
    }
}

/// As a proxy says it: a page, which is no JSON.
fn said(status: u16, pause: Option<&str>) -> Reply {
    let page = Full::from("<html>\n<h1>Not now</h1>\n</html>\n").boxed_unsync();
    let mut reply = Response::new(page);
    *reply.status_mut() = StatusCode::from_u16(status).unwrap();
    reply
        .headers_mut()
        .insert(CONTENT_TYPE, "text/html; charset=utf-8".parse().unwrap());
    if let Some(pause) = pause {
        reply.headers_mut().insert(RETRY_AFTER, pause.parse().unwrap());
    }
    reply
}

/// The length is that of the whole. The connection ends once the half is on its way.
fn half(reply: Response<Bytes>, end: Arc<End>) -> Reply {
    let (mut head, body) = reply.into_parts();
    head.headers.insert(CONTENT_LENGTH, body.len().into());
    let half = body.slice(..body.len() / 2);
    let first = stream::iter([Ok(Frame::data(half))]);
    let rest = stream::poll_fn(move |_| {
        end.now.notify_one();
        Poll::Pending
    });
    Response::from_parts(head, StreamBody::new(first.chain(rest)).boxed_unsync())
}
