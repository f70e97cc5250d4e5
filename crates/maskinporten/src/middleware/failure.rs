//! What went wrong on the way to an API, as its caller may print it: without what is secret in an address, and without the token, which
//! the API may quote where it redirects to, or in whatever ends a connection.

use std::error::Error as StdError;

use reqwest_middleware::Error as Failure;

use crate::error::{Error, ErrorKind, Stage};
use crate::quoted::{Secrets, address, is_behind, is_told_by, texts};

#[cfg(feature = "tower")]
pub(super) type BoxError = Box<dyn StdError + Send + Sync>;

/// What is not to be shown.
enum Shows {
    /// What was sent with this request.
    Token,
    /// Anybody's secret, or what looks like one.
    Secret,
}

/// `own` is the request's own address: what is in it says nothing of what came back.
pub(super) fn of_reqwest(mut failure: Failure, sent: &Secrets, own: &str) -> Failure {
    let known = match &mut failure {
        Failure::Reqwest(error) => Some(error),
        Failure::Middleware(error) => error.downcast_mut(),
    };
    let is_known = known.is_some();
    if let Some(error) = known {
        shorten(error);
    }
    match shows(&failure, sent, own, is_known) {
        Some(what) => Failure::middleware(quoting(&what, &failure.to_string(), sent, own)),
        None => failure,
    }
}

/// A service may be a client of `reqwest`, with middleware or without, and anything else.
#[cfg(feature = "tower")]
pub(super) fn of_service(failure: BoxError, sent: &Secrets, own: &str) -> BoxError {
    let failure = match failure.downcast::<Failure>() {
        Ok(failure) => return of_reqwest(*failure, sent, own).into(),
        Err(failure) => failure,
    };
    let (failure, is_known): (BoxError, bool) = match failure.downcast::<reqwest::Error>() {
        Ok(mut error) => {
            shorten(&mut error);
            (error, true)
        }
        Err(failure) => (failure, false),
    };
    match shows(&*failure, sent, own, is_known) {
        Some(what) => quoting(&what, &failure.to_string(), sent, own).into(),
        None => failure,
    }
}

fn shorten(error: &mut reqwest::Error) {
    if let Some(url) = error.url_mut()
        && let Ok(shown) = address(url.as_str()).parse()
    {
        *url = shown;
    }
}

/// Of an error that is known, the text is reqwest's own words and an address, which was shortened; of any other it may be anything.
fn shows(error: &(dyn StdError + 'static), sent: &Secrets, own: &str, is_known: bool) -> Option<Shows> {
    let short = address(own);
    let both = [own, short.as_str()];
    if sent.are_told_by(error, &both) {
        return Some(Shows::Token);
    }
    let secret = match is_known {
        true => is_behind(error, &both),
        false => is_told_by(error, &both),
    };
    let in_full = || !own.is_empty() && short != own && texts(error).any(|text| text.contains(own));
    (secret || in_full()).then_some(Shows::Secret)
}

fn quoting(what: &Shows, text: &str, sent: &Secrets, own: &str) -> Error {
    let text = match own {
        "" => text.to_owned(),
        own => text.replace(own, &address(own)),
    };
    let text = sent.cut(&text);
    let (cause, remedy) = match what {
        Shows::Token => (
            format!("the request that carried the token failed: {text}"),
            "see why what the API answers quotes the token, which whoever logs it could use",
        ),
        Shows::Secret => (
            format!("the request failed: {text}"),
            "its cause holds an address with a password or a query, or what looks like a token, and is not shown: keep secrets out of \
             addresses, and see who quotes them",
        ),
    };
    Error::new(ErrorKind::InvalidResponse, Stage::Token, cause).with_remedy(remedy)
}
