//! Who carries a request: an HTTP client, the proxy that it goes through, and the runtime that drives its connections.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use url::Url;

use super::driver;
use super::near::is_near;
use super::origin::host;
use super::proxies::Proxies;
use super::reply::Reply;
use super::spares::{Spares, Wanted};
use crate::failure::{Failure, deepest};

/// Who carries requests.
#[derive(Clone)]
pub(crate) struct Wire(Arc<Client>);

enum Client {
    /// Made for this runtime, which nobody takes it out of.
    Own {
        client: reqwest::Client,
        /// For what is never asked through a proxy.
        near: reqwest::Client,
        proxies: Box<Proxies>,
        spares: Spares,
    },
    /// The caller's, which goes wherever its handle goes, so that no runtime of his can drive what it opens.
    Given {
        client: reqwest::Client,
        /// For plain HTTP to what is never asked through a proxy, where the environment names one: nobody tells whether the
        /// caller's client heeds it. A proxy that his code names is his own choice.
        near: Option<OnceLock<Result<reqwest::Client, String>>>,
        connect: Duration,
    },
    /// Nobody's: a test answers, without a socket.
    #[cfg(test)]
    Simulated {
        client: reqwest::Client,
        service: Arc<dyn Simulated>,
    },
}

/// Whoever answers in a test, in virtual time.
#[cfg(test)]
#[async_trait::async_trait]
pub(crate) trait Simulated: Send + Sync {
    /// The answer's status, headers and body.
    async fn answer(&self, request: &reqwest::Request) -> (u16, Vec<(&'static str, String)>, String);
}

impl Wire {
    /// A client made for this runtime by what the environment says of proxies, and one without any; the spare connections are theirs.
    pub(crate) fn own(client: reqwest::Client, near: reqwest::Client, proxies: Proxies, spares: Spares) -> Self {
        Self(Arc::new(Client::Own {
            client,
            near,
            proxies: Box::new(proxies),
            spares,
        }))
    }

    /// A client of the caller's, which may go by what the environment says of proxies; `connect` is how long connecting may take
    /// without it.
    pub(crate) fn given(client: reqwest::Client, proxies: &[Proxies], connect: Duration) -> Self {
        Self(Arc::new(Client::Given {
            client,
            near: proxies.iter().any(Proxies::name_one).then(OnceLock::new),
            connect,
        }))
    }

    /// Requests are answered by this service. The client only builds them.
    #[cfg(test)]
    pub(crate) fn simulated(client: reqwest::Client, service: Arc<dyn Simulated>) -> Self {
        Self(Arc::new(Client::Simulated { client, service }))
    }

    /// Opens so many spare connections with the first one. A client of the caller's has none.
    pub(super) fn want_spares(&self, count: usize) -> Option<Wanted> {
        match &*self.0 {
            Client::Own { spares, .. } => spares.want(count),
            Client::Given { .. } => None,
            #[cfg(test)]
            Client::Simulated { .. } => None,
        }
    }

    /// The client that asks for this URL.
    pub(super) fn client(&self, url: &Url) -> Result<&reqwest::Client, Failure> {
        match &*self.0 {
            Client::Own { near, .. } if is_near(url) => Ok(near),
            Client::Own { client, .. } => Ok(client),
            Client::Given {
                near: Some(near),
                connect,
                ..
            } if url.scheme() == "http" && is_near(url) => near
                .get_or_init(|| plain(*connect))
                .as_ref()
                .map_err(|cause| Failure::Other { cause: cause.clone() }),
            Client::Given { client, .. } => Ok(client),
            #[cfg(test)]
            Client::Simulated { client, .. } => Ok(client),
        }
    }

    pub(super) async fn carry(&self, request: reqwest::Request) -> Result<Reply, Failure> {
        let client = self.client(request.url())?.clone();
        match &*self.0 {
            Client::Own { proxies, .. } => {
                let via = proxies.of(request.url());
                if let Some(via) = via.as_ref().filter(|via| via.is_socks()) {
                    return Err(Failure::Socks { via: via.clone() });
                }
                let exchanged = exchange(client, request).await;
                exchanged.map_err(|failure| failure.through(via))
            }
            Client::Given { .. } => driver::run(exchange(client, request)).await.unwrap_or_else(|error| {
                let cause = format!("no thread can be started to send requests on: {error}");
                Err(Failure::Other { cause })
            }),
            #[cfg(test)]
            Client::Simulated { service, .. } => {
                let (status, headers, body) = service.answer(&request).await;
                Ok(Reply::simulated(status, headers, body))
            }
        }
    }
}

/// A client that speaks no TLS and knows no proxy.
fn plain(connect: Duration) -> Result<reqwest::Client, String> {
    reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .connect_timeout(connect)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| deepest(&error))
}

async fn exchange(client: reqwest::Client, request: reqwest::Request) -> Result<Reply, Failure> {
    let asked = request.url().clone();
    let reply = client.execute(request).await.map_err(Failure::of_transport)?;
    // A client of the caller's own may follow redirects, and then somebody else answers.
    if reply.url().origin() != asked.origin() {
        let host = host(&asked, reply.url());
        return Err(Failure::Redirected { host });
    }
    Reply::read(reply).await
}
