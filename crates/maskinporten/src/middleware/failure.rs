//! What went wrong on the way to an API, as its caller may print it: without what is secret in an address, and without the token, which
//! the API may quote where it redirects to, or in whatever ends a connection.

use reqwest_middleware::Error as Failure;

use crate::error::{Error, ErrorKind, Stage};
use crate::quoted::{Secrets, address, is_behind};

#[cfg(feature = "tower")]
pub(super) type BoxError = Box<dyn std::error::Error + Send + Sync>;

pub(super) fn of_reqwest(mut failure: Failure, sent: &Secrets) -> Failure {
    if let Some(url) = failure.url_mut()
        && let Ok(shown) = address(url.as_str()).parse()
    {
        *url = shown;
    }
    let told = sent.are_told_by(&failure) || matches!(failure, Failure::Reqwest(_)) && is_behind(&failure);
    match told {
        true => Failure::middleware(quoting(&failure.to_string(), sent)),
        false => failure,
    }
}

#[cfg(feature = "tower")]
pub(super) fn of_service(failure: BoxError, sent: &Secrets) -> BoxError {
    match sent.are_told_by(&*failure) {
        true => quoting(&failure.to_string(), sent).into(),
        false => failure,
    }
}

fn quoting(text: &str, sent: &Secrets) -> Error {
    let cause = format!("the request that carried the token failed: {}", sent.cut(text));
    Error::new(ErrorKind::InvalidResponse, Stage::Token, cause)
        .with_remedy("see why what the API answers quotes the token, which whoever logs it could use")
}
