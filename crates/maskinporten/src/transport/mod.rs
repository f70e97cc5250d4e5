//! The HTTP clients that talk to authorities, and what their failures are called.

mod api;
mod clients;
mod proxy;
pub(crate) mod roots;
#[cfg(test)]
mod tests;

use std::error::Error as StdError;
use std::net::Ipv4Addr;
use std::time::Duration;

pub(crate) use api::ApiClient;
pub(crate) use clients::{Additions, Clients};
pub(crate) use proxy::Variables;
use url::{Host, Url};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Stage};
use crate::quoted::names_user;

/// What kept the reply from coming, without the URL, which the error names by itself.
pub(crate) fn cause(error: &reqwest::Error, limit: Duration) -> String {
    if error.is_builder() {
        format!("nothing was sent: {}", root(error))
    } else if error.is_timeout() && error.is_connect() {
        "it could not be connected to in time".to_owned()
    } else if error.is_timeout() {
        format!("there was no answer within {} s", limit.as_secs_f64())
    } else if error.is_connect() {
        format!("it could not be reached: {}", root(error))
    } else {
        format!("the exchange was cut short: {}", root(error))
    }
}

fn root(error: &(dyn StdError + 'static)) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

/// The body, unless it is longer than anything that is expected; wiped when it goes.
pub(crate) async fn body(
    mut response: reqwest::Response,
    most: usize,
) -> Result<Option<Zeroizing<Vec<u8>>>, reqwest::Error> {
    let mut body = Zeroizing::new(Vec::new());
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > most {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

/// A client that was handed in may follow redirects all the same; what answers there is not who was asked.
pub(crate) fn answered_from(response: &reqwest::Response, asked: &str) -> Result<(), String> {
    let answered = response.url();
    if Url::parse(asked).is_ok_and(|asked| asked == *answered) {
        return Ok(());
    }
    let host = answered.host_str().unwrap_or("another address");
    Err(format!("the request was redirected, and {host} answered"))
}

pub(crate) const REDIRECTED: &str = "give token_http_client a client that follows no redirects (Policy::none())";

/// This machine, by name or number.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// This machine or what is plugged into it: nothing that a proxy could reach in our place, and nothing to be told to one.
pub(crate) fn is_local(url: &Url) -> bool {
    let v4 = |address: Ipv4Addr| address.is_loopback() || address.is_link_local();
    match url.host() {
        Some(Host::Ipv4(address)) => v4(address),
        Some(Host::Ipv6(address)) => {
            address.is_loopback() || address.is_unicast_link_local() || address.to_ipv4_mapped().is_some_and(v4)
        }
        _ => is_loopback(url),
    }
}

/// Whose endpoints may be asked without TLS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Plain {
    #[default]
    ThisMachine,
    /// As `AllowInsecureHttp` says.
    Anywhere,
}

/// Whether an assertion or a token may be sent there.
pub(crate) fn is_endpoint(url: &Url, plain: Plain) -> Result<(), &'static str> {
    match url.scheme() {
        "https" => {}
        "http" if plain == Plain::Anywhere || is_loopback(url) => {}
        "http" => return Err("must be https (http only for this machine, unless `AllowInsecureHttp` is set)"),
        _ => return Err("must be https"),
    }
    if names_user(url) {
        return Err("must hold no user name and no password");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("must have neither query nor fragment");
    }
    Ok(())
}

/// Names the host alone: the rest of such an address may hold a password.
pub(crate) fn no_endpoint(what: &str, url: &Url, problem: &str) -> Error {
    let host = url.host_str().unwrap_or("without a host");
    let cause = format!("the address of {what} ({host}) {problem}");
    Error::new(ErrorKind::Settings, Stage::Settings, cause)
        .with_remedy("give an https address: what is sent there proves who the client is")
}
