//! A client for which no host exists: what would be asked is seen, and no network is touched.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::dns::{Name, Resolve, Resolving};

/// The hosts that were looked up.
#[derive(Clone, Default)]
pub(crate) struct Asked(Arc<Mutex<BTreeSet<String>>>);

impl Asked {
    pub(crate) fn hosts(&self) -> BTreeSet<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Resolve for Asked {
    fn resolve(&self, name: Name) -> Resolving {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.as_str().to_owned());
        Box::pin(async { Err(io::Error::other("failed to lookup address information: no host exists here").into()) })
    }
}

/// The client, and what it was asked for. An address needs no look-up, so it must not be given one.
pub(crate) fn client() -> (reqwest::Client, Asked) {
    let asked = Asked::default();
    let client = reqwest::Client::builder()
        .dns_resolver(Arc::new(asked.clone()))
        .tls_certs_only([])
        .no_proxy()
        .build()
        .expect("a client that trusts nobody");
    (client, asked)
}
