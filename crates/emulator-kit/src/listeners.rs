//! Open ports that nobody serves yet.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

/// The ports of an emulator, all of them on loopback addresses.
///
/// A service that says where it is has to know its ports before it starts:
///
/// ```
/// # use std::sync::Arc;
/// # use emulator_kit::hyper::{Request, Response, StatusCode, body::Incoming};
/// # use emulator_kit::{Damage, Origin, Payload, Reply, Service};
/// use emulator_kit::{Ports, ServerBuilder};
///
/// struct Letters { issuer: String }
/// # impl Service for Letters {
/// #     fn connected(&self) -> u64 { 1 }
/// #     async fn serve(self: Arc<Self>, _: Origin, _: Request<Incoming>) -> Response<Payload> {
/// #         Damage::None.send(Reply::text(StatusCode::OK, "text/plain", self.issuer.clone()))
/// #     }
/// # }
///
/// let of = |ports: Ports| Arc::new(Letters { issuer: format!("https://localhost:{}/", ports.tls) });
/// let (server, letters) = ServerBuilder::new("letters-emulator").plain_port(0).start(of)?;
/// assert_eq!(letters.issuer, format!("https://localhost:{}/", server.ports().tls));
/// assert!(server.ports().plain.is_some_and(|plain| plain != server.ports().tls));
/// # Ok::<(), emulator_kit::EmulatorError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ports {
    /// The port for TLS, the same one on `127.0.0.1` and `::1`.
    pub tls: u16,
    /// The port without TLS on `127.0.0.1`, if one was asked for.
    pub plain: Option<u16>,
}

pub(crate) struct Listeners {
    pub(crate) tls: TcpListener,
    /// `localhost` is `::1` first on many machines.
    pub(crate) tls_v6: Option<TcpListener>,
    pub(crate) plain: Option<TcpListener>,
    pub(crate) ports: Ports,
}

impl Listeners {
    /// Takes a port of both loopback addresses for TLS and, if wanted, one without TLS; 0 takes a free one.
    pub(crate) fn open(port: u16, plain_port: Option<u16>) -> io::Result<Self> {
        let (tls, tls_v6) = open_both(port)?;
        let plain = plain_port
            .map(|port| open((Ipv4Addr::LOCALHOST, port).into()))
            .transpose()?;
        let port_of = |listener: &TcpListener| Ok::<_, io::Error>(listener.local_addr()?.port());
        let ports = Ports {
            tls: port_of(&tls)?,
            plain: plain.as_ref().map(port_of).transpose()?,
        };
        Ok(Self {
            tls,
            tls_v6,
            plain,
            ports,
        })
    }
}

/// The same port of both loopback addresses. Where the second belongs to another program, `localhost` would be that
/// program to some clients: a free port is then looked for anew, and a port that was asked for is refused.
fn open_both(port: u16) -> io::Result<(TcpListener, Option<TcpListener>)> {
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

fn open(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}
