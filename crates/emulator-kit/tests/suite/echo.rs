//! An emulator of a service that sends back what it is sent.

use std::sync::Arc;

use emulator_kit::{
    Damage, EmulatorError, FaultAction, FaultBook, FaultFor, Host, Journal, Origin, Payload, Reply, Server,
    ServerBuilder, Service, Subject, bearer, is_local, launch, read_body,
};
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};
use reqwest::header::HeaderMap;

const MAX_BODY: usize = 1 << 20;
/// A host of its own, besides this machine.
pub(crate) const HOST: &str = "echo.example.test";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Read,
    Write,
}

pub(crate) type Fault = FaultFor<Kind>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) connection: u64,
    pub(crate) plain: bool,
    pub(crate) host: Host,
    pub(crate) http_version: String,
    pub(crate) status: u16,
}

#[derive(Default)]
pub(crate) struct Echo {
    pub(crate) journal: Journal<Seen>,
    pub(crate) faults: FaultBook<Kind>,
}

impl Service for Echo {
    fn connected(&self) -> u64 {
        self.journal.connection()
    }

    fn connection_fault(&self) -> Option<FaultAction> {
        self.faults.for_connection()
    }

    async fn serve(self: Arc<Self>, origin: Origin, request: Request<Incoming>) -> Response<Payload> {
        let (parts, body) = request.into_parts();
        let id = self.journal.arrived(|_| Seen {
            connection: origin.connection,
            plain: origin.plain,
            host: Host::of(&parts),
            http_version: format!("{:?}", parts.version),
            status: 0,
        });
        let kind = if parts.method == "GET" { Kind::Read } else { Kind::Write };
        let mut damage = Damage::None;
        let subject = || {
            let name = parts.uri.path().strip_prefix("/things/");
            Subject::new(kind, &parts).named("thing", name)
        };
        let asked = subject().authenticated(false);
        let mut reply = self.faults.act(&asked, &origin, &mut damage, throttled).await;
        if reply.is_none() && bearer(&parts.headers).is_none() {
            reply = Some(Reply::empty(StatusCode::UNAUTHORIZED));
        }
        if reply.is_none() {
            let accepted = subject().authenticated(true);
            reply = self.faults.act(&accepted, &origin, &mut damage, throttled).await;
        }
        let reply = match reply {
            Some(reply) => reply,
            None => match read_body(body, MAX_BODY).await {
                Ok(body) => Reply::text(StatusCode::OK, "application/octet-stream", body),
                Err(reply) => reply,
            },
        };
        self.journal.change(id, |seen| seen.status = reply.status.as_u16());
        damage.send(reply)
    }
}

fn throttled(retry_after: Option<u64>) -> Reply {
    Reply::text(StatusCode::TOO_MANY_REQUESTS, "text/plain", "slowly").retry_after(retry_after)
}

pub(crate) struct EchoEmulator {
    pub(crate) server: Server,
    pub(crate) echo: Arc<Echo>,
}

/// What came back, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

pub(crate) fn builder() -> ServerBuilder {
    ServerBuilder::new("echo-emulator").host(HOST)
}

impl EchoEmulator {
    pub(crate) async fn start() -> Self {
        Self::of(builder()).await
    }

    pub(crate) async fn of(builder: ServerBuilder) -> Self {
        launch(|| Self::start_blocking(builder)).await.unwrap()
    }

    pub(crate) fn start_blocking(builder: ServerBuilder) -> Result<Self, EmulatorError> {
        let (server, echo) = builder.start(|_| Arc::new(Echo::default()))?;
        Ok(Self { server, echo })
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.server.ports().tls)
    }

    pub(crate) fn http_client_builder(&self) -> reqwest::ClientBuilder {
        self.server.http_client_builder(|host| is_local(host) || host == HOST)
    }

    pub(crate) fn http_client(&self) -> reqwest::Client {
        self.http_client_builder().build().unwrap()
    }

    /// Sends this, with a token, and reads what comes back.
    pub(crate) async fn send(
        &self,
        http: &reqwest::Client,
        path: &str,
        body: impl Into<reqwest::Body>,
    ) -> reqwest::Result<Answer> {
        let request = http.post(self.url(path)).bearer_auth("token").body(body);
        let response = request.send().await?;
        Ok(Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.bytes().await?.to_vec(),
        })
    }
}
