//! Who sends a request: this runtime's client, and for this machine and its links one that asks no proxy.

use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{Error, Middleware, Next, Result};

use crate::transport::ApiClient;

/// The last of a stack whose client was made here.
#[derive(Debug)]
pub(super) struct Sender(pub(super) ApiClient);

#[async_trait::async_trait]
impl Middleware for Sender {
    async fn handle(&self, request: Request, extensions: &mut Extensions, next: Next<'_>) -> Result<Response> {
        match self.0.of_this_runtime(request.url()).map_err(Error::middleware)? {
            Some(http) => http.execute(request).await.map_err(Error::from),
            None => next.run(request, extensions).await,
        }
    }
}
