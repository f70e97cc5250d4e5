//! Versions of HTTP.

/// Which versions of HTTP an emulator offers.
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
