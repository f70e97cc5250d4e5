//! The listeners, and the thread with its own runtime that serves them.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::{Request, Response};
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tracing::subscriber::NoSubscriber;

use super::Payload;
use super::connection::{Origin, run};
use crate::error::EmulatorError;
use crate::fault::FaultAction;

/// Open ports that nobody serves yet.
#[derive(Debug)]
pub struct Listeners {
    tls: StdListener,
    /// `localhost` is `::1` first on many machines.
    tls_v6: Option<StdListener>,
    plain: Option<StdListener>,
    /// The port for TLS.
    pub port: u16,
    /// The port without TLS, if there is one.
    pub plain_port: Option<u16>,
}

impl Listeners {
    /// Takes a port of both loopback addresses for TLS and, if wanted, one without TLS; 0 takes a free one.
    ///
    /// # Errors
    ///
    /// When a port is taken.
    pub fn open(port: u16, plain_port: Option<u16>) -> Result<Self, EmulatorError> {
        let (tls, tls_v6) = open_both(port).map_err(EmulatorError::Listen)?;
        let port = tls.local_addr().map_err(EmulatorError::Listen)?.port();
        let plain = plain_port
            .map(|port| open((Ipv4Addr::LOCALHOST, port).into()))
            .transpose()
            .map_err(EmulatorError::Listen)?;
        let plain_port = match &plain {
            Some(plain) => Some(plain.local_addr().map_err(EmulatorError::Listen)?.port()),
            None => None,
        };
        Ok(Self {
            tls,
            tls_v6,
            plain,
            port,
            plain_port,
        })
    }
}

/// The same port of both loopback addresses. Where the second belongs to another program, `localhost` would be that
/// program to some clients: a free port is then looked for anew, and a port that was asked for is refused.
fn open_both(port: u16) -> std::io::Result<(StdListener, Option<StdListener>)> {
    const TRIES: usize = 16;
    for _ in 0..TRIES {
        let v4 = open((Ipv4Addr::LOCALHOST, port).into())?;
        let taken = v4.local_addr()?.port();
        match open((Ipv6Addr::LOCALHOST, taken).into()) {
            Ok(v6) => return Ok((v4, Some(v6))),
            Err(error) if error.kind() == ErrorKind::AddrInUse && port == 0 => {}
            Err(error) if error.kind() == ErrorKind::AddrInUse => return Err(error),
            // This machine has no IPv6.
            Err(_) => return Ok((v4, None)),
        }
    }
    Err(ErrorKind::AddrInUse.into())
}

fn open(address: SocketAddr) -> std::io::Result<StdListener> {
    let listener = StdListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// What is served.
pub trait Service: Send + Sync + 'static {
    /// A connection was accepted: its number, from 1, and the fault that hits it, if one does.
    fn connected(&self) -> (u64, Option<FaultAction>);

    /// Answers a request.
    fn serve(
        self: Arc<Self>,
        origin: Origin,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Payload>> + Send;
}

/// The serving thread. Dropping it ends every connection and waits for the thread.
#[derive(Debug)]
pub struct Server {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves on a thread of that name, with a runtime of its own. A round trip is felt by TCP and TLS too.
    ///
    /// # Errors
    ///
    /// When the thread or its runtime cannot be made.
    pub fn spawn<T: Service>(
        name: &str,
        listeners: Listeners,
        service: Arc<T>,
        tls: Arc<ServerConfig>,
        round_trip: Duration,
        dispatch: tracing::Dispatch,
    ) -> Result<Self, EmulatorError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(EmulatorError::Thread)?;
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                // Without a subscriber of its own, the starting thread leaves the choice to the process.
                let _guard = (!dispatch.is::<NoSubscriber>()).then(|| tracing::dispatcher::set_default(&dispatch));
                runtime.block_on(async {
                    tokio::select! {
                        _ = stopped => {}
                        error = listen(listeners, service, tls, round_trip) => {
                            tracing::error!(%error, "the emulator cannot listen");
                        }
                    }
                });
                // With the runtime go its tasks, and with them their sockets.
                drop(runtime);
            })
            .map_err(EmulatorError::Thread)?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
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

async fn listen<T: Service>(
    listeners: Listeners,
    service: Arc<T>,
    tls: Arc<ServerConfig>,
    round_trip: Duration,
) -> std::io::Error {
    let acceptor = Some(TlsAcceptor::from(tls));
    let mut loops = JoinSet::new();
    let v6 = listeners
        .tls_v6
        .into_iter()
        .map(|listener| (listener, acceptor.clone(), round_trip));
    // What needs no TLS is on the same machine: no distance there.
    let plain = listeners.plain.map(|plain| (plain, None, Duration::ZERO));
    let tls = (listeners.tls, acceptor.clone(), round_trip);
    for (listener, acceptor, round_trip) in std::iter::once(tls).chain(v6).chain(plain) {
        loops.spawn(accept(listener, Arc::clone(&service), acceptor, round_trip));
    }
    match loops.join_next().await {
        Some(Ok(error)) => error,
        Some(Err(error)) => error.into(),
        None => ErrorKind::NotConnected.into(),
    }
}

async fn accept<T: Service>(
    listener: StdListener,
    service: Arc<T>,
    tls: Option<TlsAcceptor>,
    round_trip: Duration,
) -> std::io::Error {
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
