//! A client that trusts emulators, finds their hosts, and reaches nothing else by name.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::error::EmulatorError;

/// Finds the hosts that are known by then; any other name fails as an unknown host does.
struct Resolver<F>(F);

impl<F: Fn(&str) -> Option<u16> + Send + Sync> Resolve for Resolver<F> {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_ascii_lowercase();
        let known = (self.0)(&host);
        Box::pin(async move {
            let Some(port) = known else {
                let message = format!("no emulator answers for {host}");
                return Err(io::Error::new(io::ErrorKind::NotFound, message).into());
            };
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            Ok(Box::new(std::iter::once(address)) as Addrs)
        })
    }
}

/// Takes every host that `is_known` (lower-cased, without a port) for this machine. Any other name fails as an unknown host
/// does: no test reaches the network by a slip.
pub fn resolver(is_known: impl Fn(&str) -> bool + Send + Sync + 'static) -> Arc<dyn Resolve> {
    resolver_to(move |host| is_known(host).then_some(0))
}

/// As [`resolver`], where a host is found at the port that `port_of` says, unless the address names one other than 443: an emulator
/// on any port answers to a host's bare name, as the service does. 0 is the address's own.
///
/// ```
/// use std::net::Ipv4Addr;
///
/// use emulator_kit::resolver_to;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// let port = 34567; // an emulator's
/// let finds = resolver_to(move |host| host.ends_with(".teapot.test").then_some(port));
///
/// let mut found = finds.resolve("kitchen.teapot.test".parse()?).await?;
/// assert_eq!(found.next(), Some((Ipv4Addr::LOCALHOST, port).into()));
/// assert!(finds.resolve("teapot.example".parse()?).await.is_err());
/// # Ok(())
/// # }
/// ```
pub fn resolver_to(port_of: impl Fn(&str) -> Option<u16> + Send + Sync + 'static) -> Arc<dyn Resolve> {
    Arc::new(Resolver(port_of))
}

/// A client that trusts these certificates (DER) only, finds what the resolver finds, follows no redirect and uses no
/// proxy: for several emulators at once. For one there is
/// [`Server::http_client_builder`](crate::Server::http_client_builder).
///
/// A client of two emulators:
///
/// ```
/// # use std::sync::Arc;
/// # use emulator_kit::hyper::{Request, Response, StatusCode, body::Incoming};
/// # use emulator_kit::{Damage, Origin, Payload, Reply, ServerBuilder, Service};
/// use emulator_kit::{client_builder, is_local, resolver};
/// # struct Teapot;
/// # impl Service for Teapot {
/// #     fn connected(&self) -> u64 { 1 }
/// #     async fn serve(self: Arc<Self>, _: Origin, _: Request<Incoming>) -> Response<Payload> {
/// #         Damage::None.send(Reply::empty(StatusCode::IM_A_TEAPOT))
/// #     }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (one, _teapot) = ServerBuilder::new("one").start(|_| Arc::new(Teapot))?;
/// # let (other, _teapot) = ServerBuilder::new("other").start(|_| Arc::new(Teapot))?;
///
/// let http = client_builder([one.ca_der(), other.ca_der()], resolver(is_local))?.build()?;
/// for server in [&one, &other] {
///     assert_eq!(http.get(format!("https://localhost:{}", server.ports().tls)).send().await?.status(), 418);
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// When a certificate is none.
pub fn client_builder<'a>(
    trusted: impl IntoIterator<Item = &'a [u8]>,
    resolver: Arc<dyn Resolve>,
) -> Result<reqwest::ClientBuilder, EmulatorError> {
    let trusted: Result<Vec<_>, _> = trusted.into_iter().map(reqwest::Certificate::from_der).collect();
    Ok(reqwest::Client::builder()
        .tls_certs_only(trusted.map_err(EmulatorError::Client)?)
        .dns_resolver(resolver)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy())
}
