//! What stands in the way of a connection: a room of its own, since errors tell of it and what reads the wire finds it.

/// What stands in the way of a connection, of an error that says that there is none: [`Error::obstacle`](crate::Error::obstacle).
///
/// For a tool that says where on the way it ends:
///
/// ```
/// use config_azure_keyvault::{Error, Obstacle};
///
/// fn where_to_look(error: &Error) -> &'static str {
///     match error.obstacle() {
///         Some(Obstacle::Name) => "DNS",
///         Some(Obstacle::Proxy) => "the proxy's variable",
///         Some(Obstacle::Certificate | Obstacle::CertificateName | Obstacle::CertificateTime) => "certificates",
///         Some(_) => "the route",
///         None => "the service: a connection there was",
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Obstacle {
    /// No resolver knows the host.
    Name,
    /// The certificate's issuer is not trusted here, or this machine trusts none.
    Certificate,
    /// The certificate is another host's.
    CertificateName,
    /// The certificate has expired, or is not valid yet.
    CertificateTime,
    /// Whatever answers there speaks no TLS.
    NoTls,
    /// The proxy that the environment names.
    Proxy,
    /// Nobody listens there.
    Refused,
    /// Connecting took too long.
    Timeout,
    /// Anything else.
    Other,
}
