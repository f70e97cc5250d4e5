//! Requests to this machine and its links, which no proxy is asked for.

use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{Error, Middleware, Next, Result};

use crate::transport::ApiClient;

/// The last of a stack whose client was made here.
#[derive(Debug)]
pub(super) struct Nearby(pub(super) ApiClient);

#[async_trait::async_trait]
impl Middleware for Nearby {
    async fn handle(&self, request: Request, extensions: &mut Extensions, next: Next<'_>) -> Result<Response> {
        match self.0.without_proxy(request.url()).map_err(Error::middleware)? {
            Some(http) => http.execute(request).await.map_err(Error::from),
            None => next.run(request, extensions).await,
        }
    }
}
