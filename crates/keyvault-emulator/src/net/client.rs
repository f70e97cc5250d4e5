//! A client that trusts this emulator, finds its vaults, and reaches nothing else by name.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::error::EmulatorError;
use crate::state::{Shared, VAULT_SUFFIX, is_local};

/// Finds the vaults that exist by then; any other name fails as an unknown vault does at Azure.
struct Resolver(Arc<Shared>);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_ascii_lowercase();
        let known = match host.strip_suffix(VAULT_SUFFIX) {
            Some(vault) => self.0.known_vault(vault).is_some(),
            None => is_local(&host),
        };
        Box::pin(async move {
            if !known {
                let message = format!("no vault of this emulator is called {host}");
                return Err(io::Error::new(io::ErrorKind::NotFound, message).into());
            }
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            Ok(Box::new(std::iter::once(address)) as Addrs)
        })
    }
}

pub(crate) fn resolver_for(shared: &Arc<Shared>) -> Arc<dyn Resolve> {
    Arc::new(Resolver(Arc::clone(shared)))
}

pub(crate) fn client_builder(shared: &Arc<Shared>, ca_der: &[u8]) -> Result<reqwest::ClientBuilder, EmulatorError> {
    let ca = reqwest::Certificate::from_der(ca_der).map_err(EmulatorError::Client)?;
    Ok(reqwest::Client::builder()
        .tls_certs_only([ca])
        .dns_resolver(resolver_for(shared))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy())
}
