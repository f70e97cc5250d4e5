//! The running server: how it is set up, and the thread with its own runtime that serves.

use std::fmt;
use std::io::{self, ErrorKind};
use std::net::TcpListener as StdListener;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::client::{client_builder, resolver};
use crate::connection::run;
use crate::error::EmulatorError;
use crate::launch::Subscriber;
use crate::listeners::{Listeners, Ports};
use crate::protocols::Protocols;
use crate::service::Service;
use crate::tls::Authority;

/// Sets a server up: where it listens, what its certificate is for, how far away it is.
///
/// A service with hosts of its own, 20 ms away:
///
/// ```
/// use emulator_kit::ServerBuilder;
/// # use emulator_kit::hyper::{Request, Response, StatusCode, body::Incoming};
/// # use emulator_kit::{Damage, Origin, Payload, Reply, Service};
/// # use std::sync::Arc;
/// # use std::time::Duration;
/// # struct Teapot;
/// # impl Service for Teapot {
/// #     fn connected(&self) -> u64 { 1 }
/// #     async fn serve(self: Arc<Self>, _: Origin, _: Request<Incoming>) -> Response<Payload> {
/// #         Damage::None.send(Reply::empty(StatusCode::IM_A_TEAPOT))
/// #     }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
///
/// let builder = ServerBuilder::new("teapot-emulator").host("*.teapot.test").round_trip(Duration::from_millis(20));
/// let (server, _teapot) = builder.start(|_ports| Arc::new(Teapot))?;
///
/// let http = server.http_client_builder(|host| host.ends_with(".teapot.test")).build()?;
/// let url = format!("https://kitchen.teapot.test:{}", server.ports().tls);
/// assert_eq!(http.get(url).send().await?.status(), 418);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct ServerBuilder {
    name: &'static str,
    hosts: Vec<&'static str>,
    port: u16,
    plain_port: Option<u16>,
    protocols: Protocols,
    round_trip: Duration,
}

impl ServerBuilder {
    /// A server of that name, which its thread and its certificate bear, on a free port of this machine.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            hosts: vec!["localhost", "127.0.0.1", "::1"],
            port: 0,
            plain_port: None,
            protocols: Protocols::default(),
            round_trip: Duration::ZERO,
        }
    }

    /// A host that the certificate is for, besides this machine; `*.` in front stands for one label. Take one that no resolver
    /// on earth knows (RFC 6761, section 6: `.test`), and let the client find it: [`Server::http_client_builder`].
    pub fn host(mut self, host: &'static str) -> Self {
        self.hosts.push(host);
        self
    }

    /// The port to listen on; 0, the default, takes a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// A second port, without TLS and without distance; 0 takes a free one. By default there is none.
    pub fn plain_port(mut self, port: u16) -> Self {
        self.plain_port = Some(port);
        self
    }

    /// Which versions of HTTP are offered. By default both.
    pub fn protocols(mut self, protocols: Protocols) -> Self {
        self.protocols = protocols;
        self
    }

    /// How far away it is. By default not at all.
    ///
    /// A TCP handshake costs one round trip, and every byte travels half of one each way.
    pub fn round_trip(mut self, round_trip: Duration) -> Self {
        self.round_trip = round_trip;
        self
    }

    /// Opens the ports, makes the certificates, and serves on a thread of its own, with a runtime of its own. `service` is
    /// told the ports: addresses are often part of what a service answers.
    ///
    /// It blocks for some milliseconds: [`launch`](crate::launch) is for callers in a runtime. What is logged goes where the
    /// caller's lines go.
    ///
    /// # Errors
    ///
    /// When a port is taken, or a certificate or the thread cannot be made.
    pub fn start<S: Service>(self, service: impl FnOnce(Ports) -> Arc<S>) -> Result<(Server, Arc<S>), EmulatorError> {
        let authority = Authority::new(self.name, &self.hosts, self.protocols)?;
        let listeners = Listeners::open(self.port, self.plain_port).map_err(EmulatorError::Listen)?;
        let ports = listeners.ports;
        let service = service(ports);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(EmulatorError::Thread)?;
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::Builder::new().name(self.name.to_owned()).spawn({
            let subscriber = Subscriber::of_this_thread();
            let listening = listen(
                listeners,
                Arc::clone(&service),
                Arc::clone(&authority.server),
                self.round_trip,
            );
            move || {
                let _guard = subscriber.enter();
                runtime.block_on(async {
                    tokio::select! {
                        _ = stopped => {}
                        error = listening => tracing::error!(%error, "the emulator cannot listen"),
                    }
                });
                // With the runtime go its tasks, and with them their sockets.
                drop(runtime);
            }
        });
        let server = Server {
            ports,
            authority,
            stop: Some(stop),
            thread: Some(thread.map_err(EmulatorError::Thread)?),
        };
        Ok((server, service))
    }
}

/// A running server. Dropping it ends every connection and waits for its thread.
///
/// ```
/// use emulator_kit::{ServerBuilder, is_local};
/// # use emulator_kit::hyper::{Request, Response, StatusCode, body::Incoming};
/// # use emulator_kit::{Damage, Origin, Payload, Reply, Service};
/// # use std::sync::Arc;
/// # struct Teapot;
/// # impl Service for Teapot {
/// #     fn connected(&self) -> u64 { 1 }
/// #     async fn serve(self: Arc<Self>, _: Origin, _: Request<Incoming>) -> Response<Payload> {
/// #         Damage::None.send(Reply::empty(StatusCode::IM_A_TEAPOT))
/// #     }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
///
/// let (server, _teapot) = ServerBuilder::new("teapot-emulator").start(|_ports| Arc::new(Teapot))?;
/// let url = format!("https://localhost:{}", server.ports().tls);
///
/// let http = server.http_client_builder(is_local).build()?; // other programs trust `server.ca_pem()`
/// assert_eq!(http.get(&url).send().await?.status(), 418);
/// drop(server);
/// assert!(http.get(&url).send().await.is_err());
/// # Ok(())
/// # }
/// ```
pub struct Server {
    ports: Ports,
    authority: Authority,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("ports", &self.ports)
            .finish_non_exhaustive()
    }
}

impl Server {
    /// Where it listens.
    #[must_use]
    pub fn ports(&self) -> Ports {
        self.ports
    }

    /// The certificate to trust, as PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.authority.pem
    }

    /// The certificate to trust, as DER.
    #[must_use]
    pub fn ca_der(&self) -> &[u8] {
        &self.authority.der
    }

    /// A client that trusts this server only, finds the hosts that `is_known` (lower-cased, without a port) and no other,
    /// follows no redirect and uses no proxy. For a server without hosts of its own that is [`is_local`](crate::is_local).
    ///
    /// # Panics
    ///
    /// If the server's own certificate is not accepted, which there is no reason for.
    pub fn http_client_builder(
        &self,
        is_known: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> reqwest::ClientBuilder {
        client_builder([self.ca_der()], resolver(is_known)).expect("the server's own certificate is accepted")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn listen<S: Service>(
    listeners: Listeners,
    service: Arc<S>,
    tls: Arc<ServerConfig>,
    round_trip: Duration,
) -> io::Error {
    let acceptor = TlsAcceptor::from(tls);
    let mut loops = JoinSet::new();
    for listener in std::iter::once(listeners.tls).chain(listeners.tls_v6) {
        loops.spawn(accept(
            listener,
            Arc::clone(&service),
            Some(acceptor.clone()),
            round_trip,
        ));
    }
    if let Some(listener) = listeners.plain {
        // What needs no TLS is on the same machine: no distance there.
        loops.spawn(accept(listener, service, None, Duration::ZERO));
    }
    match loops.join_next().await {
        Some(Ok(error)) => error,
        Some(Err(error)) => error.into(),
        None => ErrorKind::NotConnected.into(),
    }
}

async fn accept<S: Service>(
    listener: StdListener,
    service: Arc<S>,
    tls: Option<TlsAcceptor>,
    round_trip: Duration,
) -> io::Error {
    let listener = match TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return error,
    };
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(run(stream, Arc::clone(&service), tls.clone(), round_trip));
            }
            // A client that gave up, or no free file descriptor for now: neither ends the emulator.
            Err(error) => {
                tracing::debug!(%error, "accept failed");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
}
