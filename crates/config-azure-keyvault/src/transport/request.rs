//! The SDK's request as the HTTP client's.

use azure_core::http::{Body, Method, Request, Url};

use crate::failure::{Failure, deepest};

/// For this URL, which need not be the SDK's.
pub(super) fn build(client: &reqwest::Client, request: &Request, url: Url) -> Result<reqwest::Request, Failure> {
    let mut built = client.request(method(request.method())?, url);
    for (name, value) in request.headers().iter() {
        built = built.header(name.as_str(), value.as_str());
    }
    match request.body() {
        Body::Bytes(bytes) if bytes.is_empty() => {}
        Body::Bytes(bytes) => built = built.body(bytes.clone()),
        Body::SeekableStream(_) => {
            return Err(Failure::Other {
                cause: "a streaming body is not sent".to_owned(),
            });
        }
    }
    built.build().map_err(|error| Failure::Other {
        cause: deepest(&error.without_url()),
    })
}

fn method(method: Method) -> Result<reqwest::Method, Failure> {
    Ok(match method {
        Method::Delete => reqwest::Method::DELETE,
        Method::Get => reqwest::Method::GET,
        Method::Head => reqwest::Method::HEAD,
        Method::Patch => reqwest::Method::PATCH,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        _ => {
            return Err(Failure::Other {
                cause: "this method is not sent".to_owned(),
            });
        }
    })
}
