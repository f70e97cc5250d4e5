//! Versions of HTTP.

/// Which versions of HTTP an emulator offers.
///
/// ```
/// use emulator_kit::{Protocols, ServerBuilder, is_local, reqwest};
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
/// // A service behind a gateway that speaks HTTP/1.1 only.
/// let server = ServerBuilder::new("teapot-emulator").protocols(Protocols::Http1);
/// let (server, _teapot) = server.start(|_ports| Arc::new(Teapot))?;
/// let http = server.http_client_builder(is_local).build()?;
/// let reply = http.get(format!("https://localhost:{}", server.ports().tls)).send().await?;
/// assert_eq!(reply.version(), reqwest::Version::HTTP_11);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protocols {
    /// HTTP/1.1 only.
    Http1,
    /// HTTP/2 only: a client that does not offer it fails in the TLS handshake.
    Http2,
    /// Both; the client chooses by ALPN.
    #[default]
    Both,
}

impl Protocols {
    /// Their names in ALPN (RFC 7301), the preferred one first.
    pub(crate) fn alpn(self) -> Vec<Vec<u8>> {
        let names: &[&[u8]] = match self {
            Self::Http1 => &[b"http/1.1"],
            Self::Http2 => &[b"h2"],
            Self::Both => &[b"h2", b"http/1.1"],
        };
        names.iter().map(|name| name.to_vec()).collect()
    }
}
