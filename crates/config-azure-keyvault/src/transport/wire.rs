//! Who carries a request: an HTTP client, and the runtime that drives its connections.

use super::driver;
use super::origin::host;
use super::reply::Reply;
use crate::failure::Failure;

/// An HTTP client, and the runtime that drives its connections.
#[derive(Clone)]
pub(crate) struct Wire {
    client: reqwest::Client,
    /// It goes from one runtime to another, so that none of them can drive what it opens.
    is_given: bool,
}

impl Wire {
    /// A client made for this runtime.
    pub(crate) fn own(client: reqwest::Client) -> Self {
        Self {
            client,
            is_given: false,
        }
    }

    /// A client of the caller's, which goes wherever its handle goes.
    pub(crate) fn given(client: reqwest::Client) -> Self {
        Self { client, is_given: true }
    }

    pub(super) fn client(&self) -> &reqwest::Client {
        &self.client
    }

    pub(super) async fn carry(&self, request: reqwest::Request) -> Result<Reply, Failure> {
        let exchange = exchange(self.client.clone(), request);
        if !self.is_given {
            return exchange.await;
        }
        driver::run(exchange).await.unwrap_or_else(|error| {
            let cause = format!("no thread can be started to send requests on: {error}");
            Err(Failure::Other { cause })
        })
    }
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
