//! A reply of any kind.

use std::time::Duration;

use tokio::time::Instant;

use super::reply;
use crate::error::Error;
use crate::quoted::Secrets;
use crate::token::claims::{is_dead, own_scope};

/// As it is read whatever its status is.
pub(crate) fn read(body: &[u8], now: i64, sent: &Secrets) -> Vec<Error> {
    let body = String::from_utf8_lossy(body);
    let mut refused = vec![reply::refusal(400, &body, Some(Duration::MAX), sent)];
    match reply::token(&body, Instant::now(), now) {
        Ok(token) => {
            is_dead(&token, now);
            own_scope(token.secret());
        }
        Err(error) => refused.push(error),
    }
    refused
}
